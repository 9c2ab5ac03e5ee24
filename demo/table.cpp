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

std::string absorbed(const Deeds& d) {
  std::string where;
  std::int64_t all = 0;
  for (const auto& [consumer, n] : d.absorbed)
    if (n > 0) all += n, where += fmt::format("{}{} at {}", where.empty() ? "" : ", ", n, consumer);
  return fmt::format("{} duplicates absorbed*{}", all, where.empty() ? "" : " (" + where + ")");
}

std::string faults(const Account& a, const Deeds& d) {
  std::string out = row("What was done to it", "What came of it");
  out += row(grouped(static_cast<std::int64_t>(d.answered.size())) + " orders over HTTP",
             fmt::format("{} confirmed, {} cancelled ({} no stock, {} declined)", grouped(a.confirmed),
                         grouped(a.cancelled), a.no_stock, a.declined));
  out += row(fmt::format("{} events delivered twice", d.twice.size()), absorbed(d));
  out += row(fmt::format("{} poison events", d.poison.size()),
             fmt::format("{} dead letters of them, {} of others", a.poison_dead, a.others_dead));
  out +=
      row(d.killed_in_flight > 0 ? "inventory killed in the middle of work" : "inventory killed, nothing in its hands",
          fmt::format("back in {:.1f} s, {} events in its hands* handed out again, {} applied twice", d.back_after,
                      d.killed_in_flight, a.applied_twice));
  out += row(fmt::format("{} away for {:.1f} s", d.rabbitmq || d.kafka ? "broker" : "bus", d.away),
             fmt::format("{} attempts used up, backlog gone {:.1f} s after its return", a.attempts, d.caught_up_after));
  if (d.unbound > 0)
    out +=
        row(fmt::format("binding of stock.reserved removed for {:.1f} s", d.unbound),
            fmt::format("{} events returned, waited, went on by themselves in {:.1f} s", a.returned, d.flowed_after));
  out += row(fmt::format("{} declined cards, {}", d.overtaken.size(),
                         d.kafka ? "inventory not there" : "cancellations put first by hand"),
             d.kafka ? fmt::format("{} cancellations came before their order and were remembered", a.tombstones)
                     : fmt::format("{} remembered by inventory", a.tombstones));
  out += row(fmt::format("gateway failing, {} charges", a.tried_charges),
             fmt::format("{} retries, {} charged in the end", a.gateway_retries, a.charged_in_the_end));
  return out + "  * counted while it ran, as are all seconds; the rest is computed from the databases and the ledger\n";
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
  constexpr std::size_t most = 20;
  for (std::size_t i = 0; i < a.wrong.size() && i < most; ++i) out += "  WRONG: " + a.wrong[i] + "\n";
  if (a.wrong.size() > most) out += fmt::format("  ... and {} more\n", a.wrong.size() - most);
  if (a.nothing_lost())
    return out +
           fmt::format("\n  NOTHING LOST. {} of {} orders settled in {:.1f} s.           Try it yourself: ./dev up\n",
                       grouped(a.placed - a.open), grouped(a.placed), d.settled_after);
  return out + fmt::format("\n  NOT ALL IS WELL: {} orders open, {} events pending; see the lines above.\n", a.open,
                           a.pending);
}

struct Binding {  // seconds
  double away = 0, flowedAfter = 0;
};
struct Json {  // stable names
  std::int64_t orders = 0, placed = 0, confirmed = 0, cancelled = 0, noStock = 0, declined = 0, open = 0, pending = 0;
  std::int64_t deliveredTwice = 0;
  std::map<std::string, std::int64_t> duplicatesAbsorbed;  // by consumer
  std::int64_t poisonDead = 0, othersDead = 0, redelivered = 0, appliedTwice = 0, overtaken = 0, tombstones = 0,
               attemptsUsed = 0;
  std::int64_t gatewayRetries = 0, gatewayCharges = 0, gatewayCharged = 0;
  double inventoryBackAfter = 0, busAway = 0, caughtUpAfter = 0, settledAfter = 0;
  std::int64_t returned = 0;
  Binding binding;
  std::vector<std::string> stockWrong, wrong;
  Money moneyKept, moneyOwed;
  std::vector<ConsumerAccount> consumers;
  bool nothingLost = false;
};

}  // namespace

std::string as_text(const Account& a, const Deeds& d) {
  return faults(a, d) + "\n" + consumers(a) + "\n" + judgement(a, d);
}

std::string as_json(const Account& a, const Deeds& d) {
  return Codec<Json>::encode({static_cast<std::int64_t>(d.answered.size()),
                              a.placed,
                              a.confirmed,
                              a.cancelled,
                              a.no_stock,
                              a.declined,
                              a.open,
                              a.pending,
                              static_cast<std::int64_t>(d.twice.size()),
                              d.absorbed,
                              a.poison_dead,
                              a.others_dead,
                              d.killed_in_flight,
                              a.applied_twice,
                              static_cast<std::int64_t>(d.overtaken.size()),
                              a.tombstones,
                              a.attempts,
                              a.gateway_retries,
                              a.tried_charges,
                              a.charged_in_the_end,
                              d.back_after,
                              d.away,
                              d.caught_up_after,
                              d.settled_after,
                              a.returned,
                              {d.unbound, d.flowed_after},
                              a.stock_wrong,
                              a.wrong,
                              a.kept,
                              a.owed,
                              a.consumers,
                              a.nothing_lost()}) +
         "\n";
}

}  // namespace holdfast::demo
