#include "transport/rabbitmq/closed.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

const char* advice(int code) {
  switch (code) {
    case 320: return "; an operator or a shutdown ended it";
    case 403: return "; the broker's user lacks this right: grant it (rabbitmqctl set_permissions)";
    case 404: return "; declare it (broker.topology = declare does, at the start of its consumer) or create it";
    case 530: return "; the vhost is missing or closed to this user (rabbitmqctl add_vhost, set_permissions)";
    default: return "";
  }
}

const char* login_advice(int code) {
  return code == 403 ? "; look at the user and the password of broker.url" : advice(code);
}

}  // namespace

ports::Blame blame_of(int code) {
  const bool message = code == 406 || (code >= 501 && code <= 506) || code == 541;
  const bool setup = code == 403 || code == 404 || code == 530;
  return message ? ports::Blame::a_message : setup ? ports::Blame::the_setup : ports::Blame::nobody;
}

Closed::Closed(const std::string& what, int code, const std::string& text)
    : Closed(code, text, "the broker closed " + what + ": " + std::to_string(code) + " " + text + advice(code)) {}

Closed::Closed(int code, const std::string& text, const std::string& reason)
    : Unavailable(reason + "; it is tried again"), code_(code), text_(text), reason_(reason) {}

Closed Closed::of_login(const std::string& login) const {
  return {code_, text_, login + " was refused: " + std::to_string(code_) + " " + text_ + login_advice(code_)};
}

ports::Blame Closed::blame() const noexcept { return blame_of(code_); }

void rethrow(const std::string& what, const Closed& closed) {
  if (closed.blame() == ports::Blame::nobody) throw Closed(closed);
  if (closed.code() == 404) throw Missing(what, closed.reason());
  throw Invalid(what, closed.reason());
}

}  // namespace holdfast::transport::rabbitmq
