#include "transport/rabbitmq/connection.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "transport/rabbitmq/closed.hpp"

namespace holdfast::transport::rabbitmq {

Connection::Connection(const Settings& settings, Bell& bell, Sink& sink)
    : bell_(bell),
      sink_(sink),
      place_(settings.broker.place()),
      answer_timeout_(settings.options.answer_timeout),
      stream_(settings, bell, bell.clock().steady() + settings.options.connect_timeout) {
  sent_at_ = heard_at_ = now();
  log_in(settings, now() + settings.options.answer_timeout);
}

/// A broker that is told goodbye logs no warning.
Connection::~Connection() {
  if (over_ || bell_.aborted()) return;
  try {
    amqp_connection_close_t bye{AMQP_REPLY_SUCCESS, to_amqp("goodbye"), 0, 0};
    send(0, AMQP_CONNECTION_CLOSE_METHOD, &bye);
    stream_.flush();
  } catch (const std::exception&) { over_ = true; }
}

void Connection::send(amqp_channel_t channel, amqp_method_number_t id, void* decoded) {
  frame_.clear();
  writer_.method(frame_, channel, id, decoded);
  stream_.put(frame_);
}

void Connection::publish(amqp_channel_t channel, amqp_basic_publish_t& how, const amqp_basic_properties_t& properties,
                         std::string_view body) {
  frame_.clear();
  writer_.method(frame_, channel, AMQP_BASIC_PUBLISH_METHOD, &how);
  writer_.content(frame_, channel, properties, body);
  stream_.put(frame_);
}

const amqp_frame_t& Connection::call(amqp_channel_t channel, amqp_method_number_t id, void* decoded,
                                     amqp_method_number_t answer) {
  return call(channel, id, decoded, answer, answer_timeout_);
}

const amqp_frame_t& Connection::call(amqp_channel_t channel, amqp_method_number_t id, void* decoded,
                                     amqp_method_number_t answer, ports::Millis patience) {
  send(channel, id, decoded);
  return await(channel, answer, now() + patience);
}

const amqp_frame_t& Connection::await(amqp_channel_t channel, amqp_method_number_t id, ports::Tick until) {
  for (;;) {
    if (const auto* frame = next()) {
      const bool answer =
          frame->frame_type == AMQP_FRAME_METHOD && frame->channel == channel && frame->payload.method.id == id;
      if (answer) return *frame;
      sink_.frame(*frame);
    } else if (now() >= until) {
      over_ = true;
      throw Silent("RabbitMQ at " + place_ + " did not answer in time (" + amqp_method_name(id) +
                   "); it is tried again");
    } else {
      turn(until);
      bell_.keep();
    }
  }
}

bool Connection::serve(ports::Tick until) {
  turn(dispatch() ? ports::Tick{} : until);
  dispatch();
  return bell_.take();
}

bool Connection::dispatch() {
  bool any = false;
  for (const amqp_frame_t* frame = next(); frame != nullptr; frame = next()) {
    sink_.frame(*frame);
    any = true;
  }
  return any;
}

/// The next frame that somebody has to look at, if it is here.
const amqp_frame_t* Connection::next() {
  for (;;) {
    std::string_view rest = std::string_view(in_).substr(read_);
    const amqp_frame_t* frame = reader_.next(rest);
    read_ = in_.size() - rest.size();
    if (frame == nullptr) {
      in_.clear(), read_ = 0;  // a part of a frame is kept by the reader
      return nullptr;
    }
    if (frame->frame_type == AMQP_FRAME_HEARTBEAT) continue;
    const bool method = frame->frame_type == AMQP_FRAME_METHOD;
    if (method && frame->payload.method.id == AMQP_CHANNEL_CLOSE_METHOD) end_of_channel(*frame);
    if (frame->channel != 0) return frame;
    if (!method) continue;
    about_the_connection(*frame);
    const auto id = frame->payload.method.id;
    if (id != AMQP_CONNECTION_BLOCKED_METHOD && id != AMQP_CONNECTION_UNBLOCKED_METHOD) return frame;
  }
}

void Connection::about_the_connection(const amqp_frame_t& frame) {
  switch (frame.payload.method.id) {
    case AMQP_CONNECTION_BLOCKED_METHOD: blocked_ = true; break;
    case AMQP_CONNECTION_UNBLOCKED_METHOD: blocked_ = false; break;
    case AMQP_CONNECTION_CLOSE_METHOD: {
      const auto& close = as<amqp_connection_close_t>(frame);
      const Closed why("the connection", close.reply_code, std::string(from_amqp(close.reply_text)));
      amqp_connection_close_ok_t yes{};
      send(0, AMQP_CONNECTION_CLOSE_OK_METHOD, &yes);
      over_ = true;
      stream_.flush();
      throw Closed(why);
    }
    default: break;
  }
}

void Connection::end_of_channel(const amqp_frame_t& frame) {
  const auto& close = as<amqp_channel_close_t>(frame);
  const Closed why("the channel", close.reply_code, std::string(from_amqp(close.reply_text)));
  amqp_channel_close_ok_t yes{};
  send(frame.channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &yes);
  throw Closed(why);
}

/// One round: sends, waits until then for news or a call, reads.
void Connection::turn(ports::Tick until) {
  obey_an_abort();
  const auto next_beat = beat();
  flush();
  const auto silent = heartbeat_.count() > 0 ? heard_at_ + 2 * heartbeat_ : ports::Tick::max();
  const short sending = stream_.unsent() > 0 ? POLLOUT : 0;
  const short ready =
      bell_.wait(stream_.descriptor(), static_cast<short>(POLLIN | sending), std::min({until, next_beat, silent}));
  obey_an_abort();
  if ((ready & ~POLLOUT) != 0 && stream_.read(in_)) heard_at_ = now();
  flush();
  if (heartbeat_.count() == 0 || now() < heard_at_ + 2 * heartbeat_) return;
  over_ = true;
  throw Closed("nothing was heard from RabbitMQ at " + place_ + " for " +
               std::to_string(2 * heartbeat_.count() / 1000) + " s, not even a heartbeat; it is tried again");
}

/// What has arrived is a fact; nothing more is sent.
void Connection::obey_an_abort() {
  if (!bell_.aborted()) return;
  over_ = true;
  stream_.read(in_);
  dispatch();
  throw Closed("the session was ended by this program");
}

void Connection::flush() {
  if (stream_.flush()) sent_at_ = now();
}

/// Sends a heartbeat where one is due; when the next one is.
ports::Tick Connection::beat() {
  if (heartbeat_.count() == 0) return ports::Tick::max();
  if (now() >= sent_at_ + heartbeat_ / 2) {
    frame_.clear();
    writer_.heartbeat(frame_);
    if (stream_.unsent() == 0) stream_.put(frame_);
    sent_at_ = now();
  }
  return sent_at_ + heartbeat_ / 2;
}

}  // namespace holdfast::transport::rabbitmq
