// For the simulator alone. A mutant breaks one rule on purpose, to prove that the judge finds it; a mark names a rare branch,
// so that a run can tell which of them no seed reached. In production both are nothing.
#pragma once
#include <string_view>
#ifdef HOLDFAST_SIMULATION
#include <map>
#endif

namespace holdfast {

#ifdef HOLDFAST_SIMULATION
inline std::string_view the_mutant;
inline std::map<std::string_view, long> marks;
inline bool mutant(std::string_view name) { return name == the_mutant; }
#define HOLDFAST_MARK(name) ++::holdfast::marks[name]
#else
constexpr bool mutant(std::string_view) { return false; }
#define HOLDFAST_MARK(name) static_cast<void>(0)
#endif

}  // namespace holdfast
