#include "demo/servers/kafka.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <random>

#include "demo/servers/free_port.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::servers {
namespace fs = std::filesystem;
namespace {

constexpr int tries = 6000, pause_ms = 20;  // two minutes to start
constexpr const char* version = "kafka-3.9.2";  // as in tools/dev/kafka.xml
constexpr std::string_view ready = "Kafka Server started";

constexpr const char* logging = R"(log4j.rootLogger=WARN, A
log4j.appender.A=org.apache.log4j.ConsoleAppender
log4j.appender.A.layout=org.apache.log4j.PatternLayout
log4j.appender.A.layout.ConversionPattern=%d %p %c %m%n
log4j.logger.kafka.server.KafkaRaftServer=INFO
)";

/// What differs from a cluster in earnest: small, quick to notice a broker that is gone, and nobody's topic is made by accident.
constexpr const char* small = R"(process.roles=broker,controller
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL
auto.create.topics.enable=false
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
log.index.size.max.bytes=262144
)";

fs::path cache() {
  if (const char* const set = std::getenv("XDG_CACHE_HOME"); set && *set) return set;
  const char* const home = std::getenv("HOME");
  return fs::path(home ? home : "/root") / ".cache";
}

/// A UUID as Kafka writes it: 22 characters, the first no '-'.
std::string cluster_id() {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::random_device random;
  std::string id = "H";
  while (id.size() < 21) id += digits[random() % 62];
  return id + "A";  // two bits are left over
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

fs::path Kafka::jars() {
  const char* const set = std::getenv("HOLDFAST_KAFKA_JARS");
  const fs::path folder = set ? fs::path(set) : cache() / "holdfast" / version;
  return fs::exists(folder / "complete") || set ? folder : fs::path();
}

Kafka::Broker::Broker(const fs::path& path)
    : folder({.path = path, .name = "", .users = {}}),
      port(free_port()),
      controller_port(free_port()),
      sasl_port(free_port()),
      tls_port(free_port()) {}

/// As who started this: what the jars are read by may be closed to another user. Kafka does not mind root.
Kafka::Kafka(Options options)
    : jars_(jars()),
      options_(std::move(options)),
      folder_({.path = options_.folder, .name = "holdfast-kafka", .users = {}}) {
  if (jars_.empty()) throw Unavailable("Kafka is not installed (./dev deps kafka)");
  for (int i = 1; i <= options_.brokers; ++i) brokers_.emplace_back(folder_.path() / std::to_string(i));
  const auto id = folder_.path() / "cluster";
  if (!fs::exists(id)) folder_.write("cluster", cluster_id());
  for (int i = 0; i < options_.brokers; ++i) configure(i), format(i, text_of(id)), start(i);
  if (!options_.in_background) await();
}

Kafka::~Kafka() {
  for (int i = 0; i < brokers(); ++i)
    if (running(i)) kill(pid(i), folder_.temporary() ? SIGKILL : SIGTERM);
  for (auto& broker : brokers_)
    if (broker.pid > 0) waitpid(broker.pid, nullptr, 0);
}

std::vector<std::string> Kafka::java(const std::vector<std::string>& words) const {
  const char* const home = std::getenv("JAVA_HOME");
  std::vector<std::string> all{home ? std::string(home) + "/bin/java" : "/usr/bin/java", "-cp", (jars_ / "*").string()};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

std::string Kafka::settings(int index) const {
  const auto& b = brokers_[static_cast<std::size_t>(index)];
  const auto at = [](const char* listener, int port) {
    return std::string(listener) + "://127.0.0.1:" + std::to_string(port);
  };
  std::string shown = at("PLAINTEXT", b.port), voters, more;
  if (!options_.users.empty()) shown += "," + at("SASL_PLAINTEXT", b.sasl_port);
  if (options_.tls) shown += ",SSL://localhost:" + std::to_string(b.tls_port);
  for (int i = 0; i < brokers(); ++i)
    voters += (i ? "," : "") + std::to_string(i + 1) +
              "@127.0.0.1:" + std::to_string(brokers_[static_cast<std::size_t>(i)].controller_port);
  const auto copies = std::to_string(std::min(3, brokers())), in_sync = std::string(brokers() >= 3 ? "2" : "1");
  std::string text = small;
  text += "node.id=" + std::to_string(index + 1) + "\ncontroller.quorum.voters=" + voters + "\nlisteners=" + shown +
          "," + at("CONTROLLER", b.controller_port) + "\nadvertised.listeners=" + shown +
          "\nlog.dirs=" + (b.folder.path() / "data").string();
  for (const auto* what : {"offsets.topic", "transaction.state.log", "default"})
    text += std::string("\n") + what + ".replication.factor=" + copies;
  text += "\ntransaction.state.log.min.isr=" + in_sync + "\nmin.insync.replicas=" + in_sync + "\n";
  return text;
}

void Kafka::configure(int index) const {
  std::string text = settings(index);
  if (!options_.users.empty()) {
    std::string plain = "org.apache.kafka.common.security.plain.PlainLoginModule required";
    for (const auto& user : options_.users) plain += " user_" + user.name + "=\"" + user.password + "\"";
    text +=
        "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512\n"
        "listener.name.sasl_plaintext.plain.sasl.jaas.config=" +
        plain + ";\n";
    for (const auto* mechanism : {"256", "512"})
      text += std::string("listener.name.sasl_plaintext.scram-sha-") + mechanism +
              ".sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;\n";
    text +=
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\nsuper.users=User:ANONYMOUS\n";
  }
  if (const auto& tls = options_.tls)
    text += "ssl.keystore.type=PEM\nssl.keystore.location=" + tls->certificate_and_key.string() +
            "\nssl.truststore.type=PEM\nssl.truststore.location=" + tls->ca.string() +
            "\nssl.client.auth=" + (tls->asks_client ? "required\n" : "none\n");
  for (const auto& line : options_.settings) text += line + "\n";
  const auto& folder = brokers_[static_cast<std::size_t>(index)].folder;
  folder.write("server.properties", text);
  folder.write("log4j.properties", logging);
}

void Kafka::format(int index, const std::string& cluster) const {
  const auto& folder = brokers_[static_cast<std::size_t>(index)].folder;
  if (fs::exists(folder.path() / "data" / "meta.properties")) return;
  std::vector<std::string> words{"-Xmx128m",
                                 "-XX:TieredStopAtLevel=1",
                                 "kafka.tools.StorageTool",
                                 "format",
                                 "-t",
                                 cluster,
                                 "-c",
                                 (folder.path() / "server.properties").string()};
  for (const auto& user : options_.users)
    for (const auto* mechanism : {"SCRAM-SHA-256", "SCRAM-SHA-512"})
      words.insert(words.end(), {"--add-scram",
                                 std::string(mechanism) + "=[name=" + user.name + ",password=" + user.password + "]"});
  if (folder.run(java(words)).code != 0) throw Unavailable("Kafka's storage cannot be made: " + folder.end_of_log());
}

void Kafka::start(int index) {
  auto& broker = brokers_[static_cast<std::size_t>(index)];
  broker.log_before = broker.folder.log_size();
  broker.pid = broker.folder.spawn(java(
      {"-Xms512m", "-Xmx512m", "-Dlog4j.configuration=file:" + (broker.folder.path() / "log4j.properties").string(),
       "kafka.Kafka", (broker.folder.path() / "server.properties").string()}));
}

void Kafka::await() {
  for (auto& broker : brokers_)
    if (broker.pid > 0) await(broker);
}

void Kafka::await(Broker& broker) {
  std::ifstream log(broker.folder.path() / "log");
  log.seekg(static_cast<std::streamoff>(broker.log_before));
  std::string seen;
  for (int i = 0; i < tries; ++i) {
    std::array<char, 4096> more;
    for (log.clear(); log.read(more.data(), more.size()), log.gcount() > 0; log.clear())
      seen.append(more.data(), static_cast<std::size_t>(log.gcount()));
    if (seen.find(ready) != seen.npos) return;
    if (waitpid(broker.pid, nullptr, WNOHANG) == broker.pid) {
      broker.pid = 0;
      throw Unavailable("Kafka ended at its start: " + broker.folder.end_of_log());
    }
    poll(nullptr, 0, pause_ms);
  }
  throw Unavailable("Kafka does not get ready: " + broker.folder.end_of_log());
}

bool Kafka::running(int index) {
  auto& pid = brokers_[static_cast<std::size_t>(index)].pid;
  if (pid > 0 && waitpid(pid, nullptr, WNOHANG) == pid) pid = 0;
  return pid > 0;
}

void Kafka::stop(int signal, int index) {
  auto& pid = brokers_[static_cast<std::size_t>(index)].pid;
  kill(pid, signal);
  waitpid(pid, nullptr, 0);
  pid = 0;
}

std::string Kafka::list(const std::string& host, int Broker::* port) const {
  std::string all;
  for (const auto& broker : brokers_) all += (all.empty() ? "" : ",") + host + ":" + std::to_string(broker.*port);
  return all;
}

std::string Kafka::servers() const { return list("127.0.0.1", &Broker::port); }
std::string Kafka::url() const { return "kafka://" + servers(); }
std::string Kafka::sasl_url() const { return "kafka://" + list("127.0.0.1", &Broker::sasl_port); }
std::string Kafka::tls_url() const { return "kafka+tls://" + list("localhost", &Broker::tls_port); }

}  // namespace holdfast::servers
