#include "transport/rabbitmq/closed.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

const char* advice(int code) {
  switch (code) {
    case 320: return "an operator or a shutdown ended it; it is tried again";
    case 403: return "the broker's user lacks this right: grant it (rabbitmqctl set_permissions); it is tried again";
    case 404:
      return "declare it (broker.topology = declare does, at the start of its consumer) or create it; it is tried "
             "again";
    case 530:
      return "the vhost is missing or closed to this user (rabbitmqctl add_vhost, set_permissions); it is tried again";
    default: return "it is tried again";
  }
}

}  // namespace

ports::Blame blame_of(int code) {
  const bool message = code == 406 || (code >= 501 && code <= 506) || code == 541;
  const bool setup = code == 403 || code == 404 || code == 530;
  return message ? ports::Blame::a_message : setup ? ports::Blame::the_setup : ports::Blame::nobody;
}

Closed::Closed(const std::string& what, int code, const std::string& text)
    : Unavailable("the broker closed " + what + ": " + std::to_string(code) + " " + text + "; " + advice(code)),
      code_(code) {}

ports::Blame Closed::blame() const noexcept { return blame_of(code_); }

void rethrow(const std::string& what, const Closed& closed) {
  if (closed.blame() == ports::Blame::nobody) throw Closed(closed);
  if (closed.code() == 404) throw Missing(what, closed.what());
  throw Invalid(what, closed.what());
}

}  // namespace holdfast::transport::rabbitmq
