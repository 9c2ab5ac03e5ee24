// What holdfast deferred and holdfast dlq work on: events that consumers of one database set aside, as selected by flags; how
// they are shown.
#pragma once
#include <optional>
#include <string>

#include "admin/act.hpp"
#include "admin/import.hpp"
#include "cli/cli.hpp"

namespace holdfast::cli {

struct DeferredFlags {
  admin::SelectionText selection;
  bool dry_run = false, yes = false, stop = false;
  int canary = 0;
  std::string rate, note, edited, wait = "30s";
};

class Deferred {
 public:
  Deferred(Cli& cli, DeferredFlags& flags, bool dead_only, connect::Access access, int limit)
      : cli_(cli), flags_(flags), limit_(limit), dead_only_(dead_only), access_(access) {}

  int list();
  int show();

 protected:
  detail::StoreBase& base();
  admin::Frozen select();
  admin::Frozen select(const ports::Selection& selection, bool dead_only);
  ports::Selection selected();
  /// What it means for an exit code: ok, found_something where a DLQ is not there, refused where one cannot be read.
  static int tell(const std::vector<admin::NotLookedAt>& dlqs);

  Cli& cli_;
  DeferredFlags& flags_;
  int limit_;  // the usual one
  bool more_ = false;  // than was selected

 private:
  bool asks_broker() const { return dead_only_ && cli_.config().is_set("broker.url"); }
  Store opened();
  void empty_broker_dlq();
  void tell_of_retrying(const ports::Selection& selection);

  bool dead_only_;
  connect::Access access_;
  std::string not_looked_at_;  // why
  std::optional<Store> store_;
};

}  // namespace holdfast::cli
