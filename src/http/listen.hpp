// From "127.0.0.1:8081" to a socket that listens.
#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

namespace holdfast::http {

/// Throws Invalid for an address that cannot be read, Unavailable for one that cannot be had.
void bind(boost::asio::ip::tcp::acceptor& acceptor, const std::string& listen);

std::string url_of(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace holdfast::http
