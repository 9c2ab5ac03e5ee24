#include <holdfast/service.hpp>
#include <memory>

#include "payment/install.hpp"

int main(int argc, char** argv) {
  std::string ledger;
  std::unique_ptr<shop::payment::SandboxGateway> gateway;
  const auto install = [&](holdfast::Host& host, holdfast::http::Server& http) {
    gateway = std::make_unique<shop::payment::SandboxGateway>(ledger);
    shop::payment::install(host, http, *gateway);
  };
  return holdfast::service::run(
      argc, argv,
      {.name = "payment-service",
       .listen = "127.0.0.1:8083",
       .settings = {{"gateway.ledger", "payment-gateway.db", "SQLite file of the sandbox gateway", &ledger}}},
      install);
}
