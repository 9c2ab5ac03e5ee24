// Configuration by one rule: key `section.name` = TOML [section] name = HOLDFAST_SECTION_NAME = --section-name, in rising order;
// HOLDFAST_X_FILE reads the value of X from a file (secrets). A key that nobody knows is an error that names the nearest one.
// Errors: Invalid; where() is file:line, the variable or the flag.
#pragma once
#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace holdfast::service {

enum class Kind { text, integer, duration, size, boolean, choice };

struct Key {
  std::string name;  // "database.connections"
  std::string default_value;
  std::string help;
  Kind kind = Kind::text;
  std::vector<std::string> choices = {};
  bool secret = false;
  std::string also = {};  // a variable that others know it by; ours goes before it, and so does the file
};

/// "database.connections" -> "HOLDFAST_DATABASE_CONNECTIONS", "--database-connections".
std::string variable_of(const std::string& key);
std::string flag_of(const std::string& key);

/// A URL without its passwords: postgres://u:***@h/x?sslpassword=***. Rather too much is hidden than a part of a password that
/// nobody escaped.
std::string without_passwords(std::string url);

class Config {
 public:
  explicit Config(std::vector<Key> keys);

  /// A section that holds no key, in a file or as HOLDFAST_SECTION_NAME, is somebody else's, unless its name looks like a typo
  /// of one that does: for a command that reads a service's configuration.
  void leave_other_sections() { leaves_others_ = true; }
  void read_file(const std::string& path);
  void read_environment(const char* const* environment);
  /// from: where the value stands, for errors and print().
  void set(const std::string& key, const std::string& value, const std::string& from);

  const std::string& text(const std::string& key) const;
  std::int64_t integer(const std::string& key) const;
  std::chrono::milliseconds duration(const std::string& key) const;
  std::int64_t size(const std::string& key) const;
  bool boolean(const std::string& key) const;
  bool is_set(const std::string& key) const;  // by file, environment or flag
  const std::string& from(const std::string& key) const;

  const std::vector<Key>& keys() const { return keys_; }
  std::string print() const;  // each value and where it came from; secrets masked, those in URLs too

 private:
  struct Value {
    std::string text, from;
  };
  const Key& known(const std::string& key, const std::string& from) const;
  const Value& value(const std::string& key) const;
  bool is_left_alone(const std::string& section) const;
  void require_known_section(const std::string& section, const std::string& from) const;
  void require_left_alone(const std::string& variable) const;

  std::vector<Key> keys_;
  std::map<std::string, Value> values_;
  bool leaves_others_ = false;
};

}  // namespace holdfast::service
