#include "http/server_span.hpp"

#include <algorithm>
#include <array>

#include "event/now.hpp"

namespace holdfast::http {
namespace {

using telemetry::attribute;

constexpr std::array known_methods{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

}  // namespace

ServerSpan::ServerSpan(const telemetry::Tracer& tracer, const Request& request, bool wanted) : tracer_(tracer) {
  const auto traceparent = request.header("traceparent"), tracestate = request.header("tracestate");
  if (!wanted || !tracer.on()) {
    if (traceparent) scope_.emplace(*traceparent, tracestate.value_or(""));
    return;
  }
  span_ = tracer.begin(Span::Kind::server, event::utc_now(), traceparent.value_or(""), tracestate.value_or(""));
  scope_.emplace(span_->context.traceparent(), span_->tracestate);
  if (span_->context.sampled) describe(request);
}

void ServerSpan::describe(const Request& request) {
  const bool known = std::ranges::find(known_methods, request.method) != known_methods.end();
  method_ = known ? request.method : "_OTHER";
  attribute(*span_, "http.request.method", method_);
  if (!known) attribute(*span_, "http.request.method_original", request.method);
  attribute(*span_, "url.scheme", "http");
  attribute(*span_, "url.path", request.target.substr(0, request.target.find('?')));
  attribute(*span_, "user_agent.original", request.header("user-agent").value_or(""));
}

/// What a client did wrong is no failure of this server.
void ServerSpan::end(const std::string& route, int status) {
  if (!span_ || !span_->context.sampled) return;
  span_->name = method_ == "_OTHER" ? "HTTP" : method_;
  if (!route.empty()) span_->name += " " + route;
  attribute(*span_, "http.route", route);
  span_->attributes.emplace_back("http.response.status_code", status);
  if (status >= 500) telemetry::fail(*span_, std::to_string(status));
  tracer_.end(std::move(*span_), event::utc_now());
  span_.reset();
}

}  // namespace holdfast::http
