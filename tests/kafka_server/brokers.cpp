#include "kafka_server/brokers.hpp"

#include <librdkafka/rdkafka.h>

#include <functional>
#include <stdexcept>

#include "ports/clock.hpp"
#include "transport/kafka/admin.hpp"
#include "transport/kafka/message.hpp"

namespace holdfast::kafka_test {
namespace {

using namespace transport::kafka;
using namespace std::chrono_literals;
constexpr int patience = 20'000;

struct Handle {
  Handle(rd_kafka_type_t type, const std::string& servers, const Properties& more = {})
      : settings(settings_of(servers)), client(type, settings, more, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_FETCH, bell) {
    client.connect();
  }
  static Settings settings_of(const std::string& servers) {
    Settings s;
    s.broker.servers = servers;
    s.options.connect_timeout = 20s;
    return s;
  }
  Admin admin() const { return {client.get(), 20s}; }
  Event ask(const std::function<void(rd_kafka_t*, rd_kafka_queue_t*)>& what) const {
    const Queue queue(rd_kafka_queue_new(client.get()));
    what(client.get(), queue.get());
    Event event(rd_kafka_queue_poll(queue.get(), patience));
    if (!event || rd_kafka_event_error(event.get()))
      throw std::runtime_error(event ? rd_kafka_event_error_string(event.get()) : "no answer");
    return event;
  }

  const Settings settings;
  Bell bell{ports::system_clock()};
  Client client;
};

bool ours(const std::string& topic) { return !topic.starts_with("__"); }

std::vector<std::string> topics(const Handle& handle) {
  std::vector<std::string> names;
  for (const auto& [name, facts] : handle.admin().all_topics())
    if (ours(name)) names.push_back(name);
  return names;
}

void remove(const Handle& handle, const std::vector<std::string>& names) {
  std::vector<rd_kafka_DeleteTopic_t*> all;
  for (const auto& name : names) all.push_back(rd_kafka_DeleteTopic_new(name.c_str()));
  if (!all.empty())
    handle.ask(
        [&](rd_kafka_t* rk, rd_kafka_queue_t* q) { rd_kafka_DeleteTopics(rk, all.data(), all.size(), nullptr, q); });
  for (auto* one : all) rd_kafka_DeleteTopic_destroy(one);
}

std::vector<std::string> groups(const Handle& handle) {
  std::vector<std::string> names;
  const rd_kafka_group_list* list = nullptr;
  if (rd_kafka_list_groups(handle.client.get(), nullptr, &list, patience)) return names;
  for (int i = 0; i < list->group_cnt; ++i) names.push_back(list->groups[i].group);
  rd_kafka_group_list_destroy(list);
  return names;
}

}  // namespace

servers::Kafka& server() {
  static servers::Kafka kafka;
  return kafka;
}

Operator::Operator(std::string servers) : servers_(std::move(servers)) {}

/// A group whose last member has just gone may still be said to have it.
void Operator::empty() const {
  const Handle handle(RD_KAFKA_PRODUCER, servers_);
  const auto until = handle.bell.now() + 30s;
  for (auto names = topics(handle); !names.empty() && handle.bell.now() < until; names = topics(handle))
    kafka_test::remove(handle, names);
  for (auto names = groups(handle); !names.empty() && handle.bell.now() < until; names = groups(handle)) {
    std::vector<rd_kafka_DeleteGroup_t*> all;
    for (const auto& name : names) all.push_back(rd_kafka_DeleteGroup_new(name.c_str()));
    handle.ask(
        [&](rd_kafka_t* rk, rd_kafka_queue_t* q) { rd_kafka_DeleteGroups(rk, all.data(), all.size(), nullptr, q); });
    for (auto* one : all) rd_kafka_DeleteGroup_destroy(one);
  }
}

void Operator::make(const std::string& topic, int partitions,
                    const std::map<std::string, std::string>& settings) const {
  Handle(RD_KAFKA_PRODUCER, servers_).admin().create({{topic, partitions, 0, settings}});
}

void Operator::grow(const std::string& topic, int partitions) const {
  char error[256];
  auto* more = rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(partitions), error, sizeof error);
  const Handle handle(RD_KAFKA_PRODUCER, servers_);
  handle.ask([&](rd_kafka_t* rk, rd_kafka_queue_t* q) { rd_kafka_CreatePartitions(rk, &more, 1, nullptr, q); });
  rd_kafka_NewPartitions_destroy(more);
  while (handle.admin().look(topic)->partitions != partitions) {}
}

