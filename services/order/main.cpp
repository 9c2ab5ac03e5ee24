#include <holdfast/service.hpp>

#include "order/install.hpp"

int main(int argc, char** argv) {
  return holdfast::service::run(argc, argv, {.name = "order-service", .listen = "127.0.0.1:8081"},
                                shop::order::install);
}
