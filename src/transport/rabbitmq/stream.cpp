#include "transport/rabbitmq/stream.hpp"

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "transport/rabbitmq/closed.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

constexpr std::size_t most_at_once = 1 << 20;  // then frames are looked at, and heartbeats

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses resolve(const Address& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC, hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0)
    throw Closed("RabbitMQ at " + address.place() + ": the host is not found (" + gai_strerror(error) +
                 "); it is tried again");
  return Addresses(found);
}

}  // namespace

Stream::Stream(const Settings& settings, Bell& bell, ports::Tick until) : place_(settings.broker.place()), bell_(bell) {
  connect(settings.broker, until);
  try {
    if (settings.broker.tls) secure(settings, until);
  } catch (...) {
    close(socket_);
    throw;
  }
}

Stream::~Stream() { close(socket_); }

void Stream::connect(const Address& address, ports::Tick until) {
  const Addresses all = resolve(address);
  std::string why;
  for (const addrinfo* one = all.get(); one != nullptr && socket_ < 0; one = one->ai_next) why = try_one(*one, until);
  if (socket_ < 0) throw Closed("RabbitMQ at " + place_ + " is away: " + why + "; it is tried again");
}

/// "": connected; else why not.
std::string Stream::try_one(const addrinfo& where, ports::Tick until) {
  const int made = socket(where.ai_family, where.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, where.ai_protocol);
  if (made < 0) return std::strerror(errno);
  const int on = 1;
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(made, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  int error = ::connect(made, where.ai_addr, where.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    short ready = 0;
    while (ready == 0 && !bell_.aborted() && bell_.clock().steady() < until) {
      ready = bell_.wait(made, POLLOUT, until);
      bell_.keep();
    }
    socklen_t size = sizeof error;
    if (ready == 0) error = bell_.aborted() ? ECANCELED : ETIMEDOUT;
    else getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error == 0) socket_ = made;
  else close(made);
  return error == 0 ? "" : std::strerror(error);
}

void Stream::secure(const Settings& settings, ports::Tick until) {
  auto tls = std::make_unique<Tls>(settings);
  std::string in;
  for (bool done = false; !done;) {
    std::string why;
    try {
      done = tls->shake_hands();
    } catch (...) {
      tls->out(out_), flush();  // the peer may be told why
      throw;
    }
    tls->out(out_);
    flush();
    if (done) break;
    const bool stuck = (wait(POLLIN | (unsent() > 0 ? POLLOUT : 0), until, "the TLS handshake") & ~POLLOUT) == 0;
    if (stuck) continue;
    char bytes[16 << 10];
    tls->take_in({bytes, receive(bytes, sizeof bytes, false)});
  }
  tls_ = std::move(tls);
}

short Stream::wait(short events, ports::Tick until, const char* what) {
  const short ready = bell_.wait(socket_, events, until);
  bell_.keep();
  if (bell_.aborted()) throw Closed("the session was ended by this program");
  if (ready == 0 && bell_.clock().steady() >= until)
    throw Closed("RabbitMQ at " + place_ + " did not answer in time: " + what + "; it is tried again");
  return ready;
}

void Stream::put(std::string_view bytes) {
  if (!tls_) {
    out_ += bytes;
    return;
  }
  tls_->encrypt(bytes);
  tls_->out(out_);
}

/// Where the network is gone the broker may have said why: read() tells.
bool Stream::flush() {
  const std::size_t before = sent_;
  while (sent_ < out_.size()) {
    const auto sent = send(socket_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (sent > 0) sent_ += static_cast<std::size_t>(sent);
    else if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    else if (errno != EINTR) return gone(std::strerror(errno));
  }
  const bool went = sent_ > before;
  if (sent_ == out_.size()) out_.clear(), sent_ = 0;
  else if (sent_ > most_at_once) out_.erase(0, sent_), sent_ = 0;
  return went;
}

bool Stream::gone(const char* why) {
  gone_ = why;
  out_.clear(), sent_ = 0;
  return false;
}

/// 0: nothing is there.
std::size_t Stream::receive(char* bytes, std::size_t size, bool end_is_told_later) {
  for (;;) {
    const auto got = recv(socket_, bytes, size, 0);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got < 0 && errno == EINTR) continue;
    if (end_is_told_later || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))) return 0;
    throw Closed("RabbitMQ at " + place_ + " closed the connection" +
                 (got < 0 ? std::string(": ") + std::strerror(errno) : "") + "; it is tried again");
  }
}

bool Stream::read(std::string& in) {
  char bytes[64 << 10];
  std::size_t all = 0;
  while (all < most_at_once) {
    const std::size_t got = receive(bytes, sizeof bytes, all > 0);
    all += got;
    if (tls_) tls_->take_in({bytes, got});
    else in.append(bytes, got);
    if (got < sizeof bytes) break;
  }
  if (all == 0 && !gone_.empty())
    throw Closed("the connection to RabbitMQ at " + place_ + " broke: " + gone_ + "; it is tried again");
  if (tls_ && all > 0) {
    tls_->decrypt(in);
    tls_->out(out_);
  }
  return all > 0;
}

}  // namespace holdfast::transport::rabbitmq