void Operator::set(const std::string& topic, const std::string& name, const std::string& value) const {
  auto* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  const Handle handle(RD_KAFKA_PRODUCER, servers_);
  const auto facts = handle.admin().look(topic);
  for (const auto* kept : {"cleanup.policy", "max.message.bytes", "retention.ms"})  // AlterConfigs sets all others back
    if (kept != name && facts) rd_kafka_ConfigResource_set_config(resource, kept, facts->text(kept).c_str());
  rd_kafka_ConfigResource_set_config(resource, name.c_str(), value.c_str());
  handle.ask([&](rd_kafka_t* rk, rd_kafka_queue_t* q) { rd_kafka_AlterConfigs(rk, &resource, 1, nullptr, q); });
  rd_kafka_ConfigResource_destroy(resource);
  while (handle.admin().look(topic)->text(name) != value) {}
}

void Operator::remove(const std::string& topic) const {
  const Handle handle(RD_KAFKA_PRODUCER, servers_);
  kafka_test::remove(handle, {topic});
  while (handle.admin().all_topics().contains(topic)) {}
}

void Operator::allow(const std::string& user, const std::string& prefix) const {
  char error[256];
  std::vector<rd_kafka_AclBinding_t*> all;
  for (const auto kind : {RD_KAFKA_RESOURCE_TOPIC, RD_KAFKA_RESOURCE_GROUP})
    all.push_back(rd_kafka_AclBinding_new(kind, prefix.c_str(), RD_KAFKA_RESOURCE_PATTERN_PREFIXED,
                                          ("User:" + user).c_str(), "*", RD_KAFKA_ACL_OPERATION_ALL,
                                          RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, error, sizeof error));
  Handle(RD_KAFKA_PRODUCER, servers_).ask([&](rd_kafka_t* rk, rd_kafka_queue_t* q) {
    rd_kafka_CreateAcls(rk, all.data(), all.size(), nullptr, q);
  });
  for (auto* one : all) rd_kafka_AclBinding_destroy(one);
}

void Operator::cut(const std::string& topic, int partition, std::int64_t before) const {
  const Offsets list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = before;
  auto* records = rd_kafka_DeleteRecords_new(list.get());
  Handle(RD_KAFKA_PRODUCER, servers_).ask([&](rd_kafka_t* rk, rd_kafka_queue_t* q) {
    rd_kafka_DeleteRecords(rk, &records, 1, nullptr, q);
  });
  rd_kafka_DeleteRecords_destroy(records);
}

void Operator::publish(const std::string& topic, const Record& record) const {
  Handle handle(RD_KAFKA_PRODUCER, servers_);
  rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
  for (const auto& [name, value] : record.headers)
    rd_kafka_header_add(headers, name.c_str(), -1, value.data(), static_cast<ssize_t>(value.size()));
  const auto code =
      rd_kafka_producev(handle.client.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(record.partition),
                        RD_KAFKA_V_KEY(record.key.empty() ? nullptr : record.key.data(), record.key.size()),
                        RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
                        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
  if (code) throw std::runtime_error(rd_kafka_err2str(code));
  for (const auto until = handle.bell.now() + 20s; handle.bell.now() < until;)
    if (const Event event = handle.client.poll(until); event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR)
      return;
  throw std::runtime_error("not confirmed");
}

std::vector<Operator::Record> Operator::all(const std::string& topic) const {
  const Handle handle(RD_KAFKA_CONSUMER, servers_,
                      {{"group.id", "looks"}, {"enable.partition.eof", "true"}, {"enable.auto.commit", "false"}});
  const auto facts = handle.admin().look(topic);
  std::vector<Record> found;
  if (!facts) return found;
  const Offsets list(rd_kafka_topic_partition_list_new(facts->partitions));
  for (int i = 0; i < facts->partitions; ++i)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(handle.client.get(), list.get());
  const auto until = handle.bell.now() + 20s;
  for (int ended = 0; ended < facts->partitions && handle.bell.now() < until;) {
    auto* const message = rd_kafka_consumer_poll(handle.client.get(), 1000);
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ended;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const auto d = delivery_of(*message);
      Record record{message->key ? std::string(static_cast<const char*>(message->key), message->key_len) : "", d.body,
                    d.headers, message->partition, message->offset};
      if (!d.message_id.empty()) record.headers[header_id] = d.message_id;
      if (!d.type.empty()) record.headers[header_type] = d.type;
      record.headers.erase(ports::header_key);
      found.push_back(std::move(record));
    }
    rd_kafka_message_destroy(message);
  }
  return found;
}

std::vector<kafka::Rebalance> rebalances() {
  if (rd_kafka_version() < cooperates_from) return {kafka::Rebalance::eager};
  return {kafka::Rebalance::eager, kafka::Rebalance::cooperative};
}

transport::kafka::Settings settings(const std::string& url, int partitions) {
  Settings s;
  s.options.url = url;
  s.options.partitions = partitions;
  s.options.session_timeout = 3s;
  s.look_for_topics = 200ms;
  s.retry_first = 50ms, s.retry_most = 500ms, s.probe = 100ms;
  s.facts_hold = 200ms;
  s.revoke_patience = 300ms;
  return s;
}

}  // namespace holdfast::kafka_test
