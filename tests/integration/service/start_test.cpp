// What a service says of itself when it starts, while it runs and when it cannot.
#include "integration/service/programs.hpp"

#include <cctype>
#include <set>

#include "holdfast/contract.hpp"

namespace holdfast::program_test {
namespace {

using StartTest = Programs;
using Json = detail::JsonValue;

/// An answer that several operations give stands once, among the components.
Json meant(const Json& document, const Json& answer) {
  const auto ref = answer.member("$ref");
  if (!ref) return answer;
  const std::string name(ref->string().substr(std::string_view("#/components/responses/").size()));
  return document.at("components").at("responses").at(name);
}

TEST_F(StartTest, TheReadyLineIsAllThatStdoutSays) {
  auto order = start("order");
  const auto line = Json::parse(order.ready);
  EXPECT_TRUE(line.at("ready").boolean());
  EXPECT_EQ(line.at("name").string(), "order-service");
  EXPECT_TRUE(line.at("http").string().starts_with("http://127.0.0.1:"));
  EXPECT_EQ(line.entries().size(), 3u);
  EXPECT_EQ(order.http.post("/orders", one_order()).status, 201);
  order.process.signal(SIGTERM);
  EXPECT_EQ(rest_of(order.process), "");
  EXPECT_EQ(order.process.wait(), 0);
}

TEST_F(StartTest, HealthMetricsAndApiOfEachService) {
  for (const auto* name : {"order", "inventory", "payment"}) {
    auto service = start(name);
    EXPECT_EQ(service.http.get("/health/live").status, 200) << name;
    EXPECT_EQ(service.http.get("/health/ready").status, 200) << name;
    const auto metrics = service.http.get("/metrics");
    EXPECT_EQ(metrics.status, 200) << name;
    EXPECT_TRUE(metrics.headers.at("content-type").starts_with("text/plain")) << name;
    const std::string gauge = "# TYPE holdfast_outbox_pending gauge\n";  // once it has looked into its tables
    EXPECT_TRUE(eventually([&] { return has(service.http.get("/metrics").body, gauge); })) << name;
    const auto api = service.http.get("/openapi.json");
    EXPECT_EQ(api.headers.at("content-type"), "application/json") << name;
    const auto document = Json::parse(api.body);
    EXPECT_TRUE(document.at("openapi").string().starts_with("3.1.")) << name;
    EXPECT_FALSE(document.at("info").at("title").string().empty()) << name;
    for (const auto& [path, item] : document.at("paths").entries())
      for (const auto& [method, operation] : item.entries())
        for (const auto& [status, answer] : operation.at("responses").entries())
          EXPECT_TRUE(meant(document, answer).member("description")) << name << path << method << status;
  }
}

struct Asked {
  const char *service, *method, *path, *target;
  std::string body;
  int status;
  Headers headers = {};
};

const std::vector<Asked>& asked() {
  static const std::string many(2000, ' ');
  static const std::vector<Asked> all = {
      {"order", "POST", "/orders", "/orders", one_order(), 201},
      {"order", "POST", "/orders", "/orders", "{}", 400},
      {"order", "POST", "/orders", "/orders", one_order("0"), 422},
      {"order", "POST", "/orders", "/orders", many + one_order(), 413},
      {"order", "POST", "/orders", "/orders", one_order(), 400, {{"idempotency-key", ""}}},
      {"order", "GET", "/orders", "/orders", "", 200},
      {"order", "GET", "/orders", "/orders?limit=x", "", 400},
      {"order", "GET", "/orders/{id}", "/orders/1", "", 200},
      {"order", "GET", "/orders/{id}", "/orders/abc", "", 400},
      {"order", "GET", "/orders/{id}", "/orders/4711", "", 404},
      {"inventory", "PUT", "/stock/{productId}", "/stock/101", R"({"onHand":3})", 200},
      {"inventory", "PUT", "/stock/{productId}", "/stock/101", R"({"onHand":-3})", 422},
      {"inventory", "PUT", "/stock/{productId}", "/stock/101", "{}", 400},
      {"inventory", "PUT", "/stock/{productId}", "/stock/none", R"({"onHand":3})", 400},
      {"inventory", "PUT", "/stock/{productId}", "/stock/101", many + R"({"onHand":3})", 413},
      {"inventory", "GET", "/stock", "/stock", "", 200},
      {"inventory", "GET", "/stock/{productId}", "/stock/101", "", 200},
      {"inventory", "GET", "/stock/{productId}", "/stock/none", "", 400},
      {"inventory", "GET", "/stock/{productId}", "/stock/4711", "", 404},
      {"payment", "GET", "/payments/{orderId}", "/payments/none", "", 400},
      {"payment", "GET", "/payments/{orderId}", "/payments/4711", "", 404},
  };
  return all;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// What is answered is what the document says: path, method, status, and the members of a problem. What it names is there, and was
/// asked; what it does not name is not there.
TEST_F(StartTest, TheApiDocumentNamesWhatIsServed) {
  for (const auto* name : {"order", "inventory", "payment"}) {
    auto service = start(name, {"--http-max-body", "1KiB"});
    const auto document = Json::parse(service.http.get("/openapi.json").body);
    const auto problem = document.at("components").at("schemas").at("Problem").at("properties");
    std::set<std::string> served;
    for (const auto& a : asked()) {
      if (a.service != std::string(name)) continue;
      const auto answer = service.http.send({a.method, a.target, a.headers, a.body});
      const auto what = std::string(a.method) + " " + a.target + " of " + name + ": " + answer.body;
      EXPECT_EQ(answer.status, a.status) << what;
      const auto operation = document.at("paths").at(a.path).at(lower(a.method));
      served.insert(lower(a.method) + " " + a.path);
      const auto documented = operation.at("responses").member(std::to_string(answer.status));
      ASSERT_TRUE(documented) << what;
      const auto type = answer.headers.at("content-type");
      EXPECT_TRUE(meant(document, *documented).at("content").member(type)) << what;
      if (type != "application/problem+json") continue;
      for (const auto& [member, value] : Json::parse(answer.body).entries())
        EXPECT_TRUE(problem.member(member)) << member << " in " << what;
    }
    for (const auto& [path, item] : document.at("paths").entries())
      for (const auto& [method, operation] : item.entries()) {
        if (path.starts_with("/health") || path == "/metrics") {
          EXPECT_EQ(service.http.get(std::string(path)).status, 200) << path;
          continue;
        }
        EXPECT_TRUE(served.contains(std::string(method) + " " + std::string(path))) << method << path;
        EXPECT_TRUE(operation.at("responses").member("500")) << method << path;
      }
    EXPECT_EQ(service.http.get("/nothing").status, 404);
    EXPECT_EQ(service.http.send({"DELETE", "/metrics"}).status, 405);
  }
}

TEST_F(StartTest, AnAddressThatIsTakenIsRefusedInClearWords) {
  auto order = start("order");
  const auto address = order.url.substr(order.url.rfind('/') + 1);
  const auto second = run(
      "order-service", {"--database-url", url("second.db"), "--broker-url", url("bus.db"), "--http-listen", address});
  EXPECT_EQ(second.code, 3);
  EXPECT_EQ(second.out, "");
  EXPECT_TRUE(has(second.err, "cannot listen on " + address)) << second.err;
  EXPECT_TRUE(has(second.err, "End the program that has it, or set http.listen")) << second.err;
  EXPECT_EQ(order.http.get("/health/ready").status, 200) << "the first goes on";
}

TEST_F(StartTest, WrongConfigurationIsCode2AndNamesWhatWasMeant) {
  const auto toml = write("a.toml", "[http]\nlisten = \"127.0.0.1:0\"\nworkres = 3\n");
  const struct {
    Words arguments;
    Variables environment;
    const char* words;
  } cases[] = {
      {{"--config", toml}, {}, "a.toml:3: there is no key 'http.workres'; the nearest is 'http.workers'"},
      {{"--config", file("none.toml")}, {}, "none.toml: the file cannot be read"},
      {{"--config", "/"}, {}, "/: is a folder, not a file"},
      {{"--name", ""}, {}, "--name: name: is empty"},
      {{},
       {{"HOLDFAST_HTTP_LITSEN", "127.0.0.1:0"}},
       "HOLDFAST_HTTP_LITSEN: there is no such variable; the nearest is HOLDFAST_HTTP_LISTEN"},
      {{"--http-litsen", "127.0.0.1:0"}, {}, "--http-litsen: there is no such flag; the nearest is --http-listen"},
      {{"--http-listen"}, {}, "--http-listen"},
      {{"--http-listen", "8081"}, {}, "--http-listen: '8081' is no address: write host:port"},
      {{"--http-listen", "127.0.0.1:99999"}, {}, "is no address"},
      {{"--database-url", "orders.db"}, {}, "--database-url: database.url: orders.db: is no URL"},
      {{"--broker-url", "nats://localhost"}, {}, "--broker-url: broker.url: nats:"},
      {{"--broker-url", "amqp://localhost:99999"}, {}, "--broker-url: the port is a number from 1 to 65535"},
      {{"--retention-inbox", "7d"}, {}, "--retention-inbox: retention.inbox must be at least retention.published + 1d"},
      {{"--retention-inbox", "fortnight"}, {}, "'fortnight' is not understood; write it as"},
      {{"--http-max-body", "0"}, {}, "--http-max-body: http.max_body: at least 1"},
      {{"--database-acquire-timeout", "0s"}, {}, "--database-acquire-timeout: database.acquire_timeout: at least 1ms"},
      {{"--shutdown-deadline", "25h"}, {}, "--shutdown-deadline: shutdown.deadline: at most 24h"},
      {{"--consumer-batch", "0"}, {}, "--consumer-batch: consumer.batch: 1 to 10000"},
      {{"--consumer-batch", "few"}, {}, "'few' is not understood"},
      {{"--log-level", "loud"}, {}, "'loud' is none of: debug, info, warning, error"},
      {{}, {{"HOLDFAST_DATABASE_URL_FILE", file("none")}}, "HOLDFAST_DATABASE_URL_FILE: the file '"},
  };
  for (const auto& c : cases) {
    const auto ran = run("order-service", c.arguments, c.environment);
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_TRUE(ran.err.starts_with("order-service: ")) << ran.err;
    EXPECT_TRUE(has(ran.err, c.words)) << ran.err;
  }
}

/// The gateway is called in the handler, and the database is asked before it: that cannot be inside another event's transaction.
TEST_F(StartTest, ABatchForAllConsumersLeavesOneThatIsCodedWithOneEvent) {
  declare_queues();
  auto payment = start("payment", {"--consumer-batch", "8"});
  const EventId id = EventId::generate();
  send(
      url("bus.db"), id, "order.created.v1",
      envelope_of(
          id, "order.created.v1",
          R"({"orderId":1,"customerId":77,"totalAmount":10.00,"currency":"INR","items":[{"productId":101,"qty":1}]})"));
  EXPECT_TRUE(eventually([&] { return fate_of(url("payment.db"), "payment", id) == "handled"; }));
  EXPECT_EQ(payment.stop(), 0);
}

TEST_F(StartTest, PrintConfigShowsAllAndStartsNothing) {
  const auto toml = write("a.toml", "[http]\nworkers = 3\n[gateway]\nledger = \"l.db\"\n");
  const auto ran = run("payment-service", {"--config", toml, "--database-url", url("p.db"), "--print-config"},
                       {{"HOLDFAST_LOG_LEVEL", "error"}});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(has(ran.out, "http.workers = \"3\"   # " + toml + ":2\n")) << ran.out;
  EXPECT_TRUE(has(ran.out, "gateway.ledger = \"l.db\"   # " + toml + ":4\n")) << ran.out;
  EXPECT_TRUE(has(ran.out, "log.level = \"error\"   # HOLDFAST_LOG_LEVEL\n")) << ran.out;
  EXPECT_TRUE(has(ran.out, "database.url = \"" + url("p.db") + "\"   # --database-url\n")) << ran.out;
  EXPECT_TRUE(has(ran.out, "http.listen = \"127.0.0.1:8083\"   # default\n")) << ran.out;
  EXPECT_FALSE(std::filesystem::exists(file("p.db")));
}

TEST_F(StartTest, HelpNamesEveryFlag) {
  const auto ran = run("payment-service", {"--help"});
  EXPECT_EQ(ran.code, 0);
  for (const auto* flag :
       {"--config", "--print-config", "--database-url", "--http-listen", "--retention-inbox", "--gateway-ledger"})
    EXPECT_TRUE(has(ran.out, flag)) << flag;
  EXPECT_EQ(run("payment-service", {"--version"}).code, 0);
}

}  // namespace
}  // namespace holdfast::program_test
