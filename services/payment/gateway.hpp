// The outside world of payment: a card gateway that knows idempotency keys, and a sandbox of one.
// Thread-safe. Errors: Unavailable (not now), std::runtime_error (this call failed; the same key may be tried again).
#pragma once
#include <functional>
#include <holdfast/store.hpp>
#include <string>

namespace shop::payment {

struct Charge {
  std::string key;  // idempotency key: the same key is charged once
  std::int64_t orderId = 0;
  holdfast::Money amount;
  std::string currency;
};

class Gateway {
 public:
  virtual ~Gateway() = default;
  virtual bool charge(const Charge& charge) = 0;       ///< false: declined, or the key is spent
  /// The key is spent: what was charged is given back, and a charge that comes later, from a slower program, takes nothing.
  virtual void refund(const std::string& charge_key) = 0;
};

/// Keeps a ledger in a SQLite file of its own; money is judged by it. By the amount: *.02 is declined, *.07 fails twice and is
/// then charged, *.09 is Unavailable for 10 s from its first try.
class SandboxGateway : public Gateway {
 public:
  explicit SandboxGateway(const std::string& ledger_file,
                          std::function<double()> seconds = {});  // default: SQLite's clock
  bool charge(const Charge& charge) override;
  void refund(const std::string& charge_key) override;

 private:
  enum class Mood { charges, declines, fails, away };
  Mood mood(const Charge& charge);

  holdfast::Store ledger_;
  std::function<double()> seconds_;
};

}  // namespace shop::payment
