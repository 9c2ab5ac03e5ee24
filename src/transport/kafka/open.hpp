// What kafka::open makes, with numbers of one's own.
#pragma once
#include "holdfast/transport.hpp"
#include "transport/kafka/settings.hpp"

namespace holdfast::transport {

/// broker and topics are read from the options.
Transport open_kafka(kafka::Settings settings);

}  // namespace holdfast::transport
