// `holdfast up`: the three services for you to try. What dies is started again; one JSON line says where all is; Ctrl-C ends all.
#pragma once
#include <filesystem>
#include <string>

#include "demo/private_servers.hpp"

namespace holdfast::demo {

struct UpOptions {
  std::string state;  // folder; "" = a new one in the temporary folder, removed at the end
  std::filesystem::path programs;
  Broker broker = Broker::file;  // else on a private PostgreSQL server, too
};
int up(const UpOptions& options);

}  // namespace holdfast::demo
