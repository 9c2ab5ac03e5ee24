#include "service/config.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#undef TOML_SHARED_LIB
#undef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1  // the only file that sees it: nothing to link, nothing to install beside us
#define TOML_ASSERT(condition) (void)(condition)  // its own of 3.3 fail on damaged files that it goes on to refuse
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
    out += c == '.' || c == '_' ? separator
           : upper              ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                                : c;
  return out;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string read_secret(const std::string& path, const std::string& from) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path)) throw Invalid(from, "the file '" + path + "' cannot be read");
  std::stringstream text;
  text << file.rdbuf();
  std::string value = text.str();
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
  return value;
}

void check(const Key& key, const std::string& value) {
  if (value.empty() && key.default_value.empty()) return;  // as coded
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
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  throw Invalid("", "a value is text, a whole number, true or false");
}

/// null: it is not there.
const char* value_in(const char* const* environment, const std::string& variable) {
  for (; environment && *environment; ++environment)
    if (std::string_view(*environment).starts_with(variable + "=")) return *environment + variable.size() + 1;
  return nullptr;
}

std::string section_of(const std::string& key) { return key.substr(0, key.find('.')); }

std::vector<std::string> sections_of(const std::vector<Key>& keys) {
  std::vector<std::string> sections;
  for (const Key& key : keys)
    if (key.name.find('.') != key.name.npos) sections.push_back(section_of(key.name));
  return sections;
}

/// A typo: at most two edits make one name of the other, and not more than a third of its letters. `job` is none of `log`.
bool looks_like(const std::string& name, const std::string& other) {
  return event::edit_distance(name, other) <= std::min<std::size_t>(2, std::max(name.size(), other.size()) / 3);
}

}  // namespace

std::string without_passwords(std::string text) {
  const auto scheme = text.find("://"), at = text.rfind('@');
  if (scheme == text.npos) return text;
  if (at != text.npos && at > scheme)
    if (const auto colon = text.find(':', scheme + 3); colon < at) text.replace(colon + 1, at - colon - 1, "***");
  for (auto p = text.find("password="); p != text.npos; p = text.find("password=", p + 1)) {
    const auto value = p + std::string_view("password=").size();
    text.replace(value, std::min(text.find('&', value), text.size()) - value, "***");
  }
  return text;
}

std::string variable_of(const std::string& key) { return std::string(prefix) + with(key, '_', true); }
std::string flag_of(const std::string& key) { return "--" + with(key, '-', false); }

Config::Config(std::vector<Key> keys) : keys_(std::move(keys)) {
  for (const Key& key : keys_) values_[key.name] = {key.default_value, ""};
}

const Key& Config::known(const std::string& name, const std::string& from) const {
  for (const Key& key : keys_)
    if (key.name == name) return key;
  std::vector<std::string> names;
  names.reserve(keys_.size());
  for (const Key& key : keys_) names.push_back(key.name);
  throw Invalid(from, "there is no key '" + name + "'; the nearest is '" + event::nearest(name, names) + "'");
}

void Config::set(const std::string& name, const std::string& value, const std::string& from) {
  const Key& key = known(name, from);
  try {
    check(key, value);
  } catch (const Invalid& wrong) { throw Invalid(from, name + ": " + wrong.reason()); }
  values_[name] = {value, from};
}

bool Config::is_left_alone(const std::string& section) const {
  const auto like_it = [&](const std::string& known) { return looks_like(section, known); };
  return leaves_others_ && std::ranges::none_of(sections_of(keys_), like_it);
}

void Config::require_known_section(const std::string& section, const std::string& from) const {
  const auto known = sections_of(keys_);
  if (std::ranges::find(known, section) == known.end())
    throw Invalid(from,
                  "there is no section '" + section + "'; the nearest is '" + event::nearest(section, known) + "'");
}

void Config::read_file(const std::string& path) {
  if (std::filesystem::is_directory(path)) throw Invalid(path, "is a folder, not a file");
  if (!std::ifstream(path)) throw Invalid(path, "the file cannot be read");
  toml::table file;
  try {
    file = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    throw Invalid(path + ":" + std::to_string(error.source().begin.line), std::string(error.description()));
  }
  const auto read = [&](const std::string& name, const toml::node& node) {
    const auto line = path + ":" + std::to_string(node.source().begin.line);
    known(name, line);
    try {
      set(name, text_of(node), line);
    } catch (const Invalid& wrong) {
      throw wrong.where().empty() ? Invalid(line, name + ": " + wrong.reason()) : wrong;
    }
  };
  for (const auto& [key, node] : file) {
    const std::string name(key.str());
    const auto* members = node.as_table();
    if (members == nullptr) read(name, node);
    else if (is_left_alone(name)) continue;
    else if (members->empty()) require_known_section(name, path + ":" + std::to_string(node.source().begin.line));
    else
      for (const auto& [member, value] : *members) read(name + "." + std::string(member.str()), value);
  }
}

void Config::read_environment(const char* const* environment) {
  std::map<std::string, std::string> ours;
  for (auto at = environment; at && *at; ++at)
    if (const std::string_view entry(*at); entry.starts_with(prefix)) {
      const auto end = std::min(entry.find('='), entry.size());
      ours.emplace(entry.substr(0, end), entry.substr(std::min(end + 1, entry.size())));
    }
  for (const Key& key : keys_) {
    if (const char* value = key.also.empty() ? nullptr : value_in(environment, key.also))
      if (!is_set(key.name) && *value != '\0') set(key.name, value, key.also);
    const auto plain = ours.extract(variable_of(key.name)),
               in_file = ours.extract(variable_of(key.name) + std::string(file_suffix));
    if (plain && in_file) throw Invalid(in_file.key(), plain.key() + " is set too; leave one of them");
    if (plain) set(key.name, plain.mapped(), plain.key());
    if (in_file) set(key.name, read_secret(in_file.mapped(), in_file.key()), in_file.key());
  }
  for (const auto& [name, value] : ours) require_left_alone(name);
}

/// A variable that is no key's.
void Config::require_left_alone(const std::string& variable) const {
  std::vector<std::string> names;
  names.reserve(keys_.size());
  for (const Key& key : keys_) names.push_back(variable_of(key.name));
  const auto like_it = [&](const std::string& known) { return looks_like(variable, known); };
  const auto rest = variable.substr(prefix.size());
  if (const auto end = rest.find('_'); end != rest.npos && end > 0 && end + 1 < rest.size())
    if (is_left_alone(lower(rest.substr(0, end))) && std::ranges::none_of(names, like_it)) return;
  throw Invalid(variable, "there is no such variable; the nearest is " + event::nearest(variable, names));
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
    const std::string shown = key.secret && !v.text.empty() ? "***" : "\"" + without_passwords(v.text) + "\"";
    out += key.name + " = " + shown + "   # " + (v.from.empty() ? "default" : v.from) + "\n";
  }
  return out;
}

}  // namespace holdfast::service
