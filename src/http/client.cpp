#include "http/client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>
#include <tuple>

#include "http/sockets.hpp"

namespace holdfast::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Code = boost::system::error_code;

namespace {

struct Address {
  std::string host, port;
};

Address parse(std::string_view url) {
  const std::string_view scheme = "http://";
  auto rest = url.starts_with(scheme) ? url.substr(scheme.size()) : std::string_view();
  rest = rest.substr(0, rest.find('/'));
  const auto colon = rest.rfind(':');
  auto host = rest.substr(0, colon == rest.npos || rest.ends_with(']') ? rest.npos : colon);
  if (host.empty()) throw Invalid("url", "'" + std::string(url) + "' is no URL of the form http://host:port");
  std::string port(host.size() == rest.size() ? "80" : rest.substr(host.size() + 1));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::string(host), std::move(port)};
}

Response to_response(beast::http::response<beast::http::string_body>&& message) {
  Response response{static_cast<int>(message.result_int()), {}, std::move(message.body())};
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    response.headers[std::move(name)] = field.value();
  }
  return response;
}

}  // namespace

class Client::Impl {
 public:
  Impl(std::string url, std::chrono::milliseconds timeout)
      : url_(std::move(url)), address_(parse(url_)), timeout_(timeout) {}

  Response send(const Request& request) {
    const bool kept = stream_.socket().is_open();
    if (!kept) connect();
    auto answer = exchange(request);
    if (!answer && kept && request.method != "POST") {  // the server may have closed it long ago
      connect();
      answer = exchange(request);
    }
    if (!answer) throw Unavailable(request.method + " " + url_ + request.target + ": " + code_.message());
    return std::move(*answer);
  }

 private:
  void connect() {
    buffer_.clear();
    tcp::resolver resolver(io_);
    const auto found = resolver.resolve(address_.host, address_.port, code_);
    for (const auto& place : found) {  // empty where code_ says why
      const tcp::endpoint endpoint = place.endpoint();
      if (stream_.socket().is_open()) stream_.close();
      stream_.socket().assign(endpoint.protocol(), new_socket(endpoint.protocol()));
      run([&] { stream_.async_connect(endpoint, [this](Code code) { code_ = code; }); });
      if (!code_) break;
    }
    if (code_) throw Unavailable("no connection to " + url_ + ": " + code_.message());
    std::ignore = stream_.socket().set_option(tcp::no_delay(true), code_);
  }

  std::optional<Response> exchange(const Request& request) {
    beast::http::request<beast::http::span_body<const char>> message;  // the body stays where it is
    message.version(11);
    message.method_string(request.method);
    message.target(request.target);
    message.set(beast::http::field::host, address_.host + ":" + address_.port);
    for (const auto& [name, value] : request.headers) message.set(name, value);
    if (!request.body.empty() && !request.header("content-type"))
      message.set(beast::http::field::content_type, "application/json");
    message.body() = {request.body.data(), request.body.size()};
    message.prepare_payload();
    beast::http::response_parser<beast::http::string_body> parser;
    parser.body_limit(boost::none);
    parser.skip(request.method == "HEAD");
    run([&] {
      beast::http::async_write(stream_, message, [&](Code, std::size_t) {  // a refusal may come before all was sent
        beast::http::async_read(stream_, buffer_, parser, [&](Code code, std::size_t) { code_ = code; });
      });
    });
    if (code_ || !parser.keep_alive()) stream_.close();
    if (code_) return std::nullopt;
    return to_response(parser.release());
  }

  void run(const std::function<void()>& begin) {
    stream_.expires_after(timeout_);
    begin();
    io_.restart();
    io_.run();
    stream_.expires_never();
  }

  std::string url_;
  Address address_;
  std::chrono::milliseconds timeout_;
  asio::io_context io_{1};
  beast::tcp_stream stream_{io_};
  beast::flat_buffer buffer_;
  Code code_;
};

Client::Client(std::string url, std::chrono::milliseconds timeout)
    : impl_(std::make_unique<Impl>(std::move(url), timeout)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Response Client::get(const std::string& target) { return send({"GET", target}); }
Response Client::post(const std::string& target, std::string body, Headers headers) {
  return send({"POST", target, std::move(headers), std::move(body)});
}
Response Client::put(const std::string& target, std::string body, Headers headers) {
  return send({"PUT", target, std::move(headers), std::move(body)});
}
Response Client::send(const Request& request) { return impl_->send(request); }

}  // namespace holdfast::http
