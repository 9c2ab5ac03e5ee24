// A broker. Opened by an adapter (rabbitmq::open, sqlite::open_bus) or by URL (open_transport).
// A cheap shared handle; opening does not connect, Host::start() does.
#pragma once
#include <memory>
#include <utility>

namespace holdfast {
namespace detail {
class TransportBase;
}

class Transport {
 public:
  explicit Transport(std::shared_ptr<detail::TransportBase> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<detail::TransportBase>& impl() const { return impl_; }

 private:
  std::shared_ptr<detail::TransportBase> impl_;
};

}  // namespace holdfast
