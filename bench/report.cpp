#include "bench/report.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <thread>

#include "holdfast/contract.hpp"

namespace holdfast::bench {
namespace {

struct FigureJson {
  std::string name;
  double value = 0;
  std::string unit;
  double limit = 0;
  std::string limitIs;
  double ratio = 0, goal = 0;
  bool met = false;
};
struct Document {
  std::string machine;
  std::vector<FigureJson> figures;
};

std::string machine() {
  utsname name{};
  uname(&name);
  std::ifstream cpu("/proc/cpuinfo");
  std::string line, model = "unknown processor";
  while (std::getline(cpu, line))
    if (line.starts_with("model name")) model = line.substr(line.find(':') + 2);
  return fmt::format("{} threads of {}, {} {}; PostgreSQL with fsync = off: its disk is nobody's limit",
                     std::thread::hardware_concurrency(), model, name.sysname, name.release);
}

}  // namespace

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + std::ssize(values) / 2);
  return values[values.size() / 2];
}

void Report::add(Figure f) {
  if (figures_.empty()) fmt::print("{}\n\n", machine());
  fmt::print("{:<52} {:>12.1f} {:<10}", f.name, f.value, f.unit);
  if (f.limit > 0) fmt::print(" limit {:>10.1f} ({})  ratio {:.2f}", f.limit, f.limit_is, f.ratio());
  if (f.goal > 0)
    fmt::print("  goal {} {:g}: {}", f.at_most ? "at most" : "at least", f.goal, f.met() ? "met" : "NOT MET");
  fmt::print("\n");
  std::fflush(stdout);
  figures_.push_back(std::move(f));
}

bool Report::all_met() const {
  return std::all_of(figures_.begin(), figures_.end(), [](const Figure& f) { return f.met(); });
}

void Report::write(const std::string& file) const {
  Document document{machine(), {}};
  for (const auto& f : figures_)
    document.figures.push_back({f.name, f.value, f.unit, f.limit, f.limit_is, f.ratio(), f.goal, f.met()});
  std::ofstream(file) << Codec<Document>::encode(document) << "\n";
}

}  // namespace holdfast::bench
