#include "demo/servers/rabbit.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "demo/servers/free_port.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::servers {
namespace fs = std::filesystem;
namespace {

constexpr int tries = 6000, pause_ms = 20;  // two minutes to start
constexpr int most_launches = 20, port_pause_ms = 500;
constexpr const char* node = "holdfast@localhost";

/// Debian's own commands insist on its system service; these are what is behind them.
fs::path found() {
  for (const char* bin : {"/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin", "/usr/local/sbin"})
    if (fs::exists(fs::path(bin) / "rabbitmq-server")) return bin;
  return {};
}

bool listens(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

std::string escaped(const std::string& text) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text)
    if (std::isalnum(c) || c == '-' || c == '_' || c == '.') out += static_cast<char>(c);
    else out += {'%', digits[c >> 4], digits[c & 15]};
  return out;
}

/// All that the children get. ERL_AFLAGS reaches each Erlang that they start, and so keeps each from starting an epmd.
std::vector<std::string> environment(const fs::path& folder, int node_port) {
  const std::string at = folder.string();
  return {"PATH=/usr/local/bin:/usr/bin:/bin",
          "LANG=C.UTF-8",
          "HOME=" + at,
          "ERL_CRASH_DUMP=/dev/null",
          "ERL_AFLAGS=-start_epmd false -erl_epmd_port " + std::to_string(node_port),
          "RUNNING_UNDER_SYSTEMD=true",  // the script becomes the server, instead of waiting for it
          "RABBITMQ_NODENAME=" + std::string(node),
          "RABBITMQ_CONF_ENV_FILE=" + at + "/none",
          "RABBITMQ_CONFIG_FILE=" + at + "/rabbitmq.conf",
          "RABBITMQ_ADVANCED_CONFIG_FILE=" + at + "/none",
          "RABBITMQ_ENABLED_PLUGINS_FILE=" + at + "/plugins",
          "RABBITMQ_MNESIA_BASE=" + at + "/data",
          "RABBITMQ_LOG_BASE=" + at + "/data",
          "RABBITMQ_PID_FILE=" + at + "/pid",
          "RABBITMQ_GENERATED_CONFIG_DIR=" + at + "/data",
          "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 2:2 -kernel inet_dist_use_interface {127,0,0,1} -sname " +
              std::string(node),
          "RABBITMQ_CTL_ERL_ARGS=-dist_listen false"};
}

}  // namespace

fs::path Rabbit::programs() {
  const char* const set = std::getenv("HOLDFAST_RABBITMQ_BIN");
  return set ? fs::path(set) : found();
}

Rabbit::Rabbit(Options options)
    : programs_(programs()),
      options_(std::move(options)),
      folder_({.path = options_.folder, .name = "holdfast-rabbit", .users = {"rabbitmq", "nobody"}}),
      port_(free_port()),
      tls_port_(free_port()),
      node_port_(free_port()) {
  if (programs_.empty()) throw Unavailable("RabbitMQ is not installed (./dev deps servers)");
  folder_.set_environment(environment(folder_.path(), node_port_));
  configure();
  launch();
  if (!options_.in_background) await();
}

Rabbit::~Rabbit() {
  if (running()) stop(folder_.temporary() ? SIGKILL : SIGTERM);
}

void Rabbit::configure() const {
  std::string text = "listeners.tcp.1 = 127.0.0.1:" + std::to_string(port_) + "\nloopback_users = none\n" +
                     "default_user = " + options_.user + "\ndefault_pass = " + options_.password +
                     "\ndefault_vhost = " + options_.vhost +
                     "\nlog.file = false\nlog.console = true\nlog.console.level = warning\n";
  if (const auto& tls = options_.tls) {
    const std::string peer = tls->asks_client ? "verify_peer" : "verify_none";
    text += "listeners.ssl.1 = 127.0.0.1:" + std::to_string(tls_port_) +
            "\nssl_options.cacertfile = " + tls->ca.string() + "\nssl_options.certfile = " + tls->certificate.string() +
            "\nssl_options.keyfile = " + tls->key.string() + "\nssl_options.verify = " + peer +
            "\nssl_options.fail_if_no_peer_cert = " + (tls->asks_client ? "true\n" : "false\n");
  }
  for (const auto& line : options_.settings) text += line + "\n";
  folder_.write("rabbitmq.conf", text);
  folder_.write("plugins", "[].\n");
  folder_.make("data");
  if (!fs::exists(folder_.path() / ".erlang.cookie")) folder_.write(".erlang.cookie", "holdfast-private", 0400);
}

void Rabbit::start() {
  launch();
  await();
}

void Rabbit::launch() {
  log_before_ = folder_.log_size();
  pid_ = folder_.spawn({programs_ / "rabbitmq-server"});
}

void Rabbit::await() {
  for (int i = 0, launches = 1; i < tries; ++i) {
    if (!running()) {
      const auto log = folder_.log(log_before_);
      // Whoever looks for a broker that was killed may have its port for a moment, as its own end of the connection.
      if (log.find("eaddrinuse") == std::string::npos || ++launches > most_launches)
        throw Unavailable("RabbitMQ ended at its start: " + log);
      poll(nullptr, 0, port_pause_ms);
      launch();
    }
    if (listens(port_) && booted()) return;
    poll(nullptr, 0, pause_ms);
  }
  stop(SIGKILL);
  throw Unavailable("RabbitMQ does not answer: " + folder_.log(log_before_));
}

/// RabbitMQ 4 listens before rabbitmqctl finds it running.
bool Rabbit::booted() const { return folder_.log(log_before_, 1 << 20).find("completed with") != std::string::npos; }

bool Rabbit::running() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
  return pid_ > 0;
}

void Rabbit::stop(int signal) {
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

std::string Rabbit::address(const std::string& scheme, const std::string& host, int port) const {
  const std::string path = options_.vhost == "/" ? "" : "/" + escaped(options_.vhost);
  return scheme + "://" + escaped(options_.user) + ":" + escaped(options_.password) + "@" + host + ":" +
         std::to_string(port) + path;
}

std::string Rabbit::url() const { return address("amqp", "127.0.0.1", port_); }

std::string Rabbit::tls_url() const { return address("amqps", "localhost", tls_port_); }

std::string Rabbit::run(const std::string& program, const std::vector<std::string>& words) const {
  std::vector<std::string> all = {programs_ / program};
  all.insert(all.end(), words.begin(), words.end());
  const auto ran = folder_.run(all);
  if (ran.code != 0)
    throw Unavailable(program + " " + (words.empty() ? "" : words.front()) + ": " + ran.out + folder_.end_of_log());
  return ran.out;
}

void Rabbit::settle_new_queues() const { ctl({"eval", "[dets:sync(T) || T <- dets:all()]."}); }

}  // namespace holdfast::servers
