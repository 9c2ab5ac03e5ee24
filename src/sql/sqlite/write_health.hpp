// What became of the last transaction of this process that wanted to write: a full disk or a damaged page shows in no other way,
// and a program must not call itself ready while it can only read. Threads: any.
#pragma once
#include <mutex>

#include "sql/database.hpp"

namespace holdfast::sqlite {

class WriteHealth {
 public:
  std::optional<sql::WriteTrouble> trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
  }
  void failed(std::string why, bool for_good) {
    const std::lock_guard lock(mutex_);
    if (!trouble_ || !trouble_->for_good) trouble_ = {std::move(why), for_good};
  }
  void succeeded() {
    const std::lock_guard lock(mutex_);
    if (trouble_ && !trouble_->for_good) trouble_.reset();
  }

 private:
  mutable std::mutex mutex_;
  std::optional<sql::WriteTrouble> trouble_;
};

}  // namespace holdfast::sqlite
