// What only the reader can mend: passwords, rights, vhosts, queues that are declared otherwise. Each is said in words.
#include "rabbitmq/fixture.hpp"

namespace holdfast::rabbit_test {
namespace {

struct RabbitSetup : RabbitTest {
  /// A user of this vhost alone, with these rights.
  Transport as(const std::string& configure, const std::string& write, const std::string& read,
               holdfast::rabbitmq::Topology topology = holdfast::rabbitmq::Topology::declare) {
    auto options = vhost.options();
    options.url = vhost.url_as(configure == "^$" ? "looks" : "user", configure, write, read);
    options.topology = topology;
    return open(options);
  }
  static std::string url(const std::string& user, const std::string& password, const std::string& vhost) {
    return "amqp://" + user + ":" + password + "@127.0.0.1:" + std::to_string(server().port()) + "/" + vhost;
  }
  static void expect_words(const std::string& text, std::initializer_list<const char*> words) {
    for (const auto* word : words) EXPECT_NE(text.find(word), text.npos) << word << " is missing in: " << text;
    EXPECT_EQ(text.find("secret"), text.npos) << text;
  }
  const ports::Queue queue{"q", {"#"}};
};

TEST_F(RabbitSetup, AWrongPasswordIsSaid) {
  const auto wrong = open({.url = url("holdfast", "wr0ng", vhost.name())});
  expect_words(why<Invalid>([&] { wrong->publisher(); }), {"login of holdfast", "403"});
  const auto said = why<Invalid>([&] { wrong->topology().declare(queue); });
  expect_words(said, {"login of holdfast", "403", "user and the password of broker.url"});
  EXPECT_EQ(said.find("set_permissions"), said.npos) << said;
  EXPECT_EQ(said.find("tried again"), said.npos) << "a start ends here: " << said;
  const auto receiver = wrong->receiver(queue, "test");
  receiver->credit(1);
  ports::Received got;
  receiver->pump(now(), got);
  EXPECT_FALSE(got.connected);
  expect_words(got.problem, {"login of holdfast", "403"});
}

TEST_F(RabbitSetup, AMissingVhostIsSaid) {
  const auto wrong = open({.url = url("holdfast", "secret", "nowhere")});
  expect_words(why<Invalid>([&] { wrong->publisher(); }), {"nowhere", "530"});
}

TEST_F(RabbitSetup, ANobodyAtThePortIsWaitedFor) {
  const auto away = open({.url = "amqp://127.0.0.1:1"});
  expect_words(why<Unavailable>([&] { away->publisher(); }), {"127.0.0.1:1", "tried again"});
  expect_words(why<Unavailable>([&] { away->topology().declare(queue); }), {"127.0.0.1:1"});
}

TEST_F(RabbitSetup, MissingRightsAreSaid) {
  broker->topology().declare(queue);
  const auto reads_only = as("", "", ".*");
  expect_words(why<Invalid>([&] { reads_only->topology().declare(queue); }), {"403", "set_permissions"});
  const auto publisher = reads_only->publisher();
  const auto one = event("1");
  Results results;
  ASSERT_TRUE(publisher->accept({1, &one}));
  EXPECT_EQ(pump(*publisher, results, 2), ports::SessionState::closed);
  EXPECT_EQ(publisher->blame(), ports::Blame::the_setup) << publisher->why_closed();
  expect_words(publisher->why_closed(), {"403", "orders.exchange"});
}

TEST_F(RabbitSetup, VerifyNeedsNoRightToDeclare) {
  auto options = vhost.options();
  options.topology = holdfast::rabbitmq::Topology::verify;
  const auto looking = open(options);
  expect_words(why<Invalid>([&] { looking->topology().declare(queue); }), {"orders.exchange", "404"});
  broker->topology().declare({"other", {"#"}});
  expect_words(why<Invalid>([&] { looking->topology().declare(queue); }), {"'q'", "404"});
  broker->topology().declare(queue);
  EXPECT_TRUE(looking->topology().declare(queue).restored.empty());
  expect_words(why<Invalid>([&] { looking->topology().declare({"q", {"#"}, false, {std::chrono::seconds(5)}}); }),
               {"q.retry.5s.q", "404"});
}

/// docs/rabbitmq.md gives these rights: they are enough.
TEST_F(RabbitSetup, TheRightsOfThePageAreEnough) {
  const ports::Queue mine{"shop.orders.q", {"order.#"}, false, {ports::Millis(50)}};
  const auto works = [&](Transport& app) {
    app->topology().declare(mine);
    EXPECT_EQ(app->topology().depth(mine.name).ready, 0);
    const auto receiver = app->receiver(mine, "test");
    receiver->credit(10);
    broker.swap(app);
    EXPECT_EQ(count(publish({event("to all"), to(receiver->destination_after(ports::Millis(50)), "later"),
                             to(receiver->dead_letter_destination(), "dead")}),
                    Outcome::confirmed),
              3);
    broker.swap(app);
    const auto got = take(*receiver, 2);
    EXPECT_EQ(bodies(got), (Bodies{"to all", "later"}));
    ack(*receiver, got);
    receiver->disconnect();
    const auto dead = app->dead_letters(mine.name, "test");
    dead->credit(1);
    ack(*dead, take(*dead, 1));
    dead->disconnect();
  };
  const std::string own = R"(shop\\..*)";
  auto declares = as("^(orders\\\\.exchange|" + own + ")$", "^(orders\\\\.exchange|amq\\\\.default|" + own + ")$",
                     "^(orders\\\\.exchange|" + own + ")$");
  works(declares);
  auto looks =
      as("^$", "^(orders\\\\.exchange|amq\\\\.default)$", "^" + own + "$", holdfast::rabbitmq::Topology::verify);
  works(looks);
}

TEST_F(RabbitSetup, AnotherQueueOfThatNameStaysAsItIs) {
  broker->topology().declare(queue);
  publish({event("1")});
  auto loose = queue;
  loose.by_key = false;
  expect_words(why<Invalid>([&] { broker->topology().declare(loose); }),
               {"q: ", "x-single-active-consumer", "stays as it is"});
  EXPECT_EQ(bodies(take(*subscribe(queue), 1)), Bodies{"1"});
  EXPECT_THROW(broker->topology().declare({std::string(300, 'q'), {"#"}}), Invalid);
}

}  // namespace
}  // namespace holdfast::rabbit_test
