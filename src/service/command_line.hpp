// The command line of a service: --config FILE, a flag for each key, --print-config, --help, --version.
#pragma once
#include "service/config.hpp"

namespace holdfast::service {

/// Fills config from file, environment and flags, in rising order. false: what was asked is printed, and all is done.
/// Throws Invalid.
bool read_command_line(Config& config, const std::string& program, int argc, const char* const* argv);

}  // namespace holdfast::service
