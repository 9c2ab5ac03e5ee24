#include "http/listen.hpp"

#include <charconv>

#include "holdfast/errors.hpp"
#include "http/address.hpp"
#include "http/sockets.hpp"

namespace holdfast::http {
namespace {

using boost::asio::ip::tcp;
using Code = boost::system::error_code;

[[noreturn]] void unreadable(const std::string& listen) {
  throw Invalid("http.listen", "'" + listen + "' is no address: write host:port, as in 127.0.0.1:8081, [::1]:8081 or" +
                                   " 0.0.0.0:8081 (port 0 = any free one)");
}

tcp::endpoint parse(const std::string& listen) {
  const auto colon = listen.rfind(':');
  if (colon == listen.npos) unreadable(listen);
  auto host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  else if (host.find(':') != host.npos) unreadable(listen);
  if (host == "localhost") host = "127.0.0.1";
  std::uint16_t port = 0;
  const auto* end = listen.data() + listen.size();
  const auto [last, failure] = std::from_chars(listen.data() + colon + 1, end, port);
  Code code;
  const auto address = boost::asio::ip::make_address(host, code);
  if (code || failure != std::errc() || last != end) unreadable(listen);
  return {address, port};
}

}  // namespace

void require_address(const std::string& listen) { (void)parse(listen); }

void bind(tcp::acceptor& acceptor, const std::string& listen) {
  const auto endpoint = parse(listen);
  try {
    acceptor.assign(endpoint.protocol(), new_socket(endpoint.protocol()));
    acceptor.set_option(tcp::acceptor::reuse_address(true));  // a restart need not wait for TIME_WAIT
    acceptor.bind(endpoint);
    acceptor.listen();
  } catch (const boost::system::system_error& error) {
    throw Unavailable("cannot listen on " + listen + ": " + error.code().message() +
                      ". End the program that has it, or set http.listen to another address (port 0 = any free one)");
  }
}

std::string url_of(const tcp::endpoint& endpoint) {
  const auto host = endpoint.address().to_string();
  const auto port = ":" + std::to_string(endpoint.port());
  return "http://" + (endpoint.address().is_v6() ? "[" + host + "]" : host) + port;
}

}  // namespace holdfast::http
