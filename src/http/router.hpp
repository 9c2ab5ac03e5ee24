// Which handler answers, and what its exceptions become. Knows no socket. Routes are fixed before the first request.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/http.hpp"
#include "telemetry/tracer.hpp"

namespace holdfast::http {

class Router {
 public:
  explicit Router(std::function<void(std::string_view)> on_error = {}, Tracing trace = {},
                  std::vector<std::string> untraced = {})
      : on_error_(std::move(on_error)), tracer_(std::move(trace)), untraced_(std::move(untraced)) {}

  void add(std::string_view method, std::string_view path, Server::Handler handler);
  Response handle(Request request) const noexcept;  // fills in the parameters

 private:
  struct Route {
    Server::Handler handler;
    std::string path;
    std::vector<std::string> names;  // of the parameters, in order
  };
  using Segments = std::vector<std::string>;
  using Methods = std::map<std::string, Route, std::less<>>;

  Response answer(Request& request, std::string& path) const noexcept;
  Response route(Request& request, std::string& path) const;  // path: as it was added
  Response unavailable(const Request& request, const Error& error) const;
  void report(const Request& request, std::string_view what) const noexcept;

  std::function<void(std::string_view)> on_error_;
  telemetry::Tracer tracer_;
  std::vector<std::string> untraced_;
  std::map<Segments, Methods> routes_;  // sorted so that a literal comes before a parameter
};

}  // namespace holdfast::http
