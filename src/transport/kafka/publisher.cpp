#include "transport/kafka/publisher.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "transport/kafka/failed.hpp"
#include "transport/kafka/message.hpp"
#include "transport/kafka/plan.hpp"

namespace holdfast::transport::kafka {

using ports::Outcome;
using ports::SessionState;

namespace {

Properties properties(const Settings& settings) {
  return {{"enable.idempotence", "true"},
          {"enable.gapless.guarantee", "true"},
          {"acks", "all"},
          {"message.timeout.ms", "0"},
          {"partitioner", "murmur2_random"},
          {"message.max.bytes", "100000000"},  // the topic's own limit is what counts
          {"batch.size", std::to_string(settings.batch_bytes)},
          {"linger.ms", std::to_string(settings.linger_ms)},
          {"queue.buffering.max.messages", std::to_string(settings.window)}};
}

void* as_opaque(std::uint64_t token) { return reinterpret_cast<void*>(static_cast<std::uintptr_t>(token)); }

}  // namespace

Publisher::Publisher(std::shared_ptr<const Settings> settings, const ports::Clock& clock)
    : settings_(std::move(settings)), bell_(clock) {
  client_ = std::make_unique<Client>(RD_KAFKA_PRODUCER, *settings_, properties(*settings_), RD_KAFKA_EVENT_DR, bell_);
  try {
    client_->connect();
  } catch (const Failed& why) { rethrow(settings_->broker.name(), why); }
}

Publisher::~Publisher() { close(ports::Blame::nobody, "destroyed"); }

bool Publisher::accept(const ports::Publication& publication) {
  if (is_over() || failing_ || full_ || draining_ || client_->away() || open_.size() >= settings_->window) return false;
  try {
    return take(publication.token, *publication.event);
  } catch (const Failed& away) {
    if (blame_of(away.code()) != ports::Blame::nobody) return close(ports::Blame::the_setup, away.what()), false;
    client_->set_away(true);
    warnings_.push_back(away.what());
    return false;
  }
}

bool Publisher::take(std::uint64_t token, const ports::OutgoingEvent& event) {
  if (const Stop* stop = stop_before(event)) return late_.push_back({token, stop->outcome, stop->why}), true;
  Topic& to = topic(event);
  if (!to.missing.empty()) return answer_at_once(token, event, Outcome::returned, to.missing), true;
  if (const auto why = too_large(to, event); !why.empty())
    return answer_at_once(token, event, Outcome::refused, why), true;
  const int number = partition_of(to, event);
  Partition& partition = to.partitions[static_cast<std::size_t>(number)];
  if (partition.trying) {
    partition.waiting.push_back({token, event});
  } else {
    const auto code = produce(to, number, token, event);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return full_ = true, false;
    if (code == RD_KAFKA_RESP_ERR__FATAL) return dies(), false;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return answer_at_once(token, event, Outcome::refused, rd_kafka_err2str(code)), true;
    partition.trying = to.narrow || bell_.now() >= partition.proven_until;
  }
  open_.insert(token);
  return true;
}

/// Of an event that was not taken itself: none, it is tried again.
const Publisher::Stop* Publisher::stop_before(const ports::OutgoingEvent& event) {
  const auto stop = event.key ? stopped_.find(*event.key) : stopped_.end();
  if (stop == stopped_.end()) return nullptr;
  if (stop->second.by != event.id) return &stop->second;
  stopped_.erase(stop);
  return nullptr;
}

/// "": it is not. An operator may have mended the topic since it was looked at.
std::string Publisher::too_large(Topic& topic, const ports::OutgoingEvent& event) {
  const auto size = static_cast<std::int64_t>(size_of(event));
  const auto takes = [&] { return !topic.most_bytes || size <= *topic.most_bytes; };
  if (takes()) return "";
  if (bell_.now() >= topic.look_again_at) look(topic, !event.destination.empty());
  if (takes()) return "";
  return "it takes " + std::to_string(size) + " bytes, and topic " + topic.name + " takes " +
         std::to_string(*topic.most_bytes) + " (max.message.bytes)";
}

/// Of a key nothing may pass what was not taken.
void Publisher::answer_at_once(std::uint64_t token, const ports::OutgoingEvent& event, Outcome outcome,
                               std::string why) {
  const bool blames = outcome == Outcome::refused;
  if (event.key)
    stopped_[*event.key] = {event.id, blames ? Outcome::unknown : outcome,
                            "an earlier event of its key was not taken: " + why};
  late_.push_back({token, outcome, std::move(why)});
}

Publisher::Topic& Publisher::topic(const ports::OutgoingEvent& event) {
  const bool direct = !event.destination.empty();
  const auto& name = direct ? event.destination : settings_->topics.topic_of(event.type);
  Topic& found = topics_[name];
  if (bell_.now() < found.look_at) return found;
  found.name = name;
  try {
    look(found, direct);
  } catch (const Failed& failed) {
    if (is_of_one_topic(failed.code())) found.missing = failed.what();
    else if (!found.handle || blame_of(failed.code()) == ports::Blame::the_setup) throw;  // else what is known holds
  }
  found.look_at = bell_.now() + (found.missing.empty() ? settings_->facts_hold : settings_->probe);
  return found;
}

/// A topic of a queue of its own is made by that one's consumer, with the partitions that it wants.
void Publisher::look(Topic& topic, bool direct) {
  if (!is_topic_name(topic.name)) {
    topic.missing = "no topic can be called '" + topic.name + "'; broker.topics gives its type to another one";
    return;
  }
  topic.look_again_at = bell_.now() + settings_->probe;
  const Admin admin(client_->get(), settings_->look_timeout);
  auto facts = admin.look(topic.name);
  if (!facts && !direct && settings_->options.topology == holdfast::kafka::Topology::declare) {
    admin.create({planned_topic(*settings_, topic.name)});
    facts = admin.look(topic.name);
  }
  const int most = settings_->options.partitions, wanted = direct && facts ? std::min(most, facts->partitions) : most;
  topic.missing = !facts ? "there is no such topic: `holdfast topology apply` makes it" : unfit(*facts, wanted);
  if (!topic.missing.empty()) return void(topic.missing = "topic " + topic.name + ": " + topic.missing);
  if (const auto more = unused_partitions(*facts, direct ? facts->partitions : most); !more.empty())
    warnings_.push_back("topic " + topic.name + " " + more);
  topic.most_bytes = facts->number("max.message.bytes");
  topic.narrow = topic.most_bytes && *topic.most_bytes < settings_->batch_bytes;
  if (topic.handle) return;
  topic.handle.reset(rd_kafka_topic_new(client_->get(), topic.name.c_str(), nullptr));
  topic.partitions.resize(static_cast<std::size_t>(wanted));
}

/// As every client with murmur2 does, by the number that is configured; what has no key is spread by its id.
int Publisher::partition_of(const Topic& topic, const ports::OutgoingEvent& event) const {
  const auto* key = key_of(event);
  const std::string text = key ? *key : event.id.to_string();
  return rd_kafka_msg_partitioner_murmur2(topic.handle.get(), text.data(), text.size(),
                                          static_cast<int>(topic.partitions.size()), nullptr, nullptr);
}

rd_kafka_resp_err_t Publisher::produce(Topic& topic, int partition, std::uint64_t token,
                                       const ports::OutgoingEvent& event) {
  const auto* key = key_of(event);
  auto headers = record_headers(event, event.type == topic.name);
  const auto code =
      rd_kafka_producev(client_->get(), RD_KAFKA_V_RKT(topic.handle.get()), RD_KAFKA_V_PARTITION(partition),
                        RD_KAFKA_V_KEY(key ? key->data() : nullptr, key ? key->size() : 0),
                        RD_KAFKA_V_VALUE(const_cast<char*>(event.envelope.data()), event.envelope.size()),
                        RD_KAFKA_V_HEADERS(headers.get()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                        RD_KAFKA_V_OPAQUE(as_opaque(token)), RD_KAFKA_V_END);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) (void)headers.release();
  return code;
}

std::vector<std::string> Publisher::warnings() { return std::exchange(warnings_, {}); }

SessionState Publisher::pump(ports::Tick until, Results& results) {
  std::string why;
  auto blame = ports::Blame::nobody;
  full_ = false;
  draining_ = !late_.empty();
  try {
    if (bell_.aborted()) why = "the session was ended by this program";
    else if (failing_ && results_.empty()) why = why_closed_.empty() ? "its producer failed" : why_closed_;
    else if (!is_over()) serve(until);
  } catch (const Failed& end) { why = end.what(), blame = blame_of(end.code()); }
  if (!why.empty()) close(blame, why);
  if (open_.empty()) {
    std::move(late_.begin(), late_.end(), std::back_inserter(results_));
    late_.clear(), draining_ = false;
  }
  std::move(results_.begin(), results_.end(), std::back_inserter(results));
  results_.clear();
  if (is_over()) return SessionState::closed;
  return client_->away() ? SessionState::blocked : SessionState::open;
}

void Publisher::serve(ports::Tick until) {
  bool called = bell_.take();
  const bool was_away = client_->away();
  while (true) {
    const bool hurry = called || !results_.empty() || (draining_ && open_.empty()) || client_->away() != was_away;
    const auto turn = hurry ? ports::Tick{} : was_away ? std::min(until, bell_.now() + settings_->probe) : until;
    const Event event = client_->poll(turn);
    if (event) handle(event.get());
    if (failing_) return give_up_the_rest();
    called = bell_.take() || called;
    if (!event && (hurry || called || bell_.now() >= until)) return;
  }
}

/// A fatal error comes before the report of the event that is to blame.
void Publisher::handle(rd_kafka_event_t* event) {
  if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
    while (const auto* record = rd_kafka_event_message_next(event)) reported(*record);
  if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_ERROR) return;
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR__FATAL) return client_->note(event);
  failing_ = true;
  if (why_closed_.empty()) why_closed_ = rd_kafka_event_error_string(event);
}

