#include "transport/kafka/client.hpp"

#include <algorithm>

#include "transport/kafka/destroy.hpp"
#include "transport/kafka/failed.hpp"

namespace holdfast::transport::kafka {
namespace {

// At brokers that are away; each look is longer than the one before, for a broker may be far.
constexpr ports::Millis glance{100}, longest_glance{2'000};

const char* mechanism(holdfast::kafka::Sasl sasl) {
  switch (sasl) {
    case holdfast::kafka::Sasl::plain: return "PLAIN";
    case holdfast::kafka::Sasl::scram_sha_256: return "SCRAM-SHA-256";
    case holdfast::kafka::Sasl::scram_sha_512: return "SCRAM-SHA-512";
    case holdfast::kafka::Sasl::none: break;
  }
  return "";
}

/// What it would say on stderr comes as an event too.
void say_nothing(const rd_kafka_t*, int, const char*, const char*) {}

/// More telling than that all brokers are away.
bool tells(rd_kafka_resp_err_t code) { return blame_of(code) == ports::Blame::the_setup; }

}  // namespace

void Bell::attach(rd_kafka_queue_t* queue) {
  const std::lock_guard lock(mutex_);
  queue_ = queue;
}

void Bell::ring() noexcept {
  const std::lock_guard lock(mutex_);
  if (queue_) rd_kafka_queue_yield(queue_);
}

Properties common_properties(const Settings& settings) {
  const auto& o = settings.options;
  const bool sasl = o.sasl != holdfast::kafka::Sasl::none, tls = settings.broker.tls;
  Properties all{{"bootstrap.servers", settings.broker.servers},
                 {"client.id", "holdfast"},
                 {"security.protocol", sasl ? (tls ? "sasl_ssl" : "sasl_plaintext") : (tls ? "ssl" : "plaintext")},
                 {"socket.nagle.disable", "true"},
                 {"allow.auto.create.topics", "false"},
                 {"reconnect.backoff.max.ms", "2000"}};
  if (sasl)
    all.insert(all.end(),
               {{"sasl.mechanisms", mechanism(o.sasl)}, {"sasl.username", o.username}, {"sasl.password", o.password}});
  if (!tls) return all;
  all.push_back({"ssl.endpoint.identification.algorithm", "https"});
  if (!o.tls_ca.empty()) all.push_back({"ssl.ca.location", o.tls_ca});
  if (!o.tls_cert.empty()) {
    all.push_back({"ssl.certificate.location", o.tls_cert});
    all.push_back({"ssl.key.location", o.tls_key.empty() ? o.tls_cert : o.tls_key});
  }
  return all;
}

Client::Client(rd_kafka_type_t type, const Settings& settings, const Properties& more, int events, Bell& bell)
    : settings_(settings), bell_(bell) {
  char error[512] = "";
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, say_nothing);
  rd_kafka_conf_set_events(conf, events | RD_KAFKA_EVENT_ERROR);
  Properties all = common_properties(settings);
  all.insert(all.end(), more.begin(), more.end());
  for (const auto& [name, value] : all)
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      throw Invalid("broker", name + ": " + error);
    }
  handle_ = rd_kafka_new(type, conf, error, sizeof error);
  if (!handle_) {  // of the files of TLS it looks at each now
    rd_kafka_conf_destroy(conf);
    throw Invalid("broker", error);
  }
  if (type == RD_KAFKA_CONSUMER) rd_kafka_poll_set_consumer(handle_);
  queue_.reset(type == RD_KAFKA_CONSUMER ? rd_kafka_queue_get_consumer(handle_) : rd_kafka_queue_get_main(handle_));
  bell_.attach(queue_.get());
}

Client::~Client() {
  bell_.attach(nullptr);
  queue_.reset();
  destroy(handle_, settings_.farewell);
}

bool Client::answers(ports::Millis within) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(handle_, 0, nullptr, &metadata, static_cast<int>(within.count()));
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_metadata_destroy(metadata);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void Client::connect() {
  const auto give_up = bell_.now() + settings_.options.connect_timeout;
  for (auto window = glance * 2; !answers(window); window = std::min(window * 2, longest_glance)) {
    while (const Event event = poll(ports::Tick{}))
      if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
        const auto code = rd_kafka_event_error(event.get());
        if (!tells(worst_) || tells(code)) worst_ = code, worst_text_ = rd_kafka_event_error_string(event.get());
      }
    if (bell_.aborted() || tells(worst_) || bell_.now() > give_up)
      throw Failed(settings_.broker.name(), worst_ ? worst_ : RD_KAFKA_RESP_ERR__TIMED_OUT, worst_text_);
  }
}

Event Client::poll(ports::Tick until) {
  return Event(rd_kafka_queue_poll(queue_.get(), ports::milliseconds_left(until, bell_.now())));
}

void Client::check() const {
  char text[512] = "";
  if (const auto fatal = rd_kafka_fatal_error(handle_, text, sizeof text))
    throw Failed(settings_.broker.name(), fatal, text);
}

void Client::note(rd_kafka_event_t* error) {
  const auto code = rd_kafka_event_error(error);
  if (code == RD_KAFKA_RESP_ERR__FATAL) check();
  if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    if (tells(code)) why_away_ = Failed(settings_.broker.name(), code, rd_kafka_event_error_string(error)).what();
    return;
  }
  if (why_away_.empty()) why_away_ = Failed(settings_.broker.name(), code).what();
  away_ = true, probe_at_ = bell_.now() + glance;
}

bool Client::away() {
  if (!away_ || bell_.now() < probe_at_) return away_;
  away_ = !answers(window_);
  probe_at_ = bell_.now() + settings_.probe;
  window_ = away_ ? std::min(window_ * 2, longest_glance) : glance;
  if (!away_) why_away_.clear();
  return away_;
}

}  // namespace holdfast::transport::kafka
