#include "http/connection.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <tuple>
#include <utility>

#include "http/problem.hpp"
#include "http/wire.hpp"

namespace holdfast::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast::http;
using Bytes = boost::beast::flat_buffer;
using Parser = beast::request_parser<beast::string_body>;
using Code = boost::system::error_code;

constexpr auto with_code = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t refusals = 64;     // told so at once; more are just closed
constexpr std::size_t first_read = 1024;  // a small request in one read, and little memory for an idle client
constexpr std::size_t kept_buffer = 8192;
constexpr std::chrono::seconds linger_timeout{10};
constexpr Framing closing{.head = false, .keep_alive = false, .http_1_0 = false};

Request to_request(beast::request<beast::string_body>&& message) {
  Request request{
      std::string(message.method_string()), std::string(message.target()), {}, std::move(message.body()), {}};
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    auto [place, first] = request.headers.try_emplace(std::move(name), field.value());
    if (!first) place->second.append(", ").append(field.value());
  }
  return request;
}

class Client final : public Connection, public std::enable_shared_from_this<Client> {
 public:
  Client(asio::ip::tcp::socket socket, Connections& shared, bool serving)
      : socket_(std::move(socket)), timer_(shared.io), shared_(shared), serving_(serving) {
    shared_.open.insert(this);
    if (serving_) ++shared_.serving;
  }
  ~Client() {
    shared_.open.erase(this);
    if (serving_) --shared_.serving;
    if (shared_.on_closed) shared_.on_closed();
  }
  Client(const Client&) = delete;

  asio::awaitable<void> run() {
    Code ignored;
    std::ignore = socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    std::ignore = socket_.non_blocking(true, ignored);
    for (bool more = serving_; more;) {
      more = co_await first_byte();
      if (more) more = co_await one_request();
    }
    if (!serving_)
      co_await send(to_wire(busy("The server has all the connections that it takes. Try again."), closing));
    co_await linger();
  }

  void hang_up_when_idle() override {
    Code ignored;
    if (idle_) std::ignore = socket_.cancel(ignored);
  }

  void hang_up() override {
    Code ignored;
    std::ignore = socket_.close(ignored);
  }

 private:
  asio::awaitable<bool> first_byte() {
    if (buffer_.size() > 0) co_return true;  // pipelined
    if (shared_.draining) co_return false;
    if (buffer_.capacity() > kept_buffer) buffer_.shrink_to_fit();
    idle_ = true;
    start_timer(shared_.options.idle_timeout);
    const auto [code, size] = co_await socket_.async_read_some(buffer_.prepare(first_read), with_code);
    stop_timer();
    idle_ = false;
    buffer_.commit(size);
    co_return !code && size > 0;
  }

