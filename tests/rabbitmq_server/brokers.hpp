// One RabbitMQ server for the whole test program, a fresh vhost for each test.
#pragma once
#include "demo/servers/rabbit.hpp"
#include "transport/rabbitmq/settings.hpp"

namespace holdfast::rabbit_test {

servers::Rabbit& server();

class Vhost {
 public:
  Vhost();
  const std::string& name() const { return name_; }
  std::string url() const { return server().url() + "/" + name_; }
  /// As another user, made with these rights to this vhost alone.
  std::string url_as(const std::string& user, const std::string& configure, const std::string& write,
                     const std::string& read) const;
  holdfast::rabbitmq::Options options() const { return {.url = url()}; }

 private:
  std::string name_;
};

}  // namespace holdfast::rabbit_test
