#include "service/config.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>
#undef TOML_SHARED_LIB
#undef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1  // the only file that sees it: nothing to link, nothing to install beside us
#include <toml++/toml.h>

#include "event/nearest.hpp"
#include "holdfast/errors.hpp"
#include "service/units.hpp"

namespace holdfast::service {
namespace {

constexpr std::string_view prefix = "HOLDFAST_", file_suffix = "_FILE";

std::string with(const std::string& key, char separator, bool upper) {
  std::string out;
  for (const char c : key)
    out += c == '.' || c == '_' ? separator : upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
  return out;
}

std::string read_secret(const std::string& path, const std::string& from) {
  std::ifstream file(path);
  if (!file) throw Invalid(from, "the file '" + path + "' cannot be read");
  std::stringstream text;
  text << file.rdbuf();
  std::string value = text.str();
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
  return value;
}

void check(const Key& key, const std::string& value) {
  switch (key.kind) {
    case Kind::integer: parse_integer(value); break;
    case Kind::duration: parse_duration(value); break;
    case Kind::size: parse_size(value); break;
    case Kind::boolean: parse_boolean(value); break;
    case Kind::choice:
      if (std::find(key.choices.begin(), key.choices.end(), value) == key.choices.end()) {
        std::string all;
        for (const auto& c : key.choices) all += (all.empty() ? "" : ", ") + c;
        throw Invalid("", "'" + value + "' is none of: " + all);
      }
      break;
    case Kind::text: break;
  }
}

std::string text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  std::ostringstream out;
  if (const auto* number = node.as_integer()) out << number->get();
  else if (const auto* flag = node.as_boolean()) out << (flag->get() ? "true" : "false");
  else throw Invalid("", "a value here is text, a whole number, true or false");
  return out.str();
}

}  // namespace

std::string variable_of(const std::string& key) { return std::string(prefix) + with(key, '_', true); }
std::string flag_of(const std::string& key) { return "--" + with(key, '-', false); }

Config::Config(std::vector<Key> keys) : keys_(std::move(keys)) {
  for (const Key& key : keys_) values_[key.name] = {key.default_value, ""};
}

const Key& Config::known(const std::string& name, const std::string& from) const {
  for (const Key& key : keys_)
    if (key.name == name) return key;
  std::vector<std::string> names;
  for (const Key& key : keys_) names.push_back(key.name);
  throw Invalid(from, "there is no key '" + name + "'; the nearest is '" + event::nearest(name, names) + "'");
}

void Config::set(const std::string& name, const std::string& value, const std::string& from) {
  const Key& key = known(name, from);
  try {
    check(key, value);
  } catch (const Invalid& wrong) {
    const std::string what = wrong.what();
    throw Invalid(from, name + ": " + what.substr(what.find('\'') == std::string::npos ? 0 : what.find('\'')));
  }
  values_[name] = {value, from};
}

void Config::read_file(const std::string& path) {
  toml::table file;
  try {
    file = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    throw Invalid(path + ":" + std::to_string(error.source().begin.line), std::string(error.description()));
  }
  const auto line = [&](const toml::node& node) { return path + ":" + std::to_string(node.source().begin.line); };
  for (const auto& [section, node] : file) {
    const std::string name(section.str());
    if (const auto* members = node.as_table())
      for (const auto& [member, value] : *members) set(name + "." + std::string(member.str()), text_of(value), line(value));
    else
      set(name, text_of(node), line(node));
  }
}

void Config::read_environment(const char* const* environment) {
  std::map<std::string, const Key*> variables;
  std::vector<std::string> names;
  for (const Key& key : keys_) variables[variable_of(key.name)] = &key, names.push_back(variable_of(key.name));
  for (; environment && *environment; ++environment) {
    const std::string_view entry(*environment);
    if (!entry.starts_with(prefix)) continue;
    const std::string name(entry.substr(0, entry.find('='))), value(entry.substr(std::min(entry.find('=') + 1, entry.size())));
    if (const auto found = variables.find(name); found != variables.end()) {
      set(found->second->name, value, name);
    } else if (const auto base = name.substr(0, name.size() - std::min(name.size(), file_suffix.size()));
               name.ends_with(file_suffix) && variables.contains(base)) {
      set(variables[base]->name, read_secret(value, name), name);
    } else {
      throw Invalid(name, "there is no such variable; the nearest is " + event::nearest(name, names));
    }
  }
}

const Config::Value& Config::value(const std::string& key) const { return values_.at(key); }
const std::string& Config::text(const std::string& key) const { return value(key).text; }
std::int64_t Config::integer(const std::string& key) const { return parse_integer(value(key).text); }
std::chrono::milliseconds Config::duration(const std::string& key) const { return parse_duration(value(key).text); }
std::int64_t Config::size(const std::string& key) const { return parse_size(value(key).text); }
bool Config::boolean(const std::string& key) const { return parse_boolean(value(key).text); }
bool Config::is_set(const std::string& key) const { return !value(key).from.empty(); }
const std::string& Config::from(const std::string& key) const { return value(key).from; }

std::string Config::print() const {
  std::string out;
  for (const Key& key : keys_) {
    const Value& v = value(key.name);
    const std::string shown = key.secret && !v.text.empty() ? "***" : "\"" + v.text + "\"";
    out += key.name + " = " + shown + "   # " + (v.from.empty() ? "default" : v.from) + "\n";
  }
  return out;
}

}  // namespace holdfast::service
