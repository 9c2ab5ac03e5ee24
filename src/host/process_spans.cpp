#include "host/process_spans.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::host {
namespace {

thread_local ProcessSpans* current_job = nullptr;

const char* error_type(inbox::Report::End end) {
  switch (end) {
    case inbox::Report::End::unavailable: return "unavailable";
    case inbox::Report::End::suspect: return "suspect";
    case inbox::Report::End::store_down:
    case inbox::Report::End::done: break;
  }
  return "store_down";
}

}  // namespace

ProcessSpans::ProcessSpans(const EventSpans& spans, const std::string& consumer, const std::string& queue)
    : spans_(spans),
      consumer_(consumer),
      queue_(queue),
      outer_(std::exchange(current_job, spans.on() || spans.talks() ? this : nullptr)) {}

ProcessSpans::~ProcessSpans() { current_job = outer_; }

ProcessSpans::Run::Run(std::span<Envelope> events) : job_(current_job) {
  if (!job_) return;
  job_->forget_from(events.front().info.id);
  first_ = job_->ran_.size();
  for (Envelope& event : events) {
    const Ran& ran = job_->begin(event.info);
    if (job_->spans_.on()) event.info.traceparent = ran.span.context.traceparent();
  }
}

ProcessSpans::Ran& ProcessSpans::begin(const EventInfo& info) {
  Ran& ran = ran_.emplace_back();
  if (spans_.on()) ran.span = spans_.begin_process(info);
  if (spans_.talks() || ran.span.context.sampled) ran.event = spans_.subject_of(info), ran.attempt = info.attempt;
  else ran.event.id = info.id;
  return ran;
}

ProcessSpans::Run::~Run() {
  if (!job_) return;
  const auto now = job_->spans_.now();
  for (auto i = first_; i < job_->ran_.size(); ++i) job_->ran_[i].span.end = now;
}

bool ProcessSpans::knows(const EventId& id) const {
  return std::ranges::any_of(ran_, [&](const Ran& ran) { return ran.event.id == id; });
}

/// It runs again: its transaction was undone, and with it what ran after it.
void ProcessSpans::forget_from(const EventId& id) {
  ran_.erase(std::ranges::find_if(ran_, [&](const Ran& ran) { return ran.event.id == id; }), ran_.end());
}

void ProcessSpans::end(const inbox::Report& report) {
  if (!current_job) return;
  for (const auto& setback : report.setbacks)
    if (spans_.on() && !knows(setback.info.id)) {  // no handler was given it
      Ran& ran = begin(setback.info);
      ran.span.end = ran.span.start;
    }
  int handled = report.counts.handled;
  for (Ran& ran : ran_) {
    spans_.describe_process(ran.span, ran.event, consumer_, queue_, ran.attempt);
    judge(ran, report, handled);
    const auto at = ran.span.end;
    spans_.end(std::move(ran.span), at);
  }
  ran_.clear();
}

/// Those that were handled came before those that the job did not get to settle.
void ProcessSpans::judge(Ran& ran, const inbox::Report& report, int& handled) const {
  const auto is_of = [&](const inbox::Setback& setback) { return setback.info.id == ran.event.id; };
  if (const auto found = std::ranges::find_if(report.setbacks, is_of); found != report.setbacks.end())
    return telemetry::fail(ran.span, found->reason, found->error);
  if (handled-- > 0) {
    if (spans_.talks()) spans_.say("an event was handled", ran.event, {"consumer", consumer_});
    return;
  }
  if (report.end != inbox::Report::End::done) return telemetry::fail(ran.span, error_type(report.end), report.why);
  telemetry::attribute(ran.span, "holdfast.outcome", "settled by another one meanwhile");
}

}  // namespace holdfast::host