/// What is on its way may still be confirmed, which saves sending it again.
void Publisher::give_up_the_rest() {
  rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE);
  std::size_t waiting = 0;
  for (const auto& [name, topic] : topics_)
    for (const auto& partition : topic.partitions) waiting += partition.waiting.size();
  const auto until = bell_.now() + settings_->last_reports;
  while (open_.size() > waiting && bell_.now() < until)
    if (const Event event = client_->poll(until)) handle(event.get());
  for (const auto token : open_) results_.push_back({token, Outcome::unknown, why_closed_});
  open_.clear();
}

void Publisher::reported(const rd_kafka_message_t& record) {
  const auto token = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(record._private));
  if (open_.erase(token) == 0) return;
  if (record.err != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(record);
  results_.push_back({token, Outcome::confirmed, ""});
  client_->set_away(false);
  Topic& topic = topics_.at(rd_kafka_topic_name(record.rkt));
  auto& partition = topic.partitions[static_cast<std::size_t>(record.partition)];
  partition.proven_until = bell_.now() + settings_->proof_holds;
  partition.trying = false;
  if (!partition.waiting.empty()) let_go(topic, partition);
}

/// A full queue, or a topic that takes less than a batch: the next confirm goes on with them.
void Publisher::let_go(Topic& topic, Partition& partition) {
  const auto number = static_cast<int>(&partition - topic.partitions.data());
  for (; !failing_ && !partition.waiting.empty(); partition.waiting.pop_front()) {
    const auto& [token, event] = partition.waiting.front();
    const auto code = produce(topic, number, token, event);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) break;
    if (code == RD_KAFKA_RESP_ERR__FATAL) return dies();
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (!topic.narrow) continue;
      partition.waiting.pop_front(), partition.trying = true;
      return;
    }
    open_.erase(token);
    answer_at_once(token, event, Outcome::refused, rd_kafka_err2str(code));
    failing_ = true;
  }
  partition.trying = !partition.waiting.empty();  // what comes now stands behind these
}

