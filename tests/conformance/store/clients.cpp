#include "conformance/store/clients.hpp"

namespace conformance {

using namespace holdfast;
using namespace holdfast::ports;

EventId id(int number) {
  EventId::Bytes bytes{};
  bytes[14] = static_cast<std::uint8_t>(number / 256);
  bytes[15] = static_cast<std::uint8_t>(number % 256);
  return EventId::of_bytes(bytes);
}

Claim claim_of(int number, Timestamp at) { return {id(number), at, "hash"}; }

Ids claim(InboxTx& tx, std::initializer_list<int> numbers) {
  std::vector<Claim> claims;
  for (const int number : numbers) claims.push_back(claim_of(number, long_ago));
  return tx.claim(claims);
}

InboxRow row(InboxTx& tx, int number) {
  const auto rows = tx.look({id(number)});
  if (rows.empty()) throw std::runtime_error("there is no inbox row " + std::to_string(number));
  return rows.begin()->second;
}

Fate aside(int number, Deferred::Wait wait, bool blocks_key, const std::string& key, Millis due_in) {
  Deferred event;
  event.id = id(number);
  event.type = "order.created.v1";
  event.key = key;
  event.body = "body";
  event.wait = wait;
  event.blocks_key = blocks_key;
  event.due_in = due_in;
  return {wait == Deferred::Wait::dead ? State::dead : State::deferred, 0, event};
}

OutgoingEvent outgoing(int number, std::optional<std::string> key) {
  OutgoingEvent event;
  event.id = id(number);
  event.type = "order.created.v1";
  event.key = std::move(key);
  event.occurred_at = Timestamp(std::chrono::microseconds(1'755'855'000'123'456));
  event.headers = {{"traceparent", "00-1"}};
  event.envelope = "{\"n\":" + std::to_string(number) + "}";
  return event;
}

StoreConformance::~StoreConformance() {
  for (int client = 0; client < 3; ++client) rolls_back(client);
}

void StoreConformance::does(int client, Step step) {
  clients->run(client, [this, client, step = std::move(step)] {
    try {
      if (!tx[client]) tx[client] = inbox().begin();
      step(*tx[client]);
    } catch (const Transient&) {
      if (!may_fail) throw;
      failed[client] = true;
      tx[client].reset();
    }
  });
}

void StoreConformance::commits(int client) {
  does(client, [](InboxTx& t) { t.commit(); });
  rolls_back(client);
}

void StoreConformance::rolls_back(int client) {
  clients->run(client, [this, client] { tx[client].reset(); });
}

void StoreConformance::restart() {
  for (int client = 0; client < 3; ++client) rolls_back(client);
  clients->restart();
}

void StoreConformance::publish(const std::vector<OutgoingEvent>& events) {
  committed([&](InboxTx& t) {
    for (const auto& event : events) t.publish(event);
  });
}

std::vector<OutboxRow> StoreConformance::all_pending() {
  return on(2, [&] { return outbox().read({}, 10'000).rows; });
}

int StoreConformance::mark_all() {
  std::vector<RowRef> marks;
  for (const auto& row : all_pending()) marks.push_back({row.seq, row.event.id});
  return on(2, [&] { return outbox().mark_published(marks); });
}

bool StoreConformance::opens(const std::string& instance, const std::string& owner) {
  return on(0, [&] { return inbox().open_instance({.name = instance, .owner = owner, .queue = "test.q"}); });
}

Starts StoreConformance::starts_of(int number) {
  return on(0, [&] { return inbox().starts({id(number)})[id(number)]; });
}

}  // namespace conformance
