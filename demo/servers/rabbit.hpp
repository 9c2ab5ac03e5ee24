// A private RabbitMQ server: its data, cookie and log in a folder, on free ports of 127.0.0.1, without plugins, gone when this object is
// gone or its owner dies. It needs no epmd and leaves none behind: node and rabbitmqctl are told the port instead.
// Threads: one, and it lives on: the server ends with the thread that started it. Errors: Unavailable (not installed, does not start; the text holds the end of its log).
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "demo/servers/folder.hpp"

namespace holdfast::servers {

class Rabbit {
 public:
  struct Tls {
    std::filesystem::path ca, certificate, key;  // readable to all
    bool asks_client = false;  // for a certificate that ca signed
  };
  struct Options {
    std::filesystem::path folder = {};  // empty: a temporary one, removed at the end
    std::string user = "holdfast", password = "secret", vhost = "/";  // made with a new folder
    std::optional<Tls> tls = {};
    std::vector<std::string> settings = {};  // of rabbitmq.conf, as "channel_max = 8"
    bool in_background = false;  // the constructor does not wait; await() does
  };
  Rabbit() : Rabbit(Options{}) {}
  explicit Rabbit(Options options);
  ~Rabbit();
  Rabbit(const Rabbit&) = delete;

  void start();  // on the same ports as before
  void await();  // until it answers
  void stop(int signal);  // SIGTERM (in order), SIGKILL; waits for its end
  bool running();  // collects it when it has ended
  pid_t pid() const { return pid_; }
  int port() const { return port_; }
  std::string url() const;  // amqp://
  std::string tls_url() const;  // amqps://user:password@localhost
  const std::string& vhost() const { return options_.vhost; }

  /// rabbitmqctl, as {"list_queues", "-q", "name"}: what it prints. Throws Unavailable where it fails.
  std::string ctl(const std::vector<std::string>& words) const { return run("rabbitmqctl", words); }
  /// Another program of the server likewise.
  std::string run(const std::string& program, const std::vector<std::string>& words) const;
  /// RabbitMQ 3.10 keeps the name of a new queue in memory for minutes, and forgets the queue when it is killed: not after this.
  void settle_new_queues() const;
  /// Where rabbitmq-server and rabbitmqctl are, or HOLDFAST_RABBITMQ_BIN. Empty: not installed.
  static std::filesystem::path programs();

 private:
  void launch();
  void configure() const;
  bool booted() const;
  std::string address(const std::string& scheme, const std::string& host, int port) const;

  const std::filesystem::path programs_;
  Options options_;
  Folder folder_;
  int port_ = 0, tls_port_ = 0, node_port_ = 0;
  pid_t pid_ = 0;
  std::uintmax_t log_before_ = 0;  // how long the log was at its start
};

}  // namespace holdfast::servers
