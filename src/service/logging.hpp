// Where a program's log goes by log.level and log.format.
#pragma once
#include "holdfast/log.hpp"
#include "service/config.hpp"

namespace holdfast::service {

Level level_of(const Config& config);
LogSink log_to_stderr(const Config& config, const std::string& name);

}  // namespace holdfast::service
