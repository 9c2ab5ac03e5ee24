// The operator's page as tests read it: what stands in docs/operations.md to be typed.
#pragma once
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "integration/service/programs.hpp"

namespace holdfast::runbook {

/// Lines of its blocks, without what is said beside them, and what stands between backticks.
inline std::vector<std::string> code() {
  std::vector<std::string> out;
  std::string prose;
  std::istringstream lines(program_test::contents(HOLDFAST_SOURCE_DIR "/docs/operations.md"));
  bool block = false;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("```")) block = !block;
    else if (!block) prose += line + " ";
    else if (!line.empty()) out.push_back(line.substr(0, line.find("   ")));
  const std::regex quoted("`([^`]+)`");
  for (std::sregex_iterator at(prose.begin(), prose.end(), quoted), end; at != end; ++at) out.push_back((*at)[1]);
  return out;
}

/// Those of it that begin with one of these.
inline std::vector<std::string> code_of(const std::vector<std::string>& programs) {
  std::vector<std::string> out;
  for (const auto& line : code())
    for (const auto& program : programs)
      if (line.starts_with(program + " ")) out.push_back(line);
  return out;
}

inline program_test::Words words_of(const std::string& command) {
  program_test::Words out;
  const std::regex word("\"([^\"]*)\"|(\\S+)");
  for (std::sregex_iterator at(command.begin(), command.end(), word), end; at != end; ++at)
    if (const auto text = (*at)[1].matched ? (*at)[1].str() : (*at)[2].str(); text != "...") out.push_back(text);
  return out;
}

}  // namespace holdfast::runbook
