#include "integration/service/programs.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "holdfast/contract.hpp"
#include "holdfast/errors.hpp"
#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"

namespace holdfast::program_test {
namespace {

struct Ready {
  bool ready = false;
  std::string name, http;
};

}  // namespace

int Service::stop() {
  process.signal(SIGTERM);
  return process.wait();
}

void Service::kill() {
  process.signal(SIGKILL);
  process.wait();
}

Programs::Programs() {
  std::string name = (std::filesystem::temp_directory_path() / "holdfast-programs-XXXXXX").string();
  folder = mkdtemp(name.data());
}

Programs::~Programs() {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

std::string Programs::write(const std::string& name, const std::string& text) const {
  std::ofstream(file(name)) << text;
  return file(name);
}

Ran Programs::run(const std::string& program, const Words& arguments, const Variables& environment) const {
  const auto log = file("stderr");
  std::filesystem::remove(log);
  demo::Process process({std::string(HOLDFAST_BIN_DIR "/") + program, arguments, environment, log});
  auto out = rest_of(process);
  return {process.wait(), std::move(out), contents(log)};
}

Ran Programs::on(const std::string& name, Words arguments) const {
  arguments.insert(arguments.begin(), {"--database", url(name + ".db")});
  return holdfast(arguments);
}

demo::Command Programs::command(const std::string& name, const Words& more) const {
  demo::Command c{std::string(HOLDFAST_BIN_DIR "/") + name + "-service",
                  {"--database-url", url(name + ".db"), "--broker-url", url("bus.db"), "--http-listen", "127.0.0.1:0"},
                  {},
                  file(name + ".log")};
  if (name == "payment") c.arguments.insert(c.arguments.end(), {"--gateway-ledger", file("ledger.db")});
  for (std::size_t i = 0; i < more.size(); i += 2) {
    const auto there = std::find(c.arguments.begin(), c.arguments.end(), more[i]);
    if (there != c.arguments.end()) c.arguments.erase(there, there + 2);
    c.arguments.insert(c.arguments.end(), {more[i], more[i + 1]});
  }
  return c;
}

Service Programs::start(const demo::Command& command) {
  demo::Process process(command);
  const auto line = process.read_line(30s);
  const auto url = Codec<Ready>::decode(line).http;
  return {std::move(process), line, url, http::Client(url)};
}

void Programs::prepare(const std::string& name) const {
  auto service = start(name);
  {
    const auto store = open_store(url(name + ".db"));
    ASSERT_TRUE(eventually([&] { return !store.impl()->admin()->consumers().empty(); })) << "it never registered";
  }
  ASSERT_EQ(service.stop(), 0);
}

void Programs::declare_queues() const {
  const auto bus = open_transport(url("bus.db"));
  auto& topology = bus.impl()->topology();
  topology.declare({"inventory.order-created.q", {"order.created.*", "order.cancelled.*"}, false});
  topology.declare({"payment.order-created.q", {"order.created.*", "order.cancelled.*"}, false});
  topology.declare(
      {"order.outcomes.q", {"stock.reserved.*", "stock.rejected.*", "payment.charged.*", "payment.declined.*"}, true});
}

std::string rest_of(demo::Process& process, std::chrono::milliseconds limit) {
  std::string all;
  try {
    for (;;) all += process.read_line(limit) + "\n";
  } catch (const Unavailable&) {
    if (process.running()) throw;
  }
  return all;
}

std::string contents(const std::string& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool eventually(const std::function<bool()>& condition) {
  for (const auto end = std::chrono::steady_clock::now() + 30s; !condition(); std::this_thread::sleep_for(20ms))
    if (std::chrono::steady_clock::now() > end) return false;
  return true;
}

std::string one_order(const std::string& amount, std::int64_t product, std::int64_t qty) {
  return R"({"customerId":77,"totalAmount":)" + amount + R"(,"currency":"INR","items":[{"productId":)" +
         std::to_string(product) + R"(,"qty":)" + std::to_string(qty) + "}]}";
}

std::string member(http::Client& client, const std::string& target, const std::string& name) {
  const auto value = detail::JsonValue::parse(client.get(target).body).member(name);
  return value ? std::string(value->raw()) : "";
}

std::int64_t on_hand(http::Client& inventory, std::int64_t product) {
  return std::stoll(member(inventory, "/stock/" + std::to_string(product), "onHand"));
}

std::string envelope_of(const EventId& id, const std::string& type, const std::string& payload) {
  return R"({"eventId":")" + id.to_string() + R"(","eventType":")" + type +
         R"(","occurredAtUtc":"2025-08-22T09:30:00Z","payload":)" + payload + "}";
}

EventId set_aside(const std::string& database, const std::string& consumer, const shop::OrderCreated& order,
                  ports::Deferred::Wait wait, bool blocks_key) {
  const auto id = EventId::generate();
  const auto store = open_store(database);
  const auto inbox = store.impl()->inbox(consumer);
  const auto tx = inbox->begin();
  const bool dead = wait == ports::Deferred::Wait::dead;
  ports::Deferred event;
  event.id = id, event.type = std::string(order.type), event.key = order.key(), event.wait = wait,
  event.blocks_key = blocks_key;
  event.body = envelope_of(id, event.type, Codec<shop::OrderCreated>::encode(order));
  event.attempts = 6, event.reason = "exhausted", event.error = "the shelf was locked",
  event.first_failed_at = store.impl()->clock().utc();
  const ports::Claim claim{id, store.impl()->clock().utc(), "hash"};
  tx->claim({&claim, 1});
  tx->settle(id, {dead ? ports::State::dead : ports::State::deferred, dead ? 1 : 0, event});
  tx->commit();
  return id;
}

std::string fate_of(const std::string& database, const std::string& consumer, const EventId& id) {
  return open_store(database).transact([&](Transaction& tx) {
    return tx.query<std::string>("SELECT state FROM holdfast_inbox WHERE consumer = $1 AND event_id = $2", consumer, id)
        .one_or_none()
        .value_or("");
  });
}

void send(const std::string& bus, const EventId& id, const std::string& type, const std::string& body,
          const std::string& queue) {
  ports::OutgoingEvent event;
  event.id = id, event.type = type, event.destination = queue, event.envelope = body;
  const auto transport = open_transport(bus);
  const auto publisher = transport.impl()->publisher();
  ASSERT_TRUE(publisher->accept({1, &event}));
  std::vector<ports::PublishResult> results;
  while (results.empty())
    ASSERT_EQ(publisher->pump(std::chrono::steady_clock::now() + 1s, results), ports::SessionState::open);
  ASSERT_EQ(results[0].outcome, ports::Outcome::confirmed) << results[0].error;
}

}  // namespace holdfast::program_test
