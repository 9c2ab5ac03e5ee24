#include "prometheus/server.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "demo/servers/free_port.hpp"
#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"

namespace holdfast::prometheus_test {
namespace {

using Json = detail::JsonValue;

void write(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; }

demo::Command command(const std::filesystem::path& folder, int port, const std::string& rules,
                      const std::vector<std::string>& targets) {
  std::filesystem::create_directories(folder);
  write(folder / "rules.yml", rules);
  write(folder / "prometheus.yml",
        fmt::format("global: {{scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}}\n"
                    "rule_files: [rules.yml]\n"
                    "scrape_configs: [{{job_name: holdfast, static_configs: [{{targets: [\"{}\"]}}]}}]\n",
                    fmt::join(targets, "\", \"")));
  return {program(),
          {"--config.file=" + (folder / "prometheus.yml").string(), "--storage.tsdb.path=" + (folder / "data").string(),
           fmt::format("--web.listen-address=127.0.0.1:{}", port)},
          {},
          (folder / "log").string()};
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace

std::string program() {
  const char* path = "/usr/bin/prometheus";
  return access(path, X_OK) == 0 ? path : "";
}

Prometheus::Prometheus(const std::filesystem::path& folder, const std::string& rules,
                       const std::vector<std::string>& targets)
    : port_(servers::free_port()),
      process_(command(folder, port_, rules, targets)),
      client_(fmt::format("http://127.0.0.1:{}", port_)) {
  const auto ready = [this] {
    try {
      return client_.get("/-/ready").status == 200;
    } catch (const Unavailable&) { return false; }
  };
  if (!program_test::eventually(ready))
    throw Unavailable("Prometheus does not start: " + program_test::contents((folder / "log").string()));
}

http::Response Prometheus::ask(const std::string& target) { return client_.get(target); }

bool Prometheus::fires(const std::string& alert) {
  const auto answer = Json::parse(ask("/api/v1/alerts").body);
  for (const auto& one : answer.at("data").at("alerts").elements())
    if (one.at("labels").at("alertname").string() == alert && one.at("state").string() == "firing") return true;
  return false;
}

std::size_t Prometheus::series(const std::string& query) {
  const auto answer = Json::parse(ask("/api/v1/query?query=" + escaped(query)).body);
  if (answer.at("status").string() != "success") throw Invalid("query", query + ": " + std::string(answer.raw()));
  return answer.at("data").at("result").elements().size();
}

}  // namespace holdfast::prometheus_test
