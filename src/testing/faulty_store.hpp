// A store whose next inbox commit can be made to fail, as if the database went away: rolled back, to be run again.
#pragma once
#include <memory>

#include "holdfast/errors.hpp"
#include "ports/store_base.hpp"

namespace holdfast::testing {

class FaultyStore : public detail::StoreBase {
 public:
  FaultyStore(std::shared_ptr<detail::StoreBase> real, const ports::Clock& clock)
      : real_(std::move(real)), clock_(clock) {}
  void fail_next_commit() { *fail_ = true; }

  std::string name() const override { return real_->name(); }
  Dialect dialect() const override { return real_->dialect(); }
  const ports::Clock& clock() const override { return clock_; }
  Transaction begin() override { return real_->begin(); }
  Transaction begin_read() override { return real_->begin_read(); }
  void require_writable() override { real_->require_writable(); }
  void migrate() override { real_->migrate(); }
  void check_schema() override { real_->check_schema(); }
  void expect_handlers_of(ports::Millis deadline) override { real_->expect_handlers_of(deadline); }
  void use_clock(const ports::Clock& clock) override { real_->use_clock(clock); }
  std::unique_ptr<ports::OutboxStore> outbox() override { return real_->outbox(); }
  std::unique_ptr<ports::AdminStore> admin() override { return real_->admin(); }
  std::unique_ptr<ports::InboxStore> inbox(const std::string& consumer) override;

 private:
  std::shared_ptr<detail::StoreBase> real_;
  const ports::Clock& clock_;
  std::shared_ptr<bool> fail_ = std::make_shared<bool>(false);
};

}  // namespace holdfast::testing
