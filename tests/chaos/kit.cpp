#include "kit.hpp"

#include <cstdlib>
#include <sstream>

#include "http/client.hpp"
#include "ports/clock.hpp"
#include "ports/waker.hpp"

namespace holdfast::chaos {

using namespace std::chrono_literals;

Folder::Folder() {
  auto name = (std::filesystem::temp_directory_path() / "holdfast-chaos-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  if (testing::Test::HasFailure()) std::fprintf(stderr, "what it left: %s\n", path_.c_str());
  else std::filesystem::remove_all(path_, ignored);
}

bool eventually(const std::function<bool()>& so) {
  ports::Waker nobody;
  const auto& clock = ports::system_clock();
  for (const auto end = clock.steady() + 120s; clock.steady() < end;) {
    if (so()) return true;
    nobody.wait_until(clock.steady() + 20ms);
  }
  return so();
}

std::uint64_t seed() {
  const char* given = std::getenv("CHAOS_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 7;
}

Shop::Shop(int count, std::uint64_t with_seed)
    : orders(demo::draw_orders(count, with_seed)), system({folder.path()}, HOLDFAST_BIN_DIR, false) {
  system.start();
  http::Client inventory(system.http(demo::Part::inventory));
  const auto put = [&](std::int64_t product, std::int64_t amount) {
    deeds.stock[std::to_string(product)] = amount;
    EXPECT_EQ(inventory.put("/stock/" + std::to_string(product), "{\"onHand\":" + std::to_string(amount) + "}").status,
              200);
  };
  for (const auto product : demo::plenty) put(product, demo::plenty_on_hand);
  put(demo::scarce, demo::scarce_on_hand(orders));
}

void Shop::place(const std::function<void(int placed)>& progress) {
  const std::string url = system.http(demo::Part::order);  // the same after a restart
  deeds.answered = demo::place(url, orders, "chaos", 4, progress);
}

bool Shop::settled() const {
  try {
    return account().settled();
  } catch (const Unavailable&) {
    return false;  // a database is busy just now
  }
}

std::string Shop::words() const {
  const auto a = account();
  std::ostringstream out;
  out << a.placed << " placed, " << a.confirmed << " confirmed, " << a.cancelled << " cancelled, " << a.open
      << " open, " << a.pending << " pending; money " << a.kept.to_string() << " kept, " << a.owed.to_string()
      << " owed";
  for (const auto& c : a.consumers)
    out << "; " << c.name << ": " << c.published << " published, " << c.handled << " handled, " << c.retry << " retry, "
        << c.blocked << " blocked, " << c.dead << " dead, " << c.lost << " lost";
  for (const auto* all : {&a.stock_wrong, &a.wrong})
    for (const auto& wrong : *all) out << "; " << wrong;
  return out.str();
}

}  // namespace holdfast::chaos