void Publisher::fail(const rd_kafka_message_t& record) {
  const auto token = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(record._private));
  const bool stored = rd_kafka_message_status(&record) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
  const Failed why(std::string("topic ") + rd_kafka_topic_name(record.rkt), record.err);
  const auto outcome = stored                                            ? Outcome::unknown
                       : blame_of(record.err) == ports::Blame::a_message ? Outcome::refused
                       : is_of_one_topic(record.err)                     ? Outcome::returned
                                                                         : Outcome::unknown;
  results_.push_back({token, outcome, why.what()});
  failing_ = true;
  if (record.err != RD_KAFKA_RESP_ERR__PURGE_QUEUE) why_closed_ = why.what();
  if (blame_of(record.err) == ports::Blame::the_setup && !is_of_one_topic(record.err)) throw Failed(why);
}

/// librdkafka took nothing, and takes nothing any more.
void Publisher::dies() {
  char text[512] = "";
  rd_kafka_fatal_error(client_->get(), text, sizeof text);
  failing_ = true, why_closed_ = text;
}

void Publisher::close(ports::Blame blame, const std::string& why) {
  if (is_over()) return;
  blame_ = blame, why_closed_ = why;
  for (const auto token : open_) results_.push_back({token, Outcome::unknown, why});
  open_.clear(), topics_.clear();
  rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  client_.reset();
}

}  // namespace holdfast::transport::kafka
