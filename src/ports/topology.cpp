#include "ports/topology.hpp"

namespace holdfast::ports {
namespace {

/// `--type` takes a type, or all its versions.
bool is_selected_by(const std::string& pattern) {
  const auto wild = pattern.find_first_of("*#");
  return wild == std::string::npos || (wild == pattern.size() - 1 && pattern.ends_with(".*"));
}

}  // namespace

std::string_view what_was_missed(const Declared& declared) {
  return declared.queue_was_gone
             ? "a queue was gone and is there again, empty; what waited in it, and what was published meanwhile,"
             : "a binding was missing and is there again; what was published meanwhile";
}

std::string republish_flags(const std::string& queue, const std::string& pattern) {
  return "--to " + queue + (is_selected_by(pattern) ? " --type '" + pattern + "'" : "");
}

std::string stem(const std::string& queue) { return queue.ends_with(".q") ? queue.substr(0, queue.size() - 2) : queue; }

std::string dead_letter_queue(const std::string& queue) { return stem(queue) + ".dlq"; }

}  // namespace holdfast::ports
