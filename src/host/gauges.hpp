// What waits, as gauges: taken every few seconds by upkeep, so that whoever reads /metrics waits for no database and no broker.
#pragma once
#include <deque>
#include <map>
#include <memory>

#include "host/consumer_threads.hpp"

namespace holdfast::host {

class Gauges {
 public:
  Gauges(const Surroundings& here, const std::deque<ConsumerThreads>& consumers);

  void of_database();  // Unavailable
  void of_broker(const std::stop_token& stop);  // what it does not say, because it is away, is no number
  void done(const std::string& chore);  // now

 private:
  struct Consumer;
  Consumer& consumer(const std::string& name);
  telemetry::Gauge gauge(const char* name, const char* help, const telemetry::Labels& labels = {}) const;
  double age(std::optional<Timestamp> since) const;  // in seconds

  const Surroundings& here_;
  const std::deque<ConsumerThreads>& consumers_;
  std::unique_ptr<ports::AdminStore> admin_;
  std::map<std::string, std::shared_ptr<Consumer>> by_name_;
  telemetry::Gauge pending_, refused_, oldest_, lease_, kept_;
};

}  // namespace holdfast::host
