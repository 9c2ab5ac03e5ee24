// A response as bytes.
#pragma once
#include <string>

#include "holdfast/http.hpp"

namespace holdfast::http {

/// What would break the wire, in words; empty if nothing: a status that is no final one, a header that is no token or
/// has a line break (response splitting), or one that belongs to the server.
std::string fault_in(const Response& response);

struct Framing {
  bool head = false;        // the answer to HEAD: all but the body
  bool keep_alive = true;
  bool http_1_0 = false;
};
std::string to_wire(const Response& response, Framing framing);

}  // namespace holdfast::http
