#include "http/sockets.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <tuple>

namespace holdfast::http {

using boost::asio::ip::tcp;
using Code = boost::system::error_code;

namespace {

Code last_error() { return {errno, boost::system::system_category()}; }

}  // namespace

int new_socket(const tcp& protocol) {
  const int made = ::socket(protocol.family(), protocol.type() | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol.protocol());
  if (made < 0) throw boost::system::system_error(last_error());
  return made;
}

Code accept_next(tcp::acceptor& acceptor, tcp::socket& client) {
  const int made = ::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (made < 0) return last_error();
  Code code;
  std::ignore = client.assign(acceptor.local_endpoint(code).protocol(), made, code);
  if (code) ::close(made);
  return code;
}

}  // namespace holdfast::http
