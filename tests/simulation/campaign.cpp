#include "simulation/campaign.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <sstream>
#include <thread>

#include "ports/mutants.hpp"
#include "simulation/parallel.hpp"
#include "simulation/tables.hpp"

namespace sim {
namespace {

int jobs_of(const Options& options) {
  return options.jobs > 0 ? options.jobs : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

/// One line a fact, words apart by tabs.
std::string written(const Sum& sum) {
  std::ostringstream out;
  out << "seeds\t" << sum.seeds << "\nsteps\t" << sum.steps << '\n';
  for (const auto& [name, n] : sum.counts) out << "count\t" << name << '\t' << n << '\n';
  for (const auto& [name, n] : sum.marks) out << "mark\t" << name << '\t' << n << '\n';
  for (const auto& [promise, bad] : sum.bad)
    out << "bad\t" << promise << '\t' << bad.first << '\t' << bad.seeds << '\t' << bad.example << '\n';
  return out.str();
}

void add(Sum& sum, const std::string& promise, const Sum::Bad& bad) {
  auto [it, fresh] = sum.bad.try_emplace(promise, bad);
  if (fresh) return;
  it->second.seeds += bad.seeds;
  if (bad.first < it->second.first) it->second.first = bad.first, it->second.example = bad.example;
}

void read(Sum& sum, const std::string& text) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> words;
    std::istringstream cut(line);
    for (std::string word; std::getline(cut, word, '\t');) words.push_back(word);
    if (words[0] == "seeds") sum.seeds += std::stoull(words[1]);
    if (words[0] == "steps") sum.steps += std::stoull(words[1]);
    if (words[0] == "count") sum.counts[words[1]] += std::stol(words[2]);
    if (words[0] == "mark") sum.marks[words[1]] += std::stol(words[2]);
    if (words[0] == "bad") add(sum, words[1], {std::stoull(words[2]), std::stol(words[3]), words[4]});
  }
}

Sum play_some(const Options& options, std::uint64_t seeds, int worker, int workers, bool stop_at_first) {
  holdfast::the_mutant = options.mutant;
  holdfast::marks.clear();
  Sum sum;
  for (std::uint64_t i = static_cast<std::uint64_t>(worker); i < seeds; i += static_cast<std::uint64_t>(workers)) {
    const Report report = run(options.first + i, {options.setup, false});
    ++sum.seeds, sum.steps += report.steps;
    for (const auto& [name, n] : report.counts) sum.counts[name] += n;
    if (!report.breach) continue;
    add(sum, report.breach->promise, {options.first + i, 1, report.breach->what});
    if (stop_at_first) break;
  }
  for (const auto& [name, n] : holdfast::marks) sum.marks[std::string(name)] += n;
  return sum;
}

void print_json(const Sum& sum) {
  std::printf("{\"seeds\":%lu,\"steps\":%lu,\"seconds\":%.3f,\"counts\":{", sum.seeds, sum.steps, sum.seconds);
  const char* comma = "";
  for (const auto& [name, n] : sum.counts) std::printf("%s\"%s\":%ld", std::exchange(comma, ","), name.c_str(), n);
  std::printf("},\"broken\":{");
  comma = "";
  for (const auto& [promise, bad] : sum.bad)
    std::printf("%s\"%s\":{\"seeds\":%ld,\"first\":%lu}", std::exchange(comma, ","), promise.c_str(), bad.seeds,
                bad.first);
  std::printf("},\"unreached\":[");
  comma = "";
  for (const char* mark : all_marks())
    if (!sum.marks.contains(mark)) std::printf("%s\"%s\"", std::exchange(comma, ","), mark);
  std::printf("]}\n");
}

void print_counts(const Sum& sum) {
  std::string line;
  for (const auto& [name, n] : sum.counts) {
    const std::string word = std::to_string(n) + " " + name;
    if (line.size() + word.size() > 116) std::printf("  %s\n", line.c_str()), line.clear();
    line += (line.empty() ? "" : " · ") + word;
  }
  if (!line.empty()) std::printf("  %s\n", line.c_str());
  std::string unreached;
  for (const char* mark : all_marks())
    if (!sum.marks.contains(mark)) unreached += std::string(" ") + mark;
  std::printf("Rare branches reached: %zu of %zu%s%s\n",
              all_marks().size() - static_cast<std::size_t>(std::count(unreached.begin(), unreached.end(), ' ')),
              all_marks().size(), unreached.empty() ? "" : "; no seed reached:", unreached.c_str());
}

}  // namespace

std::uint64_t Sum::first_bad() const {
  std::uint64_t first = std::numeric_limits<std::uint64_t>::max();
  for (const auto& [promise, one] : bad) first = std::min(first, one.first);
  return first;
}

