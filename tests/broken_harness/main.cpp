// The tests of the harness, and a service's, on rules of which one is broken: `broken_harness claim_always_fresh`.
#include <gtest/gtest.h>

#include "ports/mutants.hpp"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc > 1) holdfast::the_mutant = argv[1];
  return RUN_ALL_TESTS();
}
