#include "transport/kafka/destroy.hpp"

#include <future>
#include <memory>
#include <thread>

namespace holdfast::transport::kafka {

void destroy(rd_kafka_t* handle, ports::Millis patience) {
  const auto over = std::make_shared<std::promise<void>>();
  std::thread([handle, over] {
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    over->set_value();
  }).detach();
  over->get_future().wait_for(patience);
}

}  // namespace holdfast::transport::kafka
