// What the chaos tests share: a folder, the three programs in it, a wait for what other processes do.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>

#include "demo/account.hpp"
#include "demo/orders.hpp"
#include "demo/system.hpp"
#include "holdfast/store.hpp"

namespace holdfast::chaos {

class Folder {
 public:
  Folder();
  ~Folder();  // kept where a test failed, and named
  Folder(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string url(const std::string& file) const { return "sqlite:" + (path_ / file).string(); }

 private:
  std::filesystem::path path_;
};

/// Looks again and again, for at most two minutes: other processes send no signals.
[[nodiscard]] bool eventually(const std::function<bool()>& so);

/// The seed of a run: CHAOS_SEED, else a fixed one. Named in each failure.
std::uint64_t seed();

/// The shop with its shelves filled, and the account of what came of its orders.
struct Shop {
  explicit Shop(int orders, std::uint64_t with_seed);
  void place(const std::function<void(int placed)>& progress);
  demo::Account account() const { return demo::take_account(system.layout(), deeds); }
  bool settled() const;
  std::string words() const;  // of the account, for a failure

  Folder folder;
  std::vector<demo::Order> orders;
  demo::System system;
  demo::Deeds deeds;
};

}  // namespace holdfast::chaos
