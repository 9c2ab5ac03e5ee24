// Topic patterns as in AMQP: words between dots; '*' is one word, '#' any number of them, none included.
#pragma once
#include <string_view>

namespace holdfast::ports {

bool topic_matches(std::string_view pattern, std::string_view type);

}  // namespace holdfast::ports
