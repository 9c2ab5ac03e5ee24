#include "payment/gateway.hpp"

#include <holdfast/sqlite.hpp>

namespace shop::payment {
namespace {

constexpr double away_for = 10;  // seconds, *.09
constexpr int fails_for = 2;     // tries, *.07

void create_ledger(holdfast::Store& ledger) {
  ledger.transact([](holdfast::Transaction& tx) {
    tx.exec(
        "CREATE TABLE IF NOT EXISTS ledger(key TEXT PRIMARY KEY, order_id INTEGER NOT NULL, amount TEXT NOT NULL,"
        " currency TEXT NOT NULL, outcome TEXT NOT NULL, refunded INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID");
    tx.exec("CREATE TABLE IF NOT EXISTS spent(key TEXT PRIMARY KEY) WITHOUT ROWID");
    tx.exec(
        "CREATE TABLE IF NOT EXISTS tries(key TEXT PRIMARY KEY, tries INTEGER NOT NULL, first REAL NOT NULL) WITHOUT "
        "ROWID");
  });
}

}  // namespace

SandboxGateway::SandboxGateway(const std::string& ledger_file, std::function<double()> seconds)
    : ledger_(holdfast::sqlite::open({.file = ledger_file})), seconds_(std::move(seconds)) {
  create_ledger(ledger_);
}

/// Counts this try, and says how the gateway takes it.
SandboxGateway::Mood SandboxGateway::mood(const Charge& charge) {
  const auto cents = charge.amount.units() % 100;
  if (cents == 2) return Mood::declines;
  if (cents != 7 && cents != 9) return Mood::charges;
  return ledger_.transact([&](holdfast::Transaction& tx) {
    const double now = seconds_ ? seconds_() : tx.query<double>("SELECT (julianday('now') - 2440587.5) * 86400").one();
    const auto [tries, first] = tx.query<int, double>(
                                      "INSERT INTO tries(key, tries, first) VALUES ($1, 1, $2)"
                                      " ON CONFLICT(key) DO UPDATE SET tries = tries + 1 RETURNING tries, first",
                                      charge.key, now)
                                    .one();
    if (cents == 7) return tries <= fails_for ? Mood::fails : Mood::charges;
    return now < first + away_for ? Mood::away : Mood::charges;
  });
}

bool SandboxGateway::charge(const Charge& charge) {
  const Mood mood = this->mood(charge);
  if (mood == Mood::fails) throw std::runtime_error("the gateway failed on order " + std::to_string(charge.orderId));
  if (mood == Mood::away)
    throw holdfast::Unavailable("the gateway is away for order " + std::to_string(charge.orderId));
  return ledger_.transact([&](holdfast::Transaction& tx) {
    if (tx.query<int>("SELECT 1 FROM spent WHERE key = $1", charge.key).one_or_none()) return false;
    tx.exec(
        "INSERT INTO ledger(key, order_id, amount, currency, outcome) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO "
        "NOTHING",
        charge.key, charge.orderId, charge.amount, charge.currency, mood == Mood::declines ? "declined" : "charged");
    return tx.query<std::string>("SELECT outcome FROM ledger WHERE key = $1", charge.key).one() == "charged";
  });
}

void SandboxGateway::refund(const std::string& charge_key) {
  ledger_.transact([&](holdfast::Transaction& tx) {
    tx.exec("INSERT INTO spent(key) VALUES ($1) ON CONFLICT DO NOTHING", charge_key);
    tx.exec("UPDATE ledger SET refunded = 1 WHERE key = $1 AND outcome = 'charged'", charge_key);
  });
}

}  // namespace shop::payment
