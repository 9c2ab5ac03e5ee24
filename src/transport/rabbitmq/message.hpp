// An event as an AMQP message. Headers that the broker wrote on an earlier way of it, or obeys, are left out: x-death is how it finds
// cycles, which it drops, and a CC that is no array closes the channel.
#pragma once
#include "ports/values.hpp"
#include "transport/rabbitmq/table.hpp"

namespace holdfast::transport::rabbitmq {

class Message {
 public:
  /// Unencodable: a header's name is too long. The event must outlive it.
  Message(const ports::OutgoingEvent& event, const std::string& exchange);
  Message(const Message&) = delete;

  amqp_basic_publish_t how() const;
  amqp_basic_properties_t properties();
  const std::string& route() const { return event_.destination.empty() ? event_.type : event_.destination; }
  const std::string& id() const { return id_; }

 private:
  const ports::OutgoingEvent& event_;
  const std::string exchange_, id_;
  Headers headers_;
  std::string correlation_id_, producer_;
  Table table_;
};

/// Headers that RabbitMQ writes or obeys: x-death and its kin, CC, BCC.
bool is_the_brokers(std::string_view header);

}  // namespace holdfast::transport::rabbitmq
