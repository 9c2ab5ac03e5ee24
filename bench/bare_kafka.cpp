#include "bench/bare_kafka.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace holdfast::bench {
namespace {

constexpr int patience = 30'000;  // ms

void check(rd_kafka_resp_err_t code) {
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
}

void count_confirm(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) ++*static_cast<int*>(message->_private);
}

}  // namespace

BareKafka::BareKafka(const std::string& servers) {
  char error[512];
  auto* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : {std::pair{"bootstrap.servers", servers.c_str()},
                                    {"enable.idempotence", "true"},
                                    {"acks", "all"},
                                    {"partitioner", "murmur2_random"},
                                    {"linger.ms", "1"},
                                    {"batch.size", "131072"},
                                    {"queue.buffering.max.messages", "10000"}})
    rd_kafka_conf_set(conf, name, value, error, sizeof error);
  rd_kafka_conf_set_dr_msg_cb(conf, count_confirm);
  producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (!producer_) throw std::runtime_error(error);
}

void BareKafka::topic(const std::string& name, int partitions) {
  char error[512];
  auto* made = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, error, sizeof error);
  auto* const queue = rd_kafka_queue_new(producer_);
  rd_kafka_CreateTopics(producer_, &made, 1, nullptr, queue);
  auto* const event = rd_kafka_queue_poll(queue, patience);
  check(event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT);
  rd_kafka_event_destroy(event), rd_kafka_queue_destroy(queue), rd_kafka_NewTopic_destroy(made);
}

double BareKafka::publish(int count, const std::function<Message(int)>& message) {
  using Clock = std::chrono::steady_clock;
  int confirmed = 0;
  const auto start = Clock::now();
  for (int i = 0; i < count; ++i) {
    const Message next = message(i);
    auto* headers = rd_kafka_headers_new(3);
    rd_kafka_header_add(headers, "traceparent", -1, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", -1);
    rd_kafka_header_add(headers, "holdfast-id", -1, next.id.data(), static_cast<ssize_t>(next.id.size()));
    auto code = RD_KAFKA_RESP_ERR_NO_ERROR;
    while ((code = rd_kafka_producev(
                producer_, RD_KAFKA_V_TOPIC(next.type.c_str()), RD_KAFKA_V_KEY(next.key.data(), next.key.size()),
                RD_KAFKA_V_VALUE(const_cast<char*>(next.body.data()), next.body.size()), RD_KAFKA_V_HEADERS(headers),
                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(&confirmed), RD_KAFKA_V_END)) ==
           RD_KAFKA_RESP_ERR__QUEUE_FULL)
      rd_kafka_poll(producer_, 10);
    check(code);
    if (i % 256 == 0) rd_kafka_poll(producer_, 0);
  }
  check(rd_kafka_flush(producer_, patience));
  if (confirmed != count) throw std::runtime_error("not all were confirmed");
  return count / std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace holdfast::bench
