// Counters, gauges and histograms in Prometheus' text form. Thread-safe; look a metric up once and keep the handle: adding to it is
// an atomic addition (a histogram: a short lock), looking it up is not.
// Names, types and labels are stable: users have alerts on them. docs/metrics.md lists all, and a test holds it to that.
// No label is of an event: what an id or a key is in makes a series of its own.
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
/// Upper bounds of a histogram's buckets, in seconds.
enum class Buckets {
  duration,
  latency
};  // 0.5 ms to 1 min, of one thing that is done; 1 ms to 1 h, of a way with waits in it

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
  /// common: on every series.
  explicit Metrics(Labels common = {});
  ~Metrics();
  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram histogram(const std::string& name, const std::string& help, const Labels& labels = {},
                      Buckets buckets = Buckets::duration);
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::telemetry
