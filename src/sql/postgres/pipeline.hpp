// Several statements in one round trip.
// Threads: one at a time. Errors: as of one statement, see errors.hpp.
#pragma once
#include <string>
#include <vector>

#include "sql/postgres/bound.hpp"
#include "sql/postgres/errors.hpp"

namespace holdfast::postgres {

/// They go to the server together; a failed one ends those behind it.
class Pipeline {
 public:
  Pipeline(PGconn* connection, const std::string& name) : connection_(connection), name_(name) {
    require(PQenterPipelineMode(connection_));
  }
  ~Pipeline() { PQexitPipelineMode(connection_); }  // fails where the connection was lost: then it is of no more use
  Pipeline(const Pipeline&) = delete;

  std::size_t send(const std::string& sql) {
    require(PQsendQueryParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0));
    return sent_++;
  }
  std::size_t send_prepared(const std::string& statement, const Bound& bound) {
    require(PQsendQueryPrepared(connection_, statement.c_str(), bound.size(), bound.values.data(), bound.lengths.data(),
                                bound.formats.data(), 0));
    return sent_++;
  }
  /// One for each, all good; else the first that is not is thrown.
  std::vector<Result> results() {
    require(PQpipelineSync(connection_));
    std::vector<Result> out;
    for (std::size_t i = 0; i < sent_; ++i) {
      out.push_back(next());
      if (PQstatus(connection_) == CONNECTION_BAD) fail(connection_, out.back().get(), name_);
      next();  // null: the end of this one
    }
    next();  // of the sync
    for (const auto& result : out)
      if (!good(PQresultStatus(result.get()))) fail(connection_, result.get(), name_);
    return out;
  }

 private:
  Result next() { return Result(PQgetResult(connection_)); }
  static bool good(ExecStatusType status) {
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
  }
  void require(int ok) const {
    if (ok == 0) fail(connection_, nullptr, name_);
  }

  PGconn* connection_;
  const std::string& name_;
  std::size_t sent_ = 0;
};

}  // namespace holdfast::postgres
