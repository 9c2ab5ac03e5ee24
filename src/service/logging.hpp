// Where a program's log goes by log.level and log.format.
#pragma once
#include "holdfast/log.hpp"
#include "service/config.hpp"

namespace holdfast::service {

LogSink log_to_stderr(const Config& config, const std::string& name);

}  // namespace holdfast::service
