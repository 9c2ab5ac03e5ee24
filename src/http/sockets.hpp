// Sockets that no child of this process inherits: in a child they would keep the port, and hold a client on to a server that has hung
// up. Asio opens its own without saying so.
#pragma once
#include <boost/asio/ip/tcp.hpp>

namespace holdfast::http {

/// For assign(). Errors: boost::system::system_error.
int new_socket(const boost::asio::ip::tcp& protocol);

/// The next client of one that listens, into a closed socket. would_block: there is none after all.
boost::system::error_code accept_next(boost::asio::ip::tcp::acceptor& acceptor, boost::asio::ip::tcp::socket& client);

}  // namespace holdfast::http
