#include "transport/kafka/failed.hpp"

namespace holdfast::transport::kafka {
namespace {

const char* advice(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
      return "look at broker.sasl, broker.username and broker.password; it is tried again";
    case RD_KAFKA_RESP_ERR__SSL:
      return "broker.tls_ca names the CA that signed the broker's certificate, broker.url the host that it is for, and "
             "the "
             "broker may ask for broker.tls_cert; it is tried again";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return "the user lacks this right: `holdfast topology permissions` prints what it needs; it is tried again";
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return "`holdfast topology apply` makes it; it is tried again";
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
      return "there are fewer brokers than copies are wanted (broker.replication); it is tried again";
    default: return "it is tried again";
  }
}

std::string reason(rd_kafka_resp_err_t code, const std::string& detail) {
  return detail.empty() ? rd_kafka_err2str(code) : detail;
}

}  // namespace

Failed::Failed(const std::string& what, rd_kafka_resp_err_t code, const std::string& detail)
    : Unavailable(what + ": " + reason(code, detail) + "; " + advice(code)), code_(code) {}

ports::Blame blame_of(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP: return ports::Blame::a_message;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION: return ports::Blame::the_setup;
    default: return ports::Blame::nobody;
  }
}

bool is_missing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

bool is_of_one_topic(rd_kafka_resp_err_t code) {
  return is_missing(code) || code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_POLICY_VIOLATION || code == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR;
}

void rethrow(const std::string& where, const Failed& failed) {
  if (blame_of(failed.code()) == ports::Blame::nobody) throw Failed(failed);
  throw Invalid(where, failed.what());
}

}  // namespace holdfast::transport::kafka
