#include "store/words.hpp"

#include <array>
#include <stdexcept>

namespace holdfast::store {
namespace {

constexpr std::array states = {"handled", "retrying", "deferred", "dead", "discarded"};
constexpr std::array waits = {"retry", "blocked", "dead"};

template <class T, std::size_t N>
T find(const std::array<const char*, N>& words, const std::string& word) {
  for (std::size_t i = 0; i < N; ++i)
    if (word == words[i]) return static_cast<T>(i);
  throw std::runtime_error("a table of Holdfast holds the unknown state \"" + word + "\"");
}

}  // namespace

const char* word(ports::State state) { return states.at(static_cast<std::size_t>(state)); }
const char* word(ports::Deferred::Wait wait) { return waits.at(static_cast<std::size_t>(wait)); }
ports::State state_of(const std::string& word) { return find<ports::State>(states, word); }
ports::Deferred::Wait wait_of(const std::string& word) { return find<ports::Deferred::Wait>(waits, word); }

}  // namespace holdfast::store
