// Several statements in one round trip.
// Threads: one at a time. Errors: as of one statement, see errors.hpp.
#pragma once
#include <string>
#include <vector>

#include "sql/postgres/bound.hpp"
#include "sql/postgres/errors.hpp"

namespace holdfast::postgres {

/// A prepared one. Its rows come in text until it is known that they hold bytes and can be read in binary.
struct Statement {
  std::string name;
  bool binary = false;
};

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
  std::size_t send_prepared(const Statement& statement, const Bound& bound) {
    require(PQsendQueryPrepared(connection_, statement.name.c_str(), bound.size(), bound.values.data(),
                                bound.lengths.data(), bound.formats.data(), statement.binary ? 1 : 0));
    return sent_++;
  }
  /// One for each, good or bad; fewer where the connection was lost.
  std::vector<Result> all() {
    std::vector<Result> out;
    if (PQpipelineSync(connection_) == 0) return out;
    while (out.size() < sent_ && PQstatus(connection_) != CONNECTION_BAD) {
      out.push_back(next());
      next();  // null: the end of this one
    }
    if (PQstatus(connection_) != CONNECTION_BAD) next();  // of the sync
    return out;
  }
  /// All good; else the first that is not is thrown.
  std::vector<Result> results() {
    auto out = all();
    for (const auto& result : out)
      if (!good(result.get())) fail(connection_, result.get(), name_);
    require(out.size() == sent_ && PQstatus(connection_) != CONNECTION_BAD ? 1 : 0);
    return out;
  }
  static bool good(const PGresult* result) {
    const auto status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
  }

 private:
  Result next() { return Result(PQgetResult(connection_)); }
  void require(int ok) const {
    if (ok == 0) fail(connection_, nullptr, name_);
  }

  PGconn* connection_;
  const std::string& name_;
  std::size_t sent_ = 0;
};

}  // namespace holdfast::postgres
