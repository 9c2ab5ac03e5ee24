// The process spans of one job of a lane: one for each event that a handler was given, of the run that counts. Made around the job, on
// its thread; what a handler published in a run that was undone was never created, and such a run leaves no span either.
#pragma once
#include <span>

#include "host/event_spans.hpp"
#include "inbox/report.hpp"

namespace holdfast::host {

class ProcessSpans {
 public:
  ProcessSpans(const EventSpans& spans, const std::string& consumer, const std::string& queue);
  ~ProcessSpans();
  ProcessSpans(const ProcessSpans&) = delete;
  ProcessSpans& operator=(const ProcessSpans&) = delete;

  /// What came of the job: of its runs, and of events that no handler was given.
  void end(const inbox::Report& report);

  /// One call of a handler, while it lives. The events' traceparent is that of their span meanwhile, for the handler to continue.
  class Run {
   public:
    explicit Run(std::span<Envelope> events);
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

   private:
    ProcessSpans* job_;  // null: no spans
    std::size_t first_ = 0;
  };

 private:
  struct Ran {
    Subject event;
    int attempt = 1;
    Span span;
  };
  Ran& begin(const EventInfo& info);
  bool knows(const EventId& id) const;
  void forget_from(const EventId& id);
  void judge(Ran& ran, const inbox::Report& report, int& handled) const;

  const EventSpans& spans_;
  const std::string &consumer_, &queue_;
  std::vector<Ran> ran_;
  ProcessSpans* outer_;
};

}  // namespace holdfast::host
