#include "demo/faults.hpp"

#include <algorithm>
#include <csignal>
#include <holdfast/connect.hpp>
#include <holdfast/contract.hpp>
#include <map>
#include <sstream>
#include <thread>

#include "demo/orders.hpp"
#include "http/client.hpp"
#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"

namespace holdfast::demo {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto patience = 20s;

/// Publishes through a session of its own and waits for the confirms.
void publish(const Transport& bus, const std::vector<ports::OutgoingEvent>& events) {
  const auto publisher = bus.impl()->publisher();
  std::vector<ports::PublishResult> results;
  for (std::size_t i = 0; i < events.size();)
    if (publisher->accept({i, &events[i]})) ++i;
    else publisher->pump(steady_clock::now() + 1s, results);
  while (results.size() < events.size())
    if (publisher->pump(steady_clock::now() + 1s, results) == ports::SessionState::closed) break;
  for (const auto& r : results)
    if (r.outcome != ports::Outcome::confirmed)
      throw Unavailable("the bus did not take an event of the demo: " + r.error);
  if (results.size() < events.size())
    throw Unavailable("the bus closed the demo's session: " + publisher->why_closed());
}

ports::OutgoingEvent outgoing(const ports::Delivery& d, const std::string& destination) {
  ports::OutgoingEvent e;
  e.id = EventId::parse(d.message_id);
  e.type = d.type, e.key = d.key, e.destination = destination, e.headers = d.headers, e.envelope = d.body;
  return e;
}

/// Everything that waits in a queue, taken out of it.
std::vector<ports::Delivery> take_all(const Transport& bus, const std::string& queue, std::size_t expected) {
  const auto receiver = bus.impl()->receiver({queue, {}, false}, "demo");
  receiver->credit(100'000);
  std::vector<ports::Delivery> all;
  for (const auto end = steady_clock::now() + patience; all.size() < expected && steady_clock::now() < end;) {
    ports::Received got;
    receiver->pump(steady_clock::now() + 100ms, got);
    std::move(got.deliveries.begin(), got.deliveries.end(), std::back_inserter(all));
  }
  std::vector<ports::Position> positions;
  positions.reserve(all.size());
  for (const auto& d : all) positions.push_back({d.session, d.tag});
  receiver->ack(positions);
  ports::Received rest;
  receiver->pump(steady_clock::now(), rest);
  if (all.size() < expected)
    throw Unavailable("the demo found " + std::to_string(all.size()) + " events in " + queue + ", not " +
                      std::to_string(expected));
  return all;
}

struct Placed {
  std::int64_t id = 0;
  std::string status;
};

void wait_until_cancelled(http::Client& client, std::int64_t order) {
  for (const auto end = steady_clock::now() + patience; steady_clock::now() < end; std::this_thread::sleep_for(20ms))
    if (Codec<Placed>::decode(client.get("/orders/" + std::to_string(order)).body).status == "cancelled") return;
  throw Unavailable("order " + std::to_string(order) + " was not cancelled in time");
}

/// By list_queues: AMQP tells its clients only what waits.
std::int64_t not_acked(const servers::Rabbit& rabbit, const std::string& queue) {
  std::istringstream lines(rabbit.ctl({"list_queues", "-q", "--no-table-headers", "name", "messages_unacknowledged"}));
  std::string name;
  for (std::int64_t count = 0; lines >> name >> count;)
    if (name == queue) return count;
  return 0;
}

/// Stopped, so that what is in its hands stays there while it is counted.
std::int64_t kill_while_it_works(Process& inventory, const servers::Rabbit& rabbit) {
  std::int64_t count = 0;
  for (const auto end = steady_clock::now() + patience; count == 0 && steady_clock::now() < end;) {
    inventory.signal(SIGSTOP);
    if (count = not_acked(rabbit, inventory_queue); count == 0) inventory.signal(SIGCONT);
  }
  inventory.signal(SIGKILL);
  inventory.wait();
  return count;
}

/// Where the one that was stopped keeps the bus locked, nothing is seen: it goes on, and is stopped again.
ports::Topology::Depth look_into(const Transport& bus, const char* queue) try {
  return bus.impl()->topology().depth(queue);
} catch (const Unavailable&) { return {}; }

/// Stopped, too, and looked at again: it may have settled just then what was in its hands. Given up when no event comes.
std::int64_t kill_while_it_works(Process& inventory, const Transport& bus, bool tells_what_is_handed_out) {
  const auto in_hands = [&](const ports::Topology::Depth& depth) {
    return tells_what_is_handed_out ? depth.handed_out : depth.ready;
  };
  std::int64_t count = 0;
  auto idle = steady_clock::now() + 2s;
  for (const auto end = steady_clock::now() + patience; count == 0 && steady_clock::now() < std::min(idle, end);) {
    const auto seen = look_into(bus, inventory_queue);
    if (seen.ready > 0) idle = steady_clock::now() + 2s;
    if (in_hands(seen) == 0) continue;
    inventory.freeze();
    if (count = in_hands(look_into(bus, inventory_queue)); count == 0) inventory.signal(SIGCONT);
  }
  inventory.signal(SIGKILL);
  inventory.wait();
  return count;
}

}  // namespace

void wait_until_sent(const Layout& layout, Part part, std::chrono::milliseconds limit) {
  const auto store = open_store(layout.database(part));
  for (const auto end = steady_clock::now() + limit; steady_clock::now() < end; std::this_thread::sleep_for(20ms))
    if (store.impl()->admin()->status().pending == 0) return;
  throw Unavailable(name_of(part) + " did not publish all its events in time");
}

bool was_returned(const Layout& layout, Part part, const std::string& type) {
  ports::Selection selection;
  selection.type = type;
  const auto waiting = open_store(layout.database(part)).impl()->admin()->pending(selection);
  return std::ranges::any_of(waiting, [](const auto& view) { return view.row.attempts > 0; });
}

std::int64_t kill_inventory(System& system, const servers::Rabbit* rabbit) {
  auto& inventory = system.process(Part::inventory);
  return rabbit ? kill_while_it_works(inventory, *rabbit)
                : kill_while_it_works(inventory, open_transport(system.layout().broker()), !system.layout().on_kafka());
}

std::vector<EventId> deliver_twice(const Layout& layout, int count) {
  wait_until_sent(layout, Part::order, patience);
  const auto store = open_store(layout.database(Part::order));
  ports::Selection selection;
  selection.type = "order.created.v1", selection.limit = count;
  std::vector<ports::OutgoingEvent> events;
  std::vector<EventId> ids;
  for (auto& view : store.impl()->admin()->published(selection)) {
    ids.push_back(view.row.event.id);
    events.push_back(std::move(view.row.event));
  }
  publish(open_transport(layout.broker()), events);
  return ids;
}

std::vector<EventId> publish_poison(const Layout& layout) {
  const std::string broken = "1f09f4f7a1d24575a2b4b2a1b35c0b1a", stranger = "2f09f4f7a1d24575a2b4b2a1b35c0b1a";
  std::vector<ports::OutgoingEvent> events(3);
  events[0].envelope = "these bytes are no JSON";
  events[0].type = "order.created.v1", events[0].id = EventId::of_body(events[0].envelope);
  events[1].id = EventId::parse(broken), events[1].type = "order.created.v1", events[1].key = "poison";
  events[1].envelope =
      R"({"eventId":")" + broken + R"(","eventType":"order.created.v1","payload":{"orderId":"twelve"}})";
  events[2].id = EventId::parse(stranger), events[2].type = "order.created.v1";
  events[2].envelope =
      R"({"eventId":")" + stranger +
      R"(","eventType":"order.created.v1","payload":{"orderId":1,"customerId":1,"totalAmount":"1.00"}})";
  publish(open_transport(layout.broker()), events);
  return {events[0].id, events[1].id, events[2].id};
}

