#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>
#include <tuple>

#include "http/connection.hpp"
#include "http/listen.hpp"
#include "http/router.hpp"
#include "http/sockets.hpp"

namespace holdfast::http {

namespace asio = boost::asio;
using Code = boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds accept_backoff{100};  // when the process is out of file descriptors

ServerOptions checked(ServerOptions options) {
  if (options.workers < 1) throw Invalid("http.workers", "at least 1 is needed");
  if (options.max_connections < 1) throw Invalid("http.max_connections", "at least 1 is needed");
  if (options.max_queued < 0) throw Invalid("http.max_queued", "must not be negative");
  if (options.max_header < 256) throw Invalid("http.max_header", "at least 256 bytes are needed");
  return options;
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(ServerOptions options)
      : options_(checked(std::move(options))), router_(options_.on_error, options_.trace, options_.untraced) {}
  ~Impl() { stop(); }

  void on(std::string_view method, std::string_view path, Handler handler) {
    if (live_) throw std::logic_error("http::Server::on after start: routes are fixed by then");
    router_.add(method, path, std::move(handler));
  }

  void start() {
    if (live_) throw std::logic_error("http::Server::start: it was started before");
    live_ = std::make_unique<Live>(options_, router_);
  }

  void stop() {
    if (live_) live_->stop();
  }

  const asio::ip::tcp::endpoint& endpoint() const {
    if (!live_) throw std::logic_error("http::Server: there is no address before start()");
    return live_->endpoint;
  }

  Response handle(const Request& request) const { return router_.handle(request); }

 private:
  struct Live {  // what is there from start() on. The order matters: connections end before what they use
    Live(const ServerOptions& options, const Router& router)
        : options_(options),
          connections_{options, io_, pool(options), [&router](Request r) { return router.handle(std::move(r)); }} {
      bind(acceptor_, options.listen);
      endpoint = acceptor_.local_endpoint();
      accept();
      thread_ = std::thread([this] { io_.run(); });
    }
    ~Live() { stop(); }

    void stop() {
      if (!thread_.joinable()) return;
      asio::post(io_, [this] { drain(); });
      thread_.join();
      connections_.on_closed = nullptr;
      pool_.reset();  // waits for the handlers that still run
    }

    asio::ip::tcp::endpoint endpoint;

   private:
    WorkerPool& pool(const ServerOptions& options) {
      return *(pool_ = std::make_unique<WorkerPool>(options.workers, options.max_queued, options.patience));
    }

    void accept() {
      acceptor_.async_wait(asio::ip::tcp::acceptor::wait_read, [this](Code code) {
        if (connections_.draining) return;
        asio::ip::tcp::socket socket(io_);
        if (!code) code = accept_next(acceptor_, socket);
        if (!code) accept_client(std::move(socket), connections_);
        if (code && code != asio::error::would_block && code != asio::error::connection_aborted)
          return wait_to_accept();
        accept();
      });
    }

    void wait_to_accept() {
      timer_.expires_after(accept_backoff);
      timer_.async_wait([this](Code code) {
        if (!code && !connections_.draining) accept();
      });
    }

    void drain() {
      connections_.draining = true;
      Code ignored;
      std::ignore = acceptor_.close(ignored);
      for (auto* connection : connections_.open) connection->hang_up_when_idle();
      connections_.on_closed = [this] { end_when_drained(); };
      timer_.expires_after(options_.drain_timeout);
      timer_.async_wait([this](Code code) {
        if (code) return;
        for (auto* connection : connections_.open) connection->hang_up();
        io_.stop();
      });
      end_when_drained();
    }

    void end_when_drained() {
      if (connections_.open.empty()) io_.stop();
    }

    const ServerOptions& options_;
    std::unique_ptr<WorkerPool> pool_;
    Connections connections_;
    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
    asio::ip::tcp::acceptor acceptor_{io_};
    asio::steady_timer timer_{io_};
    std::thread thread_;
  };

  const ServerOptions options_;
  Router router_;
  std::unique_ptr<Live> live_;
};

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Server::~Server() = default;

void Server::on(std::string_view method, std::string_view path, Handler handler) {
  impl_->on(method, path, std::move(handler));
}
void Server::start() { impl_->start(); }
void Server::stop() { impl_->stop(); }
std::uint16_t Server::port() const { return impl_->endpoint().port(); }
std::string Server::url() const { return url_of(impl_->endpoint()); }
Response Server::handle(const Request& request) const { return impl_->handle(request); }

}  // namespace holdfast::http
