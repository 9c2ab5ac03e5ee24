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
  holdfast::rabbitmq::Options options() const { return {.url = url()}; }

 private:
  std::string name_;
};

}  // namespace holdfast::rabbit_test