double take_bus_away(const Layout& layout, std::chrono::milliseconds length) {
  auto bus = open_store(layout.broker());
  for (const auto end = steady_clock::now() + patience;;) try {
      auto lock = bus.begin();  // BEGIN IMMEDIATE: whoever else wants to write finds the bus busy
      const auto taken = steady_clock::now();
      std::this_thread::sleep_for(length);
      return std::chrono::duration<double>(steady_clock::now() - taken).count();
    } catch (const Unavailable&) {
      if (steady_clock::now() > end) throw;
    }
}

double take_broker_away(PrivateServers& servers, std::chrono::milliseconds length) {
  const auto taken = steady_clock::now();
  servers.kill_broker();
  std::this_thread::sleep_for(length);
  servers.start_broker();
  return std::chrono::duration<double>(steady_clock::now() - taken).count();
}

/// No command of RabbitMQ does it, and no client of ours wants to: its own function is called.
void remove_binding(const servers::Rabbit& rabbit, const std::string& queue, const std::string& pattern) {
  const auto resource = [&](const char* kind, const std::string& name) {
    return "{resource,<<\"" + rabbit.vhost() + "\">>," + kind + ",<<\"" + name + "\">>}";
  };
  const auto said = rabbit.ctl({"eval", "rabbit_binding:remove({binding," + resource("exchange", "orders.exchange") +
                                            ",<<\"" + pattern + "\">>," + resource("queue", queue) +
                                            ",[]}, fun(_, _) -> ok end, <<\"demo\">>)."});
  if (!said.starts_with("ok")) throw Unavailable("the binding " + pattern + " cannot be removed: " + said);
}

std::vector<std::int64_t> let_cancelled_overtake(System& system, int count) {
  http::Client client(system.http(Part::order));
  std::vector<std::int64_t> orders(static_cast<std::size_t>(count));
  for (auto& order : orders)
    order = Codec<Placed>::decode(client.post("/orders", body_of({plenty[0], 1, Money::parse("20.02")})).body).id;
  for (const auto order : orders) wait_until_cancelled(client, order);
  wait_until_sent(system.layout(), Part::order, patience);
  if (system.layout().on_kafka()) return orders;
  const auto bus = open_transport(system.layout().broker());
  const auto ready = static_cast<std::size_t>(bus.impl()->topology().depth(inventory_queue).ready);
  const auto waiting = take_all(bus, inventory_queue, ready);
  std::vector<ports::OutgoingEvent> turned;
  turned.reserve(waiting.size());
  for (const bool cancelled : {true, false})
    for (const auto& d : waiting)
      if (d.type.starts_with("order.cancelled.") == cancelled) turned.push_back(outgoing(d, inventory_queue));
  publish(bus, turned);
  return orders;
}

}  // namespace holdfast::demo
