// Holdfast's own headers, as every adapter writes and reads them. Threads: any.
#pragma once
#include "ports/values.hpp"

namespace holdfast::ports {

/// The headers to publish: the event's, and its key.
Headers headers_on_the_wire(const OutgoingEvent& event);
/// Fills key, copy and attempt from delivery.headers. A foreign program may have written anything: what is no number is 0.
void read_headers(Delivery& delivery);

}  // namespace holdfast::ports
