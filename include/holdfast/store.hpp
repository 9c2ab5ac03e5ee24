// The service's database: a pool of connections with health checks, and Holdfast's tables in it.
//
//   holdfast::Store store = holdfast::open_store("postgres://app@db/orders");      // or postgres::open, sqlite::open
//   auto id = store.transact([&](holdfast::Transaction& tx) { ...; return id; });
//
// A cheap shared handle. Thread-safe. Errors: Unavailable when no connection can be had within `acquire_timeout`.
#pragma once
#include <memory>
#include <type_traits>
#include <utility>

#include "holdfast/transaction.hpp"

namespace holdfast {

namespace detail {
class StoreBase;
bool retry_after(const std::exception& failure, int attempt);  // serialization failure, deadlock, lost before commit
}  // namespace detail

class Store {
 public:
  explicit Store(std::shared_ptr<detail::StoreBase> impl) : impl_(std::move(impl)) {}

  Transaction begin();

  /// Runs body in a transaction, commits, returns what body returned. A serialization failure, a deadlock or a
  /// connection lost before COMMIT was sent runs body again in a fresh transaction, up to 5 times: body must
  /// change nothing outside but through tx. Any other exception rolls back and passes through.
  template <class Body>
  std::invoke_result_t<Body&, Transaction&> transact(Body&& body) {
    for (int attempt = 1;; ++attempt) {
      try {
        Transaction tx = begin();
        if constexpr (std::is_void_v<std::invoke_result_t<Body&, Transaction&>>) {
          body(tx);
          tx.commit();
          return;
        } else {
          auto result = body(tx);
          tx.commit();
          return result;
        }
      } catch (const std::exception& failure) {
        if (!detail::retry_after(failure, attempt)) throw;
      }
    }
  }

  /// Creates or upgrades Holdfast's tables, under a lock. A schema whose oldest reader is newer than this library: throws Invalid.
  void migrate();
  Dialect dialect() const;
  const std::shared_ptr<detail::StoreBase>& impl() const { return impl_; }

 private:
  std::shared_ptr<detail::StoreBase> impl_;
};

}  // namespace holdfast
