#include "http/router.hpp"

#include <algorithm>
#include <optional>

#include "http/problem.hpp"
#include "http/server_span.hpp"
#include "http/uri.hpp"
#include "http/wire.hpp"

namespace holdfast::http {
namespace {

const std::string any_segment = "\xff";  // in no UTF-8 text, and sorts behind all of it

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::optional<std::vector<std::string>> match(const std::vector<std::string>& pattern,
                                              const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  std::vector<std::string> values;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (pattern[i] == any_segment && !path[i].empty()) values.push_back(path[i]);
    else if (pattern[i] != path[i]) return std::nullopt;
  }
  return values;
}

Response not_allowed(const std::vector<std::string>& allowed) {
  std::string allow;
  for (const auto& method : allowed) allow += (allow.empty() ? "" : ", ") + method;
  auto response = problem(405, "This path answers " + allow + ".");
  response.headers["allow"] = allow;
  return response;
}

}  // namespace

void Router::add(std::string_view method, std::string_view path, Server::Handler handler) {
  const auto name = std::string(method) + " " + std::string(path);
  auto pattern = path.starts_with('/') && path.find('%') == path.npos ? path_segments(path) : std::nullopt;
  if (method.empty() || !pattern) throw Invalid(name, "a route is a method and a path that starts with '/'");
  Route route{std::move(handler), std::string(path), {}};
  for (auto& segment : *pattern) {
    if (!is_parameter(segment)) continue;
    route.names.push_back(segment.substr(1, segment.size() - 2));
    segment = any_segment;
  }
  if (!routes_[*pattern].emplace(method, std::move(route)).second) throw Invalid(name, "this route is there already");
}

Response Router::route(Request& request, std::string& path_as_added) const {
  const auto target = split_target(request.target);
  const auto path = target ? path_segments(target->path) : std::nullopt;
  if (!path || !percent_decode(target->query)) throw Problem(400, "The path or the query is not well encoded.");
  std::vector<std::string> allowed;
  for (const auto& [pattern, methods] : routes_) {
    const auto values = match(pattern, *path);
    if (!values) continue;
    auto found = methods.find(request.method);
    if (found == methods.end() && request.method == "HEAD") found = methods.find("GET");
    if (found != methods.end()) {
      path_as_added = found->second.path;
      for (std::size_t i = 0; i < values->size(); ++i) request.parameters[found->second.names[i]] = (*values)[i];
      return found->second.handler(request);
    }
    for (const auto& [method, unused] : methods) allowed.push_back(method);
    if (methods.contains("GET") && !methods.contains("HEAD")) allowed.emplace_back("HEAD");
  }
  return allowed.empty() ? problem(404, "There is nothing at this path.") : not_allowed(allowed);
}

Response Router::handle(Request request) const noexcept {
  const bool traced = std::ranges::find(untraced_, request.target) == untraced_.end();
  ServerSpan span(tracer_, request, traced);
  std::string path;
  auto response = answer(request, path);
  span.end(path, response.status);
  return response;
}

Response Router::answer(Request& request, std::string& path) const noexcept {
  try {
    auto response = route(request, path);
    if (auto fault = fault_in(response); !fault.empty()) throw std::logic_error(fault);
    return response;
  } catch (const Problem& error) {
    return problem(error.status, error.what(), error.member);
  } catch (const Invalid& error) {
    const bool pointer = error.where().starts_with('/');
    return pointer ? problem(400, error.reason(), error.where()) : problem(400, error.what());
  } catch (const Unavailable& error) {  // its text may name servers and files: for the log only
    return unavailable(request, error);
  } catch (const Transient& error) { return unavailable(request, error); } catch (const InDoubt& error) {
    report(request, error.what());
    return problem(500,
                   "The disk failed while this was saved: it may be there or not. Look before you repeat it; with the "
                   "same Idempotency-Key, where one is taken, repeating it is safe.");
  } catch (const std::exception& error) { report(request, error.what()); } catch (...) {
    report(request, "something that is no std::exception was thrown");
  }
  return problem(500, "The server failed to answer this request. Its log says why.");
}

Response Router::unavailable(const Request& request, const Error& error) const {
  report(request, error.what());
  return busy(
      "Something that this needs is away just now, or full, or read-only; the service's log says what. Nothing was "
      "saved. Try again in a second.");
}

void Router::report(const Request& request, std::string_view what) const noexcept {
  try {
    if (on_error_) on_error_(request.method + " " + request.target + ": " + std::string(what));
  } catch (...) {  // a log that fails must not take the answer with it
  }
}

}  // namespace holdfast::http
