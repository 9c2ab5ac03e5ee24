#include "service/command_line.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "event/nearest.hpp"
#include "holdfast/errors.hpp"

#ifndef HOLDFAST_VERSION
#define HOLDFAST_VERSION "0.1.0"
#endif

namespace holdfast::service {
namespace {

std::vector<std::string> flags_of(const Config& config) {
  std::vector<std::string> flags{"--config", "--print-config", "--help", "--version"};
  for (const Key& key : config.keys()) flags.push_back(flag_of(key.name));
  return flags;
}

[[noreturn]] void unknown(const Config& config, const std::string& argument) {
  const auto flag = argument.substr(0, argument.find('='));
  throw Invalid(flag, "there is no such flag; the nearest is " + event::nearest(flag, flags_of(config)));
}

}  // namespace

bool read_command_line(Config& config, const std::string& program, int argc, const char* const* argv) {
  CLI::App app(
      "A service on Holdfast. Each flag is also a key of the file and a variable, as http.listen = "
      "HOLDFAST_HTTP_LISTEN.",
      program);
  app.allow_extras();
  std::string file;
  bool print = false;
  app.add_option("--config", file, "TOML file");
  app.add_flag("--print-config", print, "show each value and where it came from");
  app.set_version_flag("--version", HOLDFAST_VERSION);
  std::map<std::string, std::string> given;
  for (const Key& key : config.keys())
    app.add_option(flag_of(key.name), given[key.name],
                   key.help + (key.default_value.empty() ? "" : " [" + key.default_value + "]"));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    app.exit(asked);
    return false;
  } catch (const CLI::ParseError& error) { throw Invalid("command line", error.what()); }
  if (const auto extra = app.remaining(); !extra.empty()) unknown(config, extra.front());
  if (!file.empty()) config.read_file(file);
  config.read_environment(environ);
  for (const auto& [key, value] : given)
    if (app.count(flag_of(key)) > 0) config.set(key, value, flag_of(key));
  if (print) std::fputs(config.print().c_str(), stdout);
  return !print;
}

}  // namespace holdfast::service
