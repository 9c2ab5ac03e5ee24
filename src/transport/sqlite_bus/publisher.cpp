#include "transport/sqlite_bus/publisher.hpp"

#include "ports/wire_headers.hpp"
#include "transport/sqlite_bus/headers.hpp"

namespace holdfast::transport::sqlite_bus {

using ports::Outcome;
using ports::SessionState;

Publisher::Publisher(std::shared_ptr<const File> file)
    : file_(std::move(file)), busy_(file_->clock, file_->settings.busy_timeout), connection_(file_->connect(busy_)) {}

bool Publisher::accept(const ports::Publication& publication) {
  const std::size_t size = publication.event->envelope.size();
  const bool full =
      accepted_.size() >= file_->settings.most_buffered || (bytes_ > 0 && bytes_ + size > file_->settings.most_bytes);
  if (closed_ || full) return false;
  accepted_.push_back({publication.token, *publication.event});
  bytes_ += size;
  return true;
}

SessionState Publisher::pump(ports::Tick until, Results& results) {
  if (!closed_ && accepted_.empty()) waker_.wait_until(until);
  if (!closed_ && waker_.aborted()) close(ports::Blame::nobody, "the session was ended by this program", results);
  if (!closed_ && !accepted_.empty()) write(results);
  return closed_ ? SessionState::closed : SessionState::open;
}

void Publisher::write(Results& results) {
  Results done;
  try {
    Write write(*file_, *connection_);
    now_ = file_->now();
    Routes routes(*connection_);
    Keys returned;
    for (auto& accepted : accepted_) done.push_back(write_one(accepted, routes, returned));
    write.commit();
  } catch (const SqlError& wrong) {
    return close(ports::Blame::the_setup, file_->path + ": its tables are not a bus's: " + wrong.what(), results);
  } catch (const Error& away) {  // Unavailable, Transient; InDoubt: sent again, a duplicate at worst
    return close(ports::Blame::nobody, away.what(), results);
  }
  file_->neighbours->wake();
  results.insert(results.end(), done.begin(), done.end());
  accepted_.clear(), bytes_ = 0;
}

ports::PublishResult Publisher::write_one(Accepted& accepted, Routes& routes, Keys& returned) {
  auto& [token, event] = accepted;
  if (event.key && returned.contains(*event.key))
    return {token, Outcome::returned, "an earlier event of its key was returned"};
  const auto& queues = routes.of(event);
  if (queues.empty() && !(event.unrouted_ok && event.destination.empty())) {
    if (event.key) returned.insert(*event.key);
    return {
        token, Outcome::returned,
        event.destination.empty() ? "no queue is bound to " + event.type : "there is no queue " + event.destination};
  }
  insert(event, queues);
  return {token, Outcome::confirmed, ""};
}

void Publisher::insert(ports::OutgoingEvent& event, const std::vector<std::int64_t>& queues) {
  if (queues.empty()) return;
  constexpr auto sql =
      "INSERT INTO events(queue, message_id, type, headers, published_at, body) VALUES ($1, $2, $3, $4, $5, $6)";
  detail::SqlValue row[] = {
      detail::to_sql(0),          detail::to_sql(event.id.to_string()),
      detail::to_sql(event.type), detail::to_sql(headers_to_json(ports::headers_on_the_wire(event))),
      detail::to_sql(now_),       {Bytes{std::move(event.envelope)}}};
  for (const auto queue : queues) {
    row[0] = detail::to_sql(queue);
    connection_->execute(sql, row);
  }
}

void Publisher::close(ports::Blame blame, const std::string& why, Results& results) {
  closed_ = true, blame_ = blame, why_closed_ = why;
  for (const auto& accepted : accepted_) results.push_back({accepted.token, Outcome::unknown, why});
  accepted_.clear();
  connection_.reset();
}

}  // namespace holdfast::transport::sqlite_bus
