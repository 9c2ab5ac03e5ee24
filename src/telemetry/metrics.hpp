// Counters, gauges and histograms in Prometheus' text form. Thread-safe; look a metric up once and keep the handle.
// Names, types and labels are stable: users have alerts on them. tests/integration/host/metrics_test.cpp lists all.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace holdfast::telemetry {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  void add(double n = 1) const;

 private:
  friend class Metrics;
  explicit Counter(void* at) : at_(at) {}
  void* at_;
};
class Gauge {
 public:
  void set(double value) const;

 private:
  friend class Metrics;
  explicit Gauge(void* at) : at_(at) {}
  void* at_;
};
class Histogram {  // of seconds
 public:
  void observe(double seconds) const;

 private:
  friend class Metrics;
  explicit Histogram(void* at) : at_(at) {}
  void* at_;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram histogram(const std::string& name, const std::string& help, const Labels& labels = {});
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::telemetry
