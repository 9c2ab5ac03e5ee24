// TLS: who the broker is, is always verified; who we are, where it asks. The certificates are made by the openssl command.
#include "rabbitmq/fixture.hpp"
#include "tls/certificates.hpp"

namespace holdfast::rabbit_test {
namespace {

using tls_test::Certificates;
namespace fs = std::filesystem;

struct RabbitTls : ::testing::Test {
  static void SetUpTestSuite() {
    files = new Certificates;
    tls_server = new servers::Rabbit({.tls = servers::Rabbit::Tls{.ca = *files / "ca.pem",
                                                                  .certificate = *files / "broker.pem",
                                                                  .key = *files / "broker.key",
                                                                  .asks_client = true}});
  }
  static void TearDownTestSuite() {
    delete tls_server;
    delete files;
  }
  static holdfast::rabbitmq::Options trusted() {
    return {.url = tls_server->tls_url(),
            .tls_ca = *files / "ca.pem",
            .tls_cert = *files / "client.pem",
            .tls_key = *files / "client.key"};
  }
  template <class E>
  static std::string why(const holdfast::rabbitmq::Options& options) {
    return RabbitTest::why<E>([&] { RabbitTest::open(options)->publisher(); });
  }
  static void expect_words(const std::string& text, std::initializer_list<const char*> words) {
    for (const auto* word : words) EXPECT_NE(text.find(word), text.npos) << word << " is missing in: " << text;
  }
  static std::string by_address() {
    auto url = tls_server->tls_url();
    return url.replace(url.find("localhost"), 9, "127.0.0.1");
  }

  inline static Certificates* files = nullptr;
  inline static servers::Rabbit* tls_server = nullptr;
};

TEST_F(RabbitTls, SendsAndReceives) {
  const auto broker = RabbitTest::open(trusted());
  broker->topology().declare({"q", {"#"}});
  const auto publisher = broker->publisher();
  std::vector<ports::OutgoingEvent> events;
  for (int i = 0; i < 200; ++i) events.push_back(RabbitTest::event(std::to_string(i) + std::string(20'000, 'x')));
  Results results;
  for (std::size_t i = 0; i < events.size(); ++i) {
    while (!publisher->accept({i, &events[i]})) publisher->pump(RabbitTest::now(), results);
  }
  RabbitTest::pump(*publisher, results, events.size());
  EXPECT_EQ(RabbitTest::count(results, Outcome::confirmed), 200);
  const auto receiver = broker->receiver({"q", {"#"}}, "test");
  receiver->credit(200);
  const auto got = RabbitTest::take(*receiver, 200);
  ASSERT_EQ(got.size(), 200u);
  EXPECT_EQ(got[199].body, events[199].envelope);
}

TEST_F(RabbitTls, AKeyInTheSameFileAsItsCertificateWillDo) {
  auto options = trusted();
  options.tls_cert = *files / "both.pem", options.tls_key = "";
  EXPECT_NE(RabbitTest::open(options)->publisher(), nullptr);
}

TEST_F(RabbitTls, RefusesACertificateOfAnotherAuthority) {
  auto options = trusted();
  options.tls_ca = *files / "other.pem";
  expect_words(why<Invalid>(options), {"broker.tls_ca", "not accepted", "localhost"});
  options.tls_ca = "";  // the system's: none of them signed it
  expect_words(why<Invalid>(options), {"not accepted"});
}

TEST_F(RabbitTls, RefusesACertificateForAnotherName) {
  auto options = trusted();
  options.url = by_address();
  expect_words(why<Invalid>(options), {"not accepted", "127.0.0.1", "mismatch"});
}

TEST_F(RabbitTls, ShowsWhoItIsWhereItIsAsked) {
  auto options = trusted();
  options.tls_cert = options.tls_key = "";
  expect_words(why<Unavailable>(options), {"broker.tls_cert", "certificate required"});
}

TEST_F(RabbitTls, SaysWhichFileIsWrong) {
  auto options = trusted();
  options.tls_ca = *files / "none.pem";
  expect_words(why<Invalid>(options), {"broker.tls_ca", "none.pem"});
  options = trusted();
  options.tls_key = *files / "broker.key";
  expect_words(why<Invalid>(options), {"broker.tls_key"});
}

TEST_F(RabbitTls, TheWrongPortIsSaid) {
  auto tls_at_plain = trusted(), plain_at_tls = trusted();
  tls_at_plain.url = "amqps://localhost:" + std::to_string(tls_server->port());
  expect_words(why<Unavailable>(tls_at_plain), {"TLS port"});
  plain_at_tls.url = "amqp" + tls_server->tls_url().substr(5);
  expect_words(why<Unavailable>(plain_at_tls), {"localhost"});
}

}  // namespace
}  // namespace holdfast::rabbit_test
