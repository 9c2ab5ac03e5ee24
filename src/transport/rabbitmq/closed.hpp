// The end of a channel, a connection or an attempt to get one, in words, and who is to blame for it.
#pragma once
#include "holdfast/errors.hpp"
#include "ports/publisher.hpp"

namespace holdfast::transport::rabbitmq {

class Closed : public Unavailable {
 public:
  explicit Closed(const std::string& why) : Unavailable(why), reason_(why) {}  // the network, or this program
  /// what: "the channel", "the connection"; code and text as the broker gave them.
  Closed(const std::string& what, int code, const std::string& text);
  /// The same, said of a login, which the broker refuses by the codes of a right.
  Closed of_login(const std::string& login) const;

  const std::string& reason() const noexcept { return reason_; }  // what() but for "it is tried again"
  int code() const noexcept { return code_; }  // 0: not the broker's
  ports::Blame blame() const noexcept;

 private:
  Closed(int code, const std::string& text, const std::string& reason);

  int code_ = 0;
  std::string text_, reason_;
};

struct Silent : Closed {  // no answer in time: most often another connection would get none either
  using Closed::Closed;
};

/// 406, 501 to 506, 541: a frame or a message; 403, 404, 530: what exists or who may do what; else an outage.
ports::Blame blame_of(int code);

/// What waiting will not cure, at the queue, exchange or broker that it is about.
struct Missing : Invalid {  // 404
  using Invalid::Invalid;
};
/// Throws Invalid where nobody but the reader can mend it, else Closed again.
[[noreturn]] void rethrow(const std::string& what, const Closed& closed);

}  // namespace holdfast::transport::rabbitmq
