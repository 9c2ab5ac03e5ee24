#include "transport/kafka/admin.hpp"

#include <algorithm>
#include <charconv>
#include <span>

#include "transport/kafka/failed.hpp"

namespace holdfast::transport::kafka {
namespace {

struct FreeAdmin {
  void operator()(rd_kafka_NewTopic_t* p) const { rd_kafka_NewTopic_destroy(p); }
  void operator()(rd_kafka_ConfigResource_t* p) const { rd_kafka_ConfigResource_destroy(p); }
  void operator()(const rd_kafka_metadata_t* p) const { rd_kafka_metadata_destroy(p); }
};
template <class T>
using OwnedAdmin = std::unique_ptr<T, FreeAdmin>;

template <class T>
std::vector<T*> pointers(const std::vector<OwnedAdmin<T>>& all) {
  std::vector<T*> out;
  for (const auto& one : all) out.push_back(one.get());
  return out;
}

OwnedAdmin<rd_kafka_NewTopic_t> planned(const NewTopic& topic) {
  char error[512] = "";
  OwnedAdmin<rd_kafka_NewTopic_t> made(rd_kafka_NewTopic_new(
      topic.name.c_str(), topic.partitions, topic.copies > 0 ? topic.copies : -1, error, sizeof error));
  if (!made) throw Failed("topic " + topic.name, RD_KAFKA_RESP_ERR__INVALID_ARG, error);
  for (const auto& [name, value] : topic.settings)
    rd_kafka_NewTopic_set_config(made.get(), name.c_str(), value.c_str());
  return made;
}

TopicFacts facts_of(const rd_kafka_metadata_topic_t& topic) {
  return {topic.partition_cnt, topic.partition_cnt > 0 ? topic.partitions[0].replica_cnt : 0};
}

constexpr int most_tries = 500;  // each is a way to a broker and back

bool wait_is_over(rd_kafka_resp_err_t code) {
  return code != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE && code != RD_KAFKA_RESP_ERR__TIMED_OUT;
}

}  // namespace

std::optional<std::int64_t> TopicFacts::number(const std::string& setting) const {
  const auto value = text(setting);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || error != std::errc() || end != value.data() + value.size()) return {};
  return number;
}

std::string TopicFacts::text(const std::string& setting) const {
  const auto found = settings.find(setting);
  return found == settings.end() ? "" : found->second;
}

/// nullptr: all.
Topics Admin::topics(rd_kafka_topic_t* one) const {
  const rd_kafka_metadata_t* got = nullptr;
  const auto code = rd_kafka_metadata(handle_, one ? 0 : 1, one, &got, timeout_);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw Failed("the list of topics", code);
  const OwnedAdmin<const rd_kafka_metadata_t> metadata(got);
  Topics found;
  for (const auto& topic : std::span(metadata->topics, static_cast<std::size_t>(metadata->topic_cnt))) {
    if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR || !wait_is_over(topic.err)) found[topic.topic] = facts_of(topic);
    else if (one && !is_missing(topic.err)) throw Failed(std::string("topic ") + topic.topic, topic.err);
  }
  return found;
}

/// None, or it.
Topics Admin::topic(const std::string& name) const {
  const Owned<rd_kafka_topic_t> handle(rd_kafka_topic_new(handle_, name.c_str(), nullptr));
  return topics(handle.get());
}

Topics Admin::all_topics(const std::vector<std::string>& known) const {
  Topics all = topics(nullptr);
  for (const auto& name : known)
    if (!all.contains(name)) all.merge(topic(name));
  return all;
}

Topics Admin::look(const std::vector<std::string>& names) const {
  Topics all = all_topics(), found;
  for (const auto& name : names)
    if (auto node = all.extract(name)) found.insert(std::move(node));
  if (!found.empty()) describe(found);
  return found;
}

std::optional<TopicFacts> Admin::look(const std::string& name) const {
  Topics found = topic(name);
  if (found.empty() || found.begin()->second.partitions == 0) return {};
  describe(found);
  return found.begin()->second;
}

