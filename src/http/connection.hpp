// One client: reads a request, has it handled, writes the answer, again. Beast is known to connection.cpp alone.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <unordered_set>

#include "holdfast/http.hpp"
#include "http/worker_pool.hpp"

namespace holdfast::http {

class Connection {
 public:
  virtual void hang_up_when_idle() = 0;
  virtual void hang_up() = 0;

 protected:
  ~Connection() = default;
};

/// What connections share. All of it belongs to the I/O thread but `pool` and `handle`.
struct Connections {
  const ServerOptions& options;
  boost::asio::io_context& io;
  WorkerPool& pool;
  std::function<Response(Request)> handle;
  bool draining = false;
  std::size_t serving = 0;                   // of `open`; the others are being told that there are too many
  std::unordered_set<Connection*> open = {};
  std::function<void()> on_closed = {};
};

/// Serves the client until it or we hang up; with too many connections it gets a 503.
void accept_client(boost::asio::ip::tcp::socket socket, Connections& connections);

}  // namespace holdfast::http
