// `holdfast up`: the three services for you to try. What dies is started again; one JSON line says where all is; Ctrl-C ends all.
#pragma once
#include <filesystem>
#include <string>

namespace holdfast::demo {

struct UpOptions {
  std::string state;  // folder; "" = a new one in the temporary folder, removed at the end
  std::filesystem::path programs;
  bool rabbitmq = false;  // on private PostgreSQL and RabbitMQ servers
};
int up(const UpOptions& options);

}  // namespace holdfast::demo
