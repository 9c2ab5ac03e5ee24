#include "transport/rabbitmq/names.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

std::string in_words(ports::Millis delay) {
  const auto ms = delay.count();
  for (const auto& [unit, size] : {std::pair{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}})
    if (ms >= size && ms % size == 0) return std::to_string(ms / size) + unit;
  return std::to_string(ms) + "ms";
}

}  // namespace

std::string dead_letter_exchange(const std::string& queue) { return ports::stem(queue) + ".dlx"; }

std::string wait_queue(const std::string& queue, ports::Millis delay) {
  return ports::stem(queue) + ".retry." + in_words(delay) + ".q";
}

}  // namespace holdfast::transport::rabbitmq
