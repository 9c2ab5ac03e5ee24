// AMQP frames from bytes and to bytes, by rabbitmq-c as a mere codec: it has no socket here, so it can neither wait nor block.
#pragma once
#include <amqp.h>
#include <amqp_framing.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/errors.hpp"

namespace holdfast::transport::rabbitmq {

constexpr int most_in_a_frame = 131'072;  // what is offered; RabbitMQ's own default

inline amqp_bytes_t to_amqp(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }
inline std::string_view from_amqp(amqp_bytes_t text) { return {static_cast<const char*>(text.bytes), text.len}; }
template <class Method>
const Method& as(const amqp_frame_t& frame) {
  return *static_cast<const Method*>(frame.payload.method.decoded);
}

/// A message that AMQP has no bytes for. The session goes on.
struct Unencodable : Error {
  using Error::Error;
};

class FrameReader {
 public:
  FrameReader();
  /// The next whole frame, cut off `bytes`; nullptr: more are needed, and those that were there are kept here.
  /// Valid until the next call. Closed: these are no frames.
  const amqp_frame_t* next(std::string_view& bytes);
  void limit(int frame_max);

 private:
  struct Free {
    void operator()(amqp_connection_state_t_* state) const { amqp_destroy_connection(state); }
  };
  std::unique_ptr<amqp_connection_state_t_, Free> state_;
  amqp_frame_t frame_{};
};

class FrameWriter {
 public:
  FrameWriter() : room_(most_in_a_frame) {}
  void limit(int frame_max) { room_.resize(static_cast<std::size_t>(frame_max)); }

  // Each appends to `out`; Unencodable leaves it with half a message.
  void method(std::string& out, amqp_channel_t channel, amqp_method_number_t id, void* decoded);
  void content(std::string& out, amqp_channel_t channel, const amqp_basic_properties_t& properties,
               std::string_view body);
  void heartbeat(std::string& out);

 private:
  void frame(std::string& out, int type, amqp_channel_t channel, std::string_view payload);

  std::vector<char> room_;
};

}  // namespace holdfast::transport::rabbitmq
