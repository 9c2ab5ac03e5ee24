#include "http/problem.hpp"

#include <map>

namespace holdfast::http {

Problem::Problem(int status_, const std::string& detail, std::string member_)
    : Error(detail), status(status_ >= 400 && status_ <= 599 ? status_ : 500), member(std::move(member_)) {}

namespace {

std::string utf8(std::string_view text) {  // what is wrong with a request may be the very bytes that we quote
  try {
    holdfast::detail::JsonWriter().string(text);
    return std::string(text);
  } catch (const Invalid&) {
    std::string ascii(text);
    for (char& c : ascii)
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    return ascii;
  }
}

}  // namespace

std::string_view reason(int status) {
  static const std::map<int, std::string_view> reasons{
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {422, "Unprocessable Content"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
  };
  const auto found = reasons.find(status);
  return found == reasons.end() ? "Unknown" : found->second;
}

Response problem(int status, std::string_view detail, std::string_view member) {
  holdfast::detail::JsonWriter out;
  const auto text = [&](std::string_view name, std::string_view value) { out.name(name), out.string(utf8(value)); };
  out.begin_object();
  text("type", "about:blank");
  text("title", reason(status));
  out.name("status"), out.integer(status);
  text("detail", detail);
  if (!member.empty()) text(member.front() == '/' ? "pointer" : "parameter", member);
  out.end_object();
  return {status, {{"content-type", "application/problem+json"}}, out.take()};
}

Response busy(std::string_view detail) {
  auto response = problem(503, detail);
  response.headers["retry-after"] = "1";
  return response;
}

}  // namespace holdfast::http
