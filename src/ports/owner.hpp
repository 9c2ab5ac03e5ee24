// Which process has a lease, or an instance's name: "host/pid/start-time". The start time tells a process from a later one
// with the same number. Containers that share a host name but not their processes look gone to each other.
// Threads: any.
#pragma once
#include <string>

namespace holdfast::ports {

std::string this_process();
/// True only if this is certain: it ran on this host, and no such process is there now.
bool is_gone(const std::string& owner);

}  // namespace holdfast::ports
