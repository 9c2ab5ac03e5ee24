#include "transport/sqlite_bus/neighbours.hpp"

#include <filesystem>
#include <map>

namespace holdfast::transport::sqlite_bus {
namespace {

std::string one_name(const std::string& file) {
  std::error_code unknown;
  const auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(file, unknown), unknown);
  return unknown ? file : path.string();
}

}  // namespace

std::shared_ptr<Neighbours> Neighbours::of(const std::string& file) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<Neighbours>> all;
  const std::lock_guard lock(mutex);
  std::erase_if(all, [](const auto& entry) { return entry.second.expired(); });
  auto& known = all[one_name(file)];
  auto here = known.lock();
  if (!here) known = here = std::make_shared<Neighbours>();
  return here;
}

Neighbours::Turn::Turn(Neighbours& all) : all_(all) {
  std::unique_lock lock(all_.mutex_);
  const auto mine = all_.next_++;
  all_.called_.wait(lock, [&] { return all_.served_ == mine; });
}

Neighbours::Turn::~Turn() {
  const std::lock_guard lock(all_.mutex_);
  ++all_.served_;
  all_.called_.notify_all();
}

void Neighbours::add(ports::Waker& waker) {
  const std::lock_guard lock(mutex_);
  wakers_.insert(&waker);
}

void Neighbours::remove(ports::Waker& waker) {
  const std::lock_guard lock(mutex_);
  wakers_.erase(&waker);
}

void Neighbours::wake() noexcept {
  const std::lock_guard lock(mutex_);
  for (auto* waker : wakers_) waker->wake();
}

}  // namespace holdfast::transport::sqlite_bus
