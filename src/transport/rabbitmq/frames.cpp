#include "transport/rabbitmq/frames.hpp"

#include <algorithm>
#include <cstring>

#include "transport/rabbitmq/closed.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

constexpr std::size_t around_a_payload = 8;  // type, channel, size; end mark

template <class Number>
char* put(char* at, Number value) {
  for (int shift = (sizeof value - 1) * 8; shift >= 0; shift -= 8) *at++ = static_cast<char>(value >> shift);
  return at;
}

std::size_t encoded(int size, const char* what) {
  if (size < 0)
    throw Unencodable(std::string(what) + " cannot be encoded (" + amqp_error_string2(size) +
                      "): type, queue and message id hold 255 bytes each, all headers together one frame");
  return static_cast<std::size_t>(size);
}

}  // namespace

FrameReader::FrameReader() : state_(amqp_new_connection()) {
  if (!state_) throw std::bad_alloc();
}

void FrameReader::limit(int frame_max) { amqp_tune_connection(state_.get(), 0, frame_max, 0); }

const amqp_frame_t* FrameReader::next(std::string_view& bytes) {
  amqp_maybe_release_buffers(state_.get());
  while (!bytes.empty()) {
    const int taken = amqp_handle_input(state_.get(), to_amqp(bytes), &frame_);
    if (taken < 0)
      throw Closed(std::string("what the broker sent is not AMQP 0-9-1: ") + amqp_error_string2(taken) +
                   "; is this its AMQP port? It is tried again");
    bytes.remove_prefix(static_cast<std::size_t>(taken));
    const bool foreign =
        frame_.frame_type == AMQP_FRAME_HEADER && frame_.payload.properties.class_id != AMQP_BASIC_CLASS;
    if (foreign) throw Closed("the broker sent a header of no message; it is tried again");
    if (frame_.frame_type != 0) return &frame_;
  }
  return nullptr;
}

void FrameWriter::method(std::string& out, amqp_channel_t channel, amqp_method_number_t id, void* decoded) {
  put(room_.data(), id);
  const amqp_bytes_t room{room_.size() - around_a_payload - 4, room_.data() + 4};
  const auto size = encoded(amqp_encode_method(id, decoded, room), amqp_method_name(id));
  frame(out, AMQP_FRAME_METHOD, channel, {room_.data(), size + 4});
}

void FrameWriter::content(std::string& out, amqp_channel_t channel, const amqp_basic_properties_t& properties,
                          std::string_view body) {
  char* const behind = put(put(put(room_.data(), std::uint16_t{AMQP_BASIC_CLASS}), std::uint16_t{0}),
                           static_cast<std::uint64_t>(body.size()));
  const auto before = static_cast<std::size_t>(behind - room_.data());
  const amqp_bytes_t room{room_.size() - around_a_payload - before, behind};
  auto* const decoded = const_cast<amqp_basic_properties_t*>(&properties);
  const auto size = encoded(amqp_encode_properties(AMQP_BASIC_CLASS, decoded, room), "the message's properties");
  frame(out, AMQP_FRAME_HEADER, channel, {room_.data(), before + size});
  for (; !body.empty(); body.remove_prefix(std::min(body.size(), room_.size() - around_a_payload)))
    frame(out, AMQP_FRAME_BODY, channel, body.substr(0, room_.size() - around_a_payload));
}

void FrameWriter::heartbeat(std::string& out) { frame(out, AMQP_FRAME_HEARTBEAT, 0, {}); }

void FrameWriter::frame(std::string& out, int type, amqp_channel_t channel, std::string_view payload) {
  char head[7];
  put(put(put(head, static_cast<std::uint8_t>(type)), channel), static_cast<std::uint32_t>(payload.size()));
  out.append(head, sizeof head);
  out += payload;
  out += static_cast<char>(AMQP_FRAME_END);
}

}  // namespace holdfast::transport::rabbitmq
