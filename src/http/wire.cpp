#include "http/wire.hpp"

#include <algorithm>

#include "http/problem.hpp"

namespace holdfast::http {
namespace {

bool token_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool value_char(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); }

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return text;
}

bool has_body(int status) { return status != 204 && status != 304; }

}  // namespace

std::string fault_in(const Response& response) {
  if (response.status < 200 || response.status > 599)
    return "status " + std::to_string(response.status) + " is no answer";
  for (const auto& [name, value] : response.headers) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), token_char)) return "a response header has a bad name";
    if (!std::all_of(value.begin(), value.end(), value_char)) return "response header '" + name + "' has a bad value";
    const auto key = lower(name);
    if (key == "content-length" || key == "transfer-encoding" || key == "connection")
      return "response header '" + name + "' belongs to the server";
  }
  return {};
}

std::string to_wire(const Response& response, Framing framing) {
  std::string out;
  out.reserve(256 + response.body.size());
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(reason(response.status));
  out.append("\r\n");
  for (const auto& [name, value] : response.headers) out.append(name).append(": ").append(value).append("\r\n");
  if (has_body(response.status))
    out.append("content-length: ").append(std::to_string(response.body.size())).append("\r\n");
  if (!framing.keep_alive) out.append("connection: close\r\n");
  else if (framing.http_1_0) out.append("connection: keep-alive\r\n");
  out.append("\r\n");
  if (has_body(response.status) && !framing.head) out.append(response.body);
  return out;
}

}  // namespace holdfast::http
