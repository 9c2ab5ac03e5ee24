// Seeds are spread over child processes: each simulation has its thread, its mutant and its marks for itself.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace sim {

/// Runs work(worker) in so many children; what each returns comes back as one text.
std::vector<std::string> in_children(int workers, const std::function<std::string(int worker)>& work);

}  // namespace sim