  asio::awaitable<bool> one_request() {  // false: no other may follow
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(shared_.options.max_header));
    parser_->body_limit(shared_.options.max_body);
    start_timer(shared_.options.request_timeout);
    const Code code = co_await read();
    stop_timer();
    if (code) {
      unread_ = true;
      const auto answer = refusal(code);
      if (answer) co_await send(to_wire(*answer, closing));
      co_return false;
    }
    const auto& message = parser_->get();
    if (message.version() >= 11 && message.count(beast::field::host) != 1) {
      co_await send(to_wire(problem(400, "An HTTP/1.1 request has one Host header."), closing));
      co_return false;
    }
    Framing framing{.head = message.method() == beast::verb::head,
                    .keep_alive = message.keep_alive(),
                    .http_1_0 = message.version() < 11};
    request_ = to_request(parser_->release());
    parser_.reset();
    co_await handle();
    framing.keep_alive = framing.keep_alive && !shared_.draining;
    auto text = to_wire(std::exchange(response_, {}), framing);
    const bool sent = co_await send(std::move(text));
    if (!sent) co_return false;
    co_return framing.keep_alive;
  }

  asio::awaitable<Code> read() {
    auto [code, size] = co_await beast::async_read_header(socket_, buffer_, *parser_, with_code);
    if (code || parser_->is_done()) co_return code;
    if (boost::beast::iequals(parser_->get()[beast::field::expect], "100-continue")) {
      static const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      std::tie(code, size) = co_await asio::async_write(socket_, asio::buffer(go_on), with_code);
      if (code) co_return code;
    }
    std::tie(code, size) = co_await beast::async_read(socket_, buffer_, *parser_, with_code);
    co_return code;
  }

  std::optional<Response> refusal(Code code) const {
    if (timed_out_) return problem(408, "The request did not arrive in time.");
    if (code == beast::error::header_limit || code == beast::error::buffer_overflow)
      return problem(431, "The header is larger than " + std::to_string(shared_.options.max_header) + " bytes.");
    if (code == beast::error::body_limit)
      return problem(413, "The body is larger than " + std::to_string(shared_.options.max_body) + " bytes.");
    if (code == beast::error::end_of_stream) return std::nullopt;
    if (code.category() == make_error_code(beast::error::bad_method).category())
      return problem(400, "This is no HTTP/1.1 request: " + code.message() + ".");
    return std::nullopt;
  }

  asio::awaitable<void> handle() {  // on a worker; back on the I/O thread when it returns
    co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(
        [this](auto&& resume) {
          auto done = std::make_shared<std::decay_t<decltype(resume)>>(std::forward<decltype(resume)>(resume));
          auto go_on = [done] {
            auto& waiting = *done;
            std::move(waiting)();
          };
          const bool taken = shared_.pool.try_submit([this, go_on] {
            response_ = shared_.handle(std::move(request_));
            asio::post(shared_.io, go_on);
          });
          if (taken) return;
          request_ = {};
          response_ = busy("The server is busy. Try again.");
          asio::post(shared_.io, go_on);
        },
        asio::use_awaitable);
  }

  asio::awaitable<bool> send(std::string text) {
    Code code;
    const auto sent = socket_.write_some(asio::buffer(text), code);  // nearly always all of it
    if (!code && sent == text.size()) co_return true;
    if (code && code != asio::error::would_block) co_return false;
    start_timer(shared_.options.response_timeout);
    const auto [late, size] = co_await asio::async_write(socket_, asio::buffer(text) + (code ? 0 : sent), with_code);
    stop_timer();
    co_return !late;
  }

  asio::awaitable<void> linger() {  // closing on bytes not read would take our answer from the client (RST)
    Code code;
    std::ignore = socket_.shutdown(socket_.shutdown_send, code);
    if (!unread_ && serving_ && socket_.available(code) == 0) co_return;
    start_timer(linger_timeout);
    for (std::array<char, 1024> dropped; !code && !timed_out_;)
      std::tie(code, std::ignore) = co_await socket_.async_read_some(asio::buffer(dropped), with_code);
    stop_timer();
  }

  void start_timer(std::chrono::milliseconds timeout) {  // when it ends, what is under way ends with it
    timed_out_ = false;
    timer_.expires_after(timeout);
    timer_.async_wait([self = shared_from_this(), started = ++started_](Code code) {
      if (code || started != self->started_) return;  // stopped; or too late to stop it
      self->timed_out_ = true;
      Code ignored;
      std::ignore = self->socket_.cancel(ignored);
    });
  }
  void stop_timer() {
    ++started_;
    timer_.cancel();
  }

  asio::ip::tcp::socket socket_;
  asio::steady_timer timer_;
  Connections& shared_;
  const bool serving_;
  bool idle_ = false, timed_out_ = false, unread_ = false;
  unsigned started_ = 0;
  Bytes buffer_{shared_.options.max_header + first_read};
  std::optional<Parser> parser_;
  Request request_;
  Response response_;
};

}  // namespace

void accept_client(asio::ip::tcp::socket socket, Connections& shared) {
  const auto limit = static_cast<std::size_t>(shared.options.max_connections);
  const bool serving = shared.serving < limit;
  if (!serving && shared.open.size() >= limit + refusals) return;
  auto client = std::make_shared<Client>(std::move(socket), shared, serving);
  asio::co_spawn(shared.io, [client] { return client->run(); }, asio::detached);
}

}  // namespace holdfast::http
