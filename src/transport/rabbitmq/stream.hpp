// Bytes to and from the broker, by TCP or TLS. Only opening waits; what the network does not take at once is kept.
// Errors: Closed (away, cut), Invalid (TLS: not who it should be).
#pragma once
#include <memory>

#include "transport/rabbitmq/bell.hpp"
#include "transport/rabbitmq/tls.hpp"

struct addrinfo;

namespace holdfast::transport::rabbitmq {

class Stream {
 public:
  /// Connects until then; abort() of the bell ends it.
  Stream(const Settings& settings, Bell& bell, ports::Tick until);
  ~Stream();
  Stream(const Stream&) = delete;

  int descriptor() const { return socket_; }
  void put(std::string_view bytes);
  /// Sends what the network takes; true: something went.
  bool flush();
  std::size_t unsent() const { return out_.size() - sent_; }
  /// Appends what there is; true: something came.
  bool read(std::string& in);

 private:
  void connect(const Address& address, ports::Tick until);
  std::string try_one(const addrinfo& where, ports::Tick until);
  void secure(const Settings& settings, ports::Tick until);
  short wait(short events, ports::Tick until, const char* what);
  bool gone(const char* why);
  std::size_t receive(char* bytes, std::size_t size, bool end_is_told_later);

  const std::string place_;
  Bell& bell_;
  int socket_ = -1;
  std::unique_ptr<Tls> tls_;
  std::string out_, gone_;  // gone_: why nothing can be sent any more
  std::size_t sent_ = 0;
};

}  // namespace holdfast::transport::rabbitmq