Sum play(const Options& options, std::uint64_t seeds, bool stop_at_first) {
  const auto& clock = holdfast::ports::system_clock();
  const auto begin = clock.steady();
  const int workers = static_cast<int>(std::min<std::uint64_t>(seeds, static_cast<std::uint64_t>(jobs_of(options))));
  const auto results = in_children(
      workers, [&](int worker) { return written(play_some(options, seeds, worker, workers, stop_at_first)); });
  Sum sum;
  for (const auto& result : results) read(sum, result);
  sum.seconds = std::chrono::duration<double>(clock.steady() - begin).count();
  return sum;
}

std::uint64_t history_hash(const Options& options, std::uint64_t seed) {
  const Report report = run(seed, {options.setup, true});
  std::uint64_t hash = report.trail ^ report.steps;
  for (const auto& line : report.history)
    for (const char c : line) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  return hash;
}

void print_hashes(const Options& options) {
  holdfast::the_mutant = options.mutant;
  for (std::uint64_t seed = options.first; seed < options.first + options.seeds; ++seed)
    std::printf("%lu %016lx\n", seed, history_hash(options, seed));
}

bool report(const Options& options, const Sum& sum) {
  if (options.json) print_json(sum);
  if (options.json) return sum.bad.empty();
  const int jobs = jobs_of(options);
  std::printf("%lu seeds in %.1f s: %.0f a second (%.0f a core), %.0f steps each\n", sum.seeds, sum.seconds,
              static_cast<double>(sum.seeds) / sum.seconds, static_cast<double>(sum.seeds) / sum.seconds / jobs,
              static_cast<double>(sum.steps) / static_cast<double>(sum.seeds));
  print_counts(sum);
  for (const auto& [promise, bad] : sum.bad)
    std::printf("%s broken in %ld seeds; first %lu: %s\n", promise.c_str(), bad.seeds, bad.first, bad.example.c_str());
  if (sum.bad.empty()) std::printf("No promise was broken.\n");
  else tell(options, sum.first_bad());
  return sum.bad.empty();
}

bool tell(const Options& options, std::uint64_t seed) {
  holdfast::the_mutant = options.mutant;
  const Report report = run(seed, {options.setup, true});
  const std::size_t lines = report.history.size(), shown = std::min(lines, static_cast<std::size_t>(options.lines));
  std::printf("\nSeed %lu: %s\n", seed, report.setup.c_str());
  if (shown < lines) std::printf("  ... %zu lines before; --lines %zu shows all\n", lines - shown, lines);
  for (std::size_t i = lines - shown; i < lines; ++i) std::printf("%s\n", report.history[i].c_str());
  if (report.breach)
    std::printf("\nSeed %lu breaks %s: %s\n", seed, report.breach->promise.c_str(), report.breach->what.c_str());
  else std::printf("\nSeed %lu keeps all promises.\n", seed);
  return !report.breach;
}

bool try_mutants(const Options& options) {
  const std::uint64_t most = options.seeds_given ? options.seeds : 6'000;
  const auto& clock = holdfast::ports::system_clock();
  const auto begin = clock.steady();
  int tried_mutants = 0, survivors = 0;
  std::printf("%-36s %-10s %8s  %s\n", "Mutant", "caught by", "seeds", "for example");
  for (const Mutant& mutant : all_mutants()) {
    if (!options.mutant.empty() && options.mutant != mutant.name) continue;
    ++tried_mutants;
    Options each = options;
    each.mutant = mutant.name;
    if (options.setup.empty()) each.setup = std::string("log=0 ") + mutant.setup;  // unless it says otherwise
    Sum sum;
    for (std::uint64_t tried = 0; tried < most && sum.bad.empty();
         tried += 200) {  // a few at a time: most fall at once
      each.first = options.first + tried;
      sum = play(each, std::min<std::uint64_t>(200, most - tried), true);
    }
    const std::uint64_t first = sum.first_bad();
    survivors += sum.bad.empty();
    if (sum.bad.empty()) std::printf("%-36s %-10s %8lu\n", mutant.name, "SURVIVED", most);
    for (const auto& [promise, bad] : sum.bad)
      if (bad.first == first)
        std::printf("%-36s %-10s %8lu  %s\n", mutant.name, promise.c_str(), first - options.first + 1,
                    bad.example.c_str());
    std::fflush(stdout);
  }
  std::printf("%d mutants, %d survived, %.0f s\n", tried_mutants, survivors,
              std::chrono::duration<double>(clock.steady() - begin).count());
  return survivors == 0;
}

}  // namespace sim
