#include "demo/table.hpp"

#include <fmt/format.h>

#include <holdfast/contract.hpp>

namespace holdfast::demo {
namespace {

std::string grouped(std::int64_t n) {  // 1 072
  std::string digits = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (n < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<std::size_t>(at), " ");
  return digits;
}

std::string row(const std::string& done, const std::string& came) { return fmt::format("  {:<52} {}\n", done, came); }

std::string faults(const Account& a, const Deeds& d) {
  std::string out = row("What was done to it", "What came of it");
  out += row(grouped(d.orders) + " orders over HTTP",
             fmt::format("{} confirmed, {} cancelled ({} no stock, {} declined)", grouped(a.confirmed),
                         grouped(a.cancelled), a.no_stock, a.declined));
  out += row(fmt::format("{} events delivered twice, to two consumers", d.twice.size()),
             fmt::format("{} duplicates absorbed", a.duplicates_absorbed));
  out += row(fmt::format("{} poison events, to two consumers", d.poison.size()),
             fmt::format("{} dead letters, nobody else waited       holdfast dlq list", a.poison_dead));
  out += row("inventory killed in the middle of work",
             fmt::format("back in {:.1f} s, {} events handed out again, {} applied twice", d.back_after,
                         d.killed_in_flight, a.stock_wrong.size()));
  out += row(fmt::format("bus away for {:.0f} s", d.away),
             fmt::format("{} attempts used up, backlog gone {:.1f} s after its return", a.attempts_by_outage,
                         d.caught_up_after));
  out += row(fmt::format("{} cancellations that overtook their order", d.overtaken.size()),
             fmt::format("{} remembered, nothing reserved for them", a.tombstones));
  return out + row("gateway failing at random", fmt::format("{} retries, all settled in the end", a.gateway_retries));
}

std::string consumers(const Account& a) {
  std::string out = "  consumer     published   handled   retry   blocked   dead   lost\n";
  for (const auto& c : a.consumers)
    out += fmt::format("  {:<12} {:>9} {:>9} {:>7} {:>9} {:>6} {:>6}\n", c.name, grouped(c.published),
                       grouped(c.handled), c.retry, c.blocked, c.dead, c.lost);
  return out;
}

std::string judgement(const Account& a, const Deeds& d) {
  std::string out =
      fmt::format("  stock taken = what confirmed orders say     {}\n", a.stock_wrong.empty() ? "yes" : "NO");
  for (const auto& wrong : a.stock_wrong) out += "    " + wrong + "\n";
  out += fmt::format("  money kept = total of confirmed orders      {}, {} INR\n",
                     a.kept == a.owed ? "yes" : "NO: kept " + a.kept.to_string() + ", owed", a.owed.to_string());
  if (a.nothing_lost())
    return out +
           fmt::format("\n  NOTHING LOST. {} of {} orders settled in {:.1f} s.           Try it yourself: ./dev up\n",
                       grouped(a.placed - a.open), grouped(a.placed), d.settled_after);
  return out + fmt::format("\n  NOT ALL IS WELL: {} orders open, {} events pending; see the lines above.\n", a.open,
                           a.pending);
}

struct Json {  // stable names
  std::int64_t orders = 0, placed = 0, confirmed = 0, cancelled = 0, noStock = 0, declined = 0, open = 0, pending = 0;
  std::int64_t duplicatesAbsorbed = 0, poisonDead = 0, redelivered = 0, overtaken = 0, tombstones = 0,
               attemptsUsedByOutage = 0, gatewayRetries = 0;
  double inventoryBackAfter = 0, busAway = 0, caughtUpAfter = 0, settledAfter = 0;
  std::vector<std::string> stockWrong;
  Money moneyKept, moneyOwed;
  std::vector<ConsumerAccount> consumers;
  bool nothingLost = false;
};

}  // namespace

std::string as_text(const Account& a, const Deeds& d) {
  return faults(a, d) + "\n" + consumers(a) + "\n" + judgement(a, d);
}

std::string as_json(const Account& a, const Deeds& d) {
  return Codec<Json>::encode({d.orders,
                              a.placed,
                              a.confirmed,
                              a.cancelled,
                              a.no_stock,
                              a.declined,
                              a.open,
                              a.pending,
                              a.duplicates_absorbed,
                              a.poison_dead,
                              d.killed_in_flight,
                              static_cast<std::int64_t>(d.overtaken.size()),
                              a.tombstones,
                              a.attempts_by_outage,
                              a.gateway_retries,
                              d.back_after,
                              d.away,
                              d.caught_up_after,
                              d.settled_after,
                              a.stock_wrong,
                              a.kept,
                              a.owed,
                              a.consumers,
                              a.nothing_lost()}) +
         "\n";
}

}  // namespace holdfast::demo
