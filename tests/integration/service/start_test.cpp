// What a service says of itself when it starts, while it runs and when it cannot.
#include "integration/service/programs.hpp"

#include "holdfast/contract.hpp"

namespace holdfast::program_test {
namespace {

using StartTest = Programs;
using Json = detail::JsonValue;

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
          EXPECT_TRUE(answer.member("description")) << name << path << method << status;
  }
}

/// Every path that the document names is there; what it does not name is not.
TEST_F(StartTest, TheApiDocumentNamesWhatIsServed) {
  auto order = start("order");
  const auto document = Json::parse(order.http.get("/openapi.json").body);
  for (const auto& [path, item] : document.at("paths").entries()) {
    if (!item.member("get")) continue;
    const auto target = has(path, "{") ? path.substr(0, path.find('{')) + "4711" : path;
    const auto answer = order.http.get(target);
    const bool documented = item.at("get").at("responses").member(std::to_string(answer.status)).has_value();
    EXPECT_TRUE(documented) << target << " answers " << answer.status;
  }
  EXPECT_EQ(order.http.get("/orders/abc").status, 400);
  EXPECT_TRUE(document.at("paths").at("/orders/{id}").at("get").at("responses").member("400"));
  EXPECT_EQ(order.http.get("/order").status, 404);
  EXPECT_EQ(order.http.send({"DELETE", "/orders"}).status, 405);
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
      {{"--broker-url", "kafka://localhost"}, {}, "--broker-url: broker.url: kafka:"},
      {{"--broker-url", "amqp://localhost:99999"}, {}, "--broker-url: the port is a number from 1 to 65535"},
      {{"--retention-inbox", "7d"}, {}, "--retention-inbox: retention.inbox must be at least retention.published + 1d"},
      {{"--retention-inbox", "fortnight"}, {}, "'fortnight' is not understood; write it as"},
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
