#include "simulation/options.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <stdexcept>

#include "simulation/tables.hpp"

namespace sim {

const char* const usage = R"(simulate: the rules of outbox and inbox under faults, many histories each from its seed

  simulate [--seeds N] [--first S]        N histories (2000), from seed S; exit 1 if a promise is broken
  simulate --seed S                       one history, told
  simulate --hashes [--seeds N]           a hash of each history: the same seed gives the same, wherever it is run
  simulate --mutants [--seeds N]          break each rule on purpose; exit 1 if a mutant survives N seeds (6000)
  simulate --mutant NAME ...              one rule broken, in any of the above

  --setup "by_key=1 kills=0 ..."          fix what else is drawn ("calm": no faults, "all": every one;
                                          "log=1": a broker that keeps logs, as Kafka does, "log=0": one of queues)
  --jobs J                                processes (one for each core)       --lines N   of the history (120)
  --json                                  the numbers as one JSON object
)";

namespace {

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) throw std::invalid_argument(text + " is no number");
  return value;
}

}  // namespace

Options parse(int argc, char** argv) {
  Options o;
  const std::map<std::string, std::function<void(const std::string&)>> with_value = {
      {"--seeds", [&](const std::string& v) { o.seeds = number(v), o.seeds_given = true; }},
      {"--first", [&](const std::string& v) { o.first = number(v); }},
      {"--seed", [&](const std::string& v) { o.seed = number(v); }},
      {"--setup", [&](const std::string& v) { o.setup = v; }},
      {"--mutant", [&](const std::string& v) { o.mutant = v; }},
      {"--jobs", [&](const std::string& v) { o.jobs = static_cast<int>(number(v)); }},
      {"--threads", [&](const std::string& v) { o.jobs = static_cast<int>(number(v)); }},
      {"--lines", [&](const std::string& v) { o.lines = static_cast<int>(number(v)); }}};
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--mutants") o.mutants = true;
    else if (word == "--hashes") o.hashes = true;
    else if (word == "--json") o.json = true;
    else if (word == "--help" || word == "-h") o.help = true;
    else if (const auto it = with_value.find(word); it == with_value.end())
      throw std::invalid_argument("unknown: " + word);
    else if (i + 1 == argc) throw std::invalid_argument(word + " needs a value");
    else it->second(argv[++i]);
  }
  if (o.seeds == 0) throw std::invalid_argument("--seeds: at least 1");
  if (!o.mutant.empty() && std::ranges::none_of(all_mutants(), [&](const Mutant& m) { return o.mutant == m.name; }))
    throw std::invalid_argument(o.mutant + " is no mutant; --mutants names them");
  return o;
}

}  // namespace sim
