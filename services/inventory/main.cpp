#include <holdfast/service.hpp>

#include "inventory/install.hpp"

int main(int argc, char** argv) {
  return holdfast::service::run(argc, argv, {.name = "inventory-service", .listen = "127.0.0.1:8082"},
                                shop::inventory::install);
}
