// What librdkafka or a broker says no with, in words, and who is to blame for it.
#pragma once
#include <librdkafka/rdkafka.h>

#include "holdfast/errors.hpp"
#include "ports/publisher.hpp"

namespace holdfast::transport::kafka {

class Failed : public Unavailable {
 public:
  /// what: "the metadata of orders"; detail: more than the name of the code says, if there is more.
  Failed(const std::string& what, rd_kafka_resp_err_t code, const std::string& detail = {});
  rd_kafka_resp_err_t code() const noexcept { return code_; }

 private:
  rd_kafka_resp_err_t code_;
};

/// A message: too large, malformed; the set-up: login, certificate, rights; else an outage.
ports::Blame blame_of(rd_kafka_resp_err_t code);
/// There is no such topic, or not this partition of it.
bool is_missing(rd_kafka_resp_err_t code);
/// It concerns one topic, and the others go on: there is none, it may not be written to, it may not be made.
bool is_of_one_topic(rd_kafka_resp_err_t code);
/// Throws Invalid where nobody but the reader can mend it, else Failed again.
[[noreturn]] void rethrow(const std::string& where, const Failed& failed);

}  // namespace holdfast::transport::kafka
