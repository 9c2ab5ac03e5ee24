// Bytes to and from a server, as no well-behaved client would send them.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::http {

class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{20, 0};  // a server that hangs fails the test instead of stopping it
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawSocket() { ::close(fd_); }
  RawSocket(const RawSocket&) = delete;

  bool connected() const { return connected_; }

  bool send(std::string_view bytes) {  // false: the server no longer wants them
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  std::string read_to_end() {  // "..." at the end: it was broken off, or nothing came any more
    while (more()) continue;
    return std::exchange(buffer_, {}) + (clean_ ? "" : "...");
  }

  std::string read_head() { return take(until("\r\n\r\n")); }

  std::string read_response() {
    const auto head = until("\r\n\r\n");
    const auto field = buffer_.find("content-length: ");
    const auto length = field < head ? std::stoul(buffer_.substr(field + 16)) : 0;
    while (buffer_.size() < head + length && more()) continue;
    return take(head + length);
  }

 private:
  std::size_t until(std::string_view end) {
    while (buffer_.find(end) == buffer_.npos && more()) continue;
    const auto found = buffer_.find(end);
    return found == buffer_.npos ? buffer_.size() : found + end.size();
  }
  std::string take(std::size_t size) {
    auto taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
  }
  bool more() {
    char bytes[4096];
    const auto got = ::recv(fd_, bytes, sizeof bytes, 0);
    clean_ = got == 0;
    if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }

  int fd_;
  bool connected_ = false, clean_ = false;
  std::string buffer_;
};

}  // namespace holdfast::http
