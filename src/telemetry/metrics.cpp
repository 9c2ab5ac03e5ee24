#include "telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace holdfast::telemetry {

struct Metrics::Impl {
  Labels common;
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
};

namespace {
using Bounds = prometheus::Histogram::BucketBoundaries;
const Bounds durations{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60};
const Bounds latencies{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600};
}  // namespace

void Counter::add(double n) const { static_cast<prometheus::Counter*>(at_)->Increment(n); }
void Gauge::set(double value) const { static_cast<prometheus::Gauge*>(at_)->Set(value); }
void Histogram::observe(double seconds) const { static_cast<prometheus::Histogram*>(at_)->Observe(seconds); }

Metrics::Metrics(Labels common) : impl_(new Impl{std::move(common)}) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return Counter(
      &prometheus::BuildCounter().Name(name).Help(help).Labels(impl_->common).Register(impl_->registry).Add(labels));
}
Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return Gauge(
      &prometheus::BuildGauge().Name(name).Help(help).Labels(impl_->common).Register(impl_->registry).Add(labels));
}
Histogram Metrics::histogram(const std::string& name, const std::string& help, const Labels& labels, Buckets buckets) {
  const Bounds& bounds = buckets == Buckets::duration ? durations : latencies;
  return Histogram(&prometheus::BuildHistogram()
                        .Name(name)
                        .Help(help)
                        .Labels(impl_->common)
                        .Register(impl_->registry)
                        .Add(labels, bounds));
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(impl_->registry.Collect()); }

}  // namespace holdfast::telemetry