/// Not everybody may ask: then nothing is known.
void Admin::describe(Topics& topics) const {
  std::vector<OwnedAdmin<rd_kafka_ConfigResource_t>> wanted;
  for (const auto& [name, facts] : topics)
    wanted.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
  auto all = pointers(wanted);
  const Queue queue(rd_kafka_queue_new(handle_));
  rd_kafka_DescribeConfigs(handle_, all.data(), all.size(), nullptr, queue.get());
  const auto event = answer(queue, "the settings of topics");
  std::size_t count = 0;
  const auto* const resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (const auto* resource : std::span(resources, count)) {
    if (rd_kafka_ConfigResource_error(resource) != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    std::size_t entries = 0;
    const auto* const configs = rd_kafka_ConfigResource_configs(resource, &entries);
    auto& facts = topics[rd_kafka_ConfigResource_name(resource)];
    for (const auto* entry : std::span(configs, entries))
      if (const char* const value = rd_kafka_ConfigEntry_value(entry))
        facts.settings[rd_kafka_ConfigEntry_name(entry)] = value;
  }
}

Event Admin::answer(const Queue& queue, const std::string& what) const {
  Event event(rd_kafka_queue_poll(queue.get(), timeout_));
  if (!event) throw Failed(what, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (const auto code = rd_kafka_event_error(event.get()))
    throw Failed(what, code, rd_kafka_event_error_string(event.get()));
  return event;
}

void Admin::create(const std::vector<NewTopic>& topics) const {
  std::vector<OwnedAdmin<rd_kafka_NewTopic_t>> wanted;
  for (const auto& topic : topics) wanted.push_back(planned(topic));
  auto all = pointers(wanted);
  const Queue queue(rd_kafka_queue_new(handle_));
  rd_kafka_CreateTopics(handle_, all.data(), all.size(), nullptr, queue.get());
  const auto event = answer(queue, "topics cannot be made");
  std::size_t count = 0;
  const auto* const results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (const auto* result : std::span(results, count)) {
    const auto code = rd_kafka_topic_result_error(result);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      throw Failed(std::string("topic ") + rd_kafka_topic_result_name(result) + " cannot be made", code,
                   rd_kafka_topic_result_error_string(result) ? rd_kafka_topic_result_error_string(result) : "");
  }
  for (int i = 0; i < most_tries; ++i) {  // one broker has made them, and another one may be asked next
    const auto there = all_topics();
    if (std::ranges::all_of(topics, [&](const NewTopic& topic) { return there.contains(topic.name); })) return;
  }
}

/// A topic that was made just now may have no leader yet.
Marks Admin::marks(const Place& place) const {
  Marks marks;
  auto code = RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int i = 0; i < most_tries; ++i) {
    code = rd_kafka_query_watermark_offsets(handle_, place.topic.c_str(), place.partition, &marks.low, &marks.high,
                                            timeout_);
    if (code != RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION && code != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) break;
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw Failed("the offsets of " + place.topic + "/" + std::to_string(place.partition), code);
  return marks;
}

/// By a consumer's handle: asked as an administrator, librdkafka 2.0 crashes while there is no coordinator yet.
std::map<Place, std::int64_t> Admin::offsets(const std::string& group, const Topics& topics) const {
  std::map<Place, std::int64_t> found;
  const Offsets list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const auto& [name, facts] : topics)
    for (int i = 0; i < facts.partitions && !name.starts_with("__"); ++i)
      rd_kafka_topic_partition_list_add(list.get(), name.c_str(), i);
  if (list->cnt == 0) return found;
  char error[512] = "";
  rd_kafka_conf_t* const conf = rd_kafka_conf_dup(rd_kafka_conf(handle_));
  rd_kafka_conf_set(conf, "group.id", group.c_str(), error, sizeof error);
  const std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)> asks(
      rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error), rd_kafka_destroy);
  if (!asks) throw Failed("the offsets of group " + group, RD_KAFKA_RESP_ERR__FAIL, error);
  const auto code = rd_kafka_committed(asks.get(), list.get(), timeout_);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw Failed("the offsets of group " + group, code);
  for (const auto& p : std::span(list->elems, static_cast<std::size_t>(list->cnt)))
    if (p.offset >= 0) found[{p.topic, p.partition}] = p.offset;
  return found;
}

}  // namespace holdfast::transport::kafka
