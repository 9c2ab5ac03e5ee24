// TLS as a filter: bytes in, bytes out; whoever has the socket moves them. The peer's certificate and its name are always
// verified; TLS 1.2 at least.
// Errors: Invalid (a file cannot be read, the peer is not who it should be), Closed (anything else of the peer).
#pragma once
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "transport/rabbitmq/settings.hpp"

namespace holdfast::transport::rabbitmq {

class Tls {
 public:
  explicit Tls(const Settings& settings);

  /// true: the handshake is done. Whatever is in out() has to be sent first.
  bool shake_hands();
  void take_in(std::string_view from_the_network);
  void encrypt(std::string_view plain);
  void decrypt(std::string& plain);  // appends what is whole
  /// What is to be sent, appended.
  void out(std::string& to_the_network);

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* session) const { SSL_free(session); }
  };
  void load(const holdfast::rabbitmq::Options& options);
  void expect(const std::string& host);
  [[noreturn]] void fail(int result) const;

  const std::string place_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> session_;
};

}  // namespace holdfast::transport::rabbitmq
