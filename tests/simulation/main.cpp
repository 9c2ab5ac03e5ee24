#include <cstdio>
#include <exception>

#include "simulation/campaign.hpp"

namespace {

bool simulate(const sim::Options& options) {
  if (options.mutants) return sim::try_mutants(options);
  if (options.hashes) return sim::print_hashes(options), true;
  if (options.seed) return sim::tell(options, *options.seed);
  return sim::report(options, sim::play(options, options.seeds));
}

}  // namespace

int main(int argc, char** argv) try {
  const sim::Options options = sim::parse(argc, argv);
  if (options.help) return std::fputs(sim::usage, stdout), 0;
  return simulate(options) ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "simulate: %s\n%s", error.what(), sim::usage);
  return 2;
}
