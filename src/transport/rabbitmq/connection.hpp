// One connection, owned by one thread: its login, heartbeats, frames. What arrives goes to a sink; an end is a Closed.
// Nothing here waits longer than it is told: a broker that does not read costs memory (unsent()), not a thread.
#pragma once
#include "transport/rabbitmq/frames.hpp"
#include "transport/rabbitmq/stream.hpp"

namespace holdfast::transport::rabbitmq {

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void frame(const amqp_frame_t& frame) = 0;  // of a channel, neither an answer nor an end
};

class Connection {
 public:
  /// Logged in. Closed: away, or refused (Closed::blame); Invalid: TLS.
  Connection(const Settings& settings, Bell& bell, Sink& sink);
  ~Connection();
  Connection(const Connection&) = delete;

  /// To be sent by the next serve() or call(). Unencodable: nothing of it is.
  void send(amqp_channel_t channel, amqp_method_number_t id, void* decoded);
  void publish(amqp_channel_t channel, amqp_basic_publish_t& how, const amqp_basic_properties_t& properties,
               std::string_view body);
  /// Sends, and waits for the answer, which is valid until the next call of anything here.
  const amqp_frame_t& call(amqp_channel_t channel, amqp_method_number_t id, void* decoded, amqp_method_number_t answer);
  const amqp_frame_t& call(amqp_channel_t channel, amqp_method_number_t id, void* decoded, amqp_method_number_t answer,
                           ports::Millis patience);
  /// Sends what the network takes, waits until then for something to happen; true: somebody called.
  bool serve(ports::Tick until);

  std::size_t unsent() const { return stream_.unsent(); }
  bool blocked() const { return blocked_; }  // by an alarm of the broker: it reads nothing

 private:
  void log_in(const Settings& settings, ports::Tick until);
  void start(const Settings& settings, const amqp_frame_t& frame);
  void tune(const Settings& settings, const amqp_frame_t& frame);
  const amqp_frame_t& await(amqp_channel_t channel, amqp_method_number_t id, ports::Tick until);
  const amqp_frame_t* next();
  void about_the_connection(const amqp_frame_t& frame);
  void end_of_channel(const amqp_frame_t& frame);
  bool dispatch();
  void turn(ports::Tick until);
  void flush();
  void obey_an_abort();
  ports::Tick beat();
  ports::Tick now() const { return bell_.clock().steady(); }

  Bell& bell_;
  Sink& sink_;
  const std::string place_;
  const ports::Millis answer_timeout_;
  Stream stream_;
  FrameReader reader_;
  FrameWriter writer_;
  std::string in_, frame_;
  std::size_t read_ = 0;  // of in_
  ports::Millis heartbeat_{0};  // 0: none
  ports::Tick sent_at_{}, heard_at_{};
  bool blocked_ = false, over_ = false;
};

}  // namespace holdfast::transport::rabbitmq
