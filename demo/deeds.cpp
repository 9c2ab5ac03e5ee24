#include "demo/deeds.hpp"

#include <fstream>
#include <holdfast/contract.hpp>
#include <sstream>

namespace holdfast::demo {

Deeds load_deeds(const Layout& layout) {
  std::ifstream file(layout.deeds());
  if (!file) throw Invalid(layout.deeds(), "is not there: this is no folder that `holdfast demo --keep` left");
  std::stringstream text;
  text << file.rdbuf();
  return Codec<Deeds>::decode(text.str());
}

void save_deeds(const Layout& layout, const Deeds& deeds) {
  std::ofstream(layout.deeds()) << Codec<Deeds>::encode(deeds) << "\n";
}

}  // namespace holdfast::demo
