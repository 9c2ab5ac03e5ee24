#include "transport/rabbitmq/publisher.hpp"

#include <iterator>

#include "transport/rabbitmq/message.hpp"

namespace holdfast::transport::rabbitmq {

using ports::Outcome;
using ports::SessionState;

namespace {
constexpr amqp_channel_t only_channel = 1;
}

Publisher::Publisher(std::shared_ptr<const Settings> settings, const ports::Clock& clock)
    : settings_(std::move(settings)), bell_(clock) {
  try {
    connection_ = std::make_unique<Connection>(*settings_, bell_, static_cast<Sink&>(*this));
    Channel channel(*connection_, only_channel);
    channel.open();
    channel.confirm_publishes();
  } catch (const Closed& why) { rethrow(settings_->broker.name(), why); }
}

bool Publisher::accept(const ports::Publication& publication) {
  const bool room = !is_over() && !connection_->blocked() && confirms_.open() < settings_->window &&
                    connection_->unsent() < settings_->most_unsent;
  if (!room) return false;
  try {
    Message message(*publication.event, settings_->options.exchange);
    auto how = message.how();
    connection_->publish(only_channel, how, message.properties(), publication.event->envelope);
    confirms_.published(publication.token, message.id(), message.route());
  } catch (const Unencodable& never) {
    results_.push_back({publication.token, Outcome::refused, never.what()});
  } catch (const Error& gone) {  // of TLS; the next pump() says so
    results_.push_back({publication.token, Outcome::unknown, gone.what()});
    close(ports::Blame::nobody, gone.what());
  }
  return true;
}

SessionState Publisher::pump(ports::Tick until, std::vector<ports::PublishResult>& results) {
  std::string why;
  auto blame = ports::Blame::nobody;
  try {
    if (!is_over()) work(until);
  } catch (const Closed& end) { why = end.what(), blame = end.blame(); } catch (const Error& end) {
    why = end.what();
  }
  if (!why.empty()) close(blame, why);
  std::move(results_.begin(), results_.end(), std::back_inserter(results));
  results_.clear();
  if (is_over()) return SessionState::closed;
  return connection_->blocked() ? SessionState::blocked : SessionState::open;
}

void Publisher::work(ports::Tick until) {
  const bool was_blocked = connection_->blocked();
  bool called = false;
  do called = connection_->serve(results_.empty() ? until : ports::Tick{});
  while (!called && results_.empty() && connection_->blocked() == was_blocked && bell_.clock().steady() < until);
}

void Publisher::frame(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_HEADER && !return_.route.empty()) {
    const auto& p = *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
    confirms_.returned(from_amqp(p.message_id), return_.route, return_.why);
    return_ = {};
  }
  if (frame.frame_type != AMQP_FRAME_METHOD) return;
  switch (frame.payload.method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto& ack = as<amqp_basic_ack_t>(frame);
      return confirms_.acked(ack.delivery_tag, ack.multiple != 0, results_);
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto& nack = as<amqp_basic_nack_t>(frame);
      return confirms_.nacked(nack.delivery_tag, nack.multiple != 0, results_);
    }
    case AMQP_BASIC_RETURN_METHOD: {
      const auto& back = as<amqp_basic_return_t>(frame);
      const std::string exchange(from_amqp(back.exchange)), route(from_amqp(back.routing_key));
      return_ = {route, exchange.empty() ? "there is no queue " + route
                                         : "no queue of exchange " + exchange + " is bound to " + route};
      return;
    }
    default: return;
  }
}

void Publisher::close(ports::Blame blame, const std::string& why) {
  blame_ = blame, why_closed_ = why;
  confirms_.end(why, results_);
  connection_.reset();
}

}  // namespace holdfast::transport::rabbitmq
