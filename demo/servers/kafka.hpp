// A private Kafka cluster in KRaft mode, one broker or several: data and logs in a folder, on free ports of 127.0.0.1, gone when this
// object is gone or its owner dies. The first listener asks nobody who he is; others are there on demand.
// Threads: one, and it lives on: a broker ends with the thread that started it. Errors: Unavailable (not installed, does not start;
// the text holds the end of its log).
#pragma once
#include <sys/types.h>

#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "demo/servers/folder.hpp"

namespace holdfast::servers {

class Kafka {
 public:
  struct Tls {
    std::filesystem::path ca, certificate_and_key;  // PEM; the key as PKCS #8
    bool asks_client = false;  // for a certificate that ca signed
  };
  struct User {
    std::string name, password;
  };
  struct Options {
    std::filesystem::path folder = {};  // empty: a temporary one, removed at the end
    int brokers = 1;
    std::vector<User> users =
        {};  // a listener for PLAIN and SCRAM; these may do what ACLs allow, who is not asked may do all
    std::optional<Tls> tls = {};  // another listener
    std::vector<std::string> settings = {};  // of server.properties, as "message.max.bytes=2000000"
    bool in_background = false;  // the constructor does not wait; await() does
  };
  Kafka() : Kafka(Options{}) {}
  explicit Kafka(Options options);
  ~Kafka();
  Kafka(const Kafka&) = delete;

  // broker: 0 is the first.
  void start(int broker = 0);  // on the same ports as before
  void await();  // until all that run have said that they are ready
  void stop(int signal, int broker = 0);  // SIGTERM (in order), SIGKILL; waits for its end
  bool running(int broker = 0);  // collects it when it has ended
  pid_t pid(int broker = 0) const { return brokers_[static_cast<std::size_t>(broker)].pid; }
  int brokers() const { return static_cast<int>(brokers_.size()); }

  std::string url() const;  // kafka://127.0.0.1:1,127.0.0.1:2
  std::string sasl_url() const;  // of the listener for users
  std::string tls_url() const;  // kafka+tls://localhost:1
  std::string servers() const;  // 127.0.0.1:1,127.0.0.1:2

  /// The jars are in HOLDFAST_KAFKA_JARS, or where ./dev puts them. Empty: not there.
  static std::filesystem::path jars();

 private:
  struct Broker {
    explicit Broker(const std::filesystem::path& path);
    Folder folder;
    int port, controller_port, sasl_port, tls_port;
    pid_t pid = 0;
    std::uintmax_t log_before = 0;  // how long the log was at its start
  };
  void configure(int broker) const;
  std::string settings(int broker) const;
  void format(int broker, const std::string& cluster) const;
  void await(Broker& broker);
  std::vector<std::string> java(const std::vector<std::string>& words) const;
  std::string list(const std::string& host, int Broker::* port) const;

  const std::filesystem::path jars_;
  Options options_;
  Folder folder_;
  std::deque<Broker> brokers_;
};

}  // namespace holdfast::servers
