#include "demo/account.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace holdfast::demo {
namespace {

using Ids = std::set<EventId>;

std::string name(const Sent& event) {
  return fmt::format("{} ({} of {})", event.id.to_string(), event.type, event.key);
}

class Judge {
 public:
  Judge(const Books& books, const Deeds& deeds)
      : books_(books), deeds_(deeds), poison_(deeds.poison.begin(), deeds.poison.end()) {}

  Account verdict() {
    count();
    orders_answered(), events_of_orders(), shelves_and_payments(), tombstones(), stock(), money(), effects(), figures();
    const auto from_order = sent(Part::order);
    auto outcomes = sent(Part::inventory);
    outcomes.merge(sent(Part::payment));
    consumer(Part::inventory, from_order, true), consumer(Part::payment, from_order, true);
    consumer(Part::order, outcomes, false);
    return std::move(a_);
  }

 private:
  template <class... Parts>
  void wrong(fmt::format_string<Parts...> what, Parts&&... parts) {
    a_.wrong.push_back(fmt::format(what, std::forward<Parts>(parts)...));
  }

  void count() {
    for (const auto& [id, order] : books_.orders) {
      ++a_.placed;
      if (order.status == "pending") ++a_.open;
      if (order.status == "confirmed") ++a_.confirmed, a_.owed += order.amount;
      if (order.status == "cancelled")
        ++a_.cancelled, ++(order.reason.starts_with("stock") ? a_.no_stock : a_.declined);
    }
    a_.pending = books_.pending, a_.attempts = books_.attempts;
    if (deeds_.unbound > 0) returned();
    a_.tried_charges = books_.tried_charges, a_.gateway_retries = books_.gateway_tries - books_.tried_charges;
    a_.charged_in_the_end = books_.charged_in_the_end;
  }

  /// Without a binding an event is returned at each attempt: of these, and of no others.
  void returned() {
    for (const auto& event : books_.sent.at(Part::inventory))
      if (event.type == "stock.reserved.v1" && event.attempts > 0) ++a_.returned, a_.attempts -= event.attempts;
  }

  /// Each order that was answered 201 is there, and no other.
  void orders_answered() {
    std::set<std::int64_t> answered;
    for (const auto id : deeds_.answered) {
      if (!answered.insert(id).second) wrong("order {}: two orders were answered with this number", id);
      else if (!books_.orders.contains(id)) wrong("order {}: it was answered 201 and is not among the orders", id);
    }
    for (const auto& [id, order] : books_.orders)
      if (!answered.contains(id)) wrong("order {}: it is among the orders and nobody was told of it", id);
  }

  /// One event says that it was placed, one how it ended.
  void events_of_orders() {
    std::map<std::pair<std::string, std::string>, int> told;
    for (const auto& event : books_.sent.at(Part::order)) ++told[{event.type, event.key}];
    const auto once = [&](std::int64_t id, const std::string& type) {
      const int times = told[{type, std::to_string(id)}];
      if (times != 1) wrong("order {}: {} was published {} times, not once", id, type, times);
    };
    for (const auto& [id, order] : books_.orders) {
      once(id, "order.created.v1");
      if (order.status != "pending") once(id, "order." + order.status + ".v1");
    }
  }

  /// What inventory and payment keep of an order says the same as order does.
  void shelves_and_payments() {
    static const std::set<std::string> no_goods{"rejected", "released", "cancelled"},
        no_money{"declined", "refunded", "cancelled"};
    for (const auto& [id, order] : books_.orders) {
      if (order.status == "pending") continue;
      const bool confirmed = order.status == "confirmed";
      const auto reservation = books_.reservations.find(id);
      if (reservation == books_.reservations.end()) wrong("order {}: inventory has no row of it", id);
      else if (confirmed ? reservation->second != "reserved" : !no_goods.contains(reservation->second))
        wrong("order {}: it is {}, inventory says {}", id, order.status, reservation->second);
      const auto payment = books_.payments.find(id);
      if (payment == books_.payments.end()) wrong("order {}: payment has no row of it", id);
      else if (confirmed ? payment->second.status != "charged" || payment->second.amount != order.amount
                         : !no_money.contains(payment->second.status))
        wrong("order {}: it is {} over {}, payment says {} over {}", id, order.status, order.amount.to_string(),
              payment->second.status, payment->second.amount.to_string());
    }
  }

  /// Between two topics of Kafka either may come first.
  void tombstones() {
    for (const auto id : deeds_.overtaken) {
      const auto found = books_.reservations.find(id);
      if (found != books_.reservations.end() && found->second == "cancelled") ++a_.tombstones;
      else if (!deeds_.kafka) wrong("order {}: its cancellation came first and inventory does not remember that", id);
    }
  }

  void stock() {
    std::map<std::string, std::int64_t> taken;
    for (const auto& [id, order] : books_.orders)
      if (order.status == "confirmed")
        for (const auto& [product, qty] : order.items) taken[product] += qty;
    for (const auto& [product, before] : deeds_.stock) {
      const auto now = books_.stock.find(product);
      const auto right = before - taken[product];
      if (now != books_.stock.end() && now->second == right) continue;
      a_.stock_wrong.push_back(fmt::format("product {}: {} on hand, confirmed orders say {}", product,
                                           now == books_.stock.end() ? "no row" : std::to_string(now->second), right));
    }
  }

  /// The gateway keeps the amount of each confirmed order, and of no other.
  void money() {
    a_.kept = Money();
    std::map<std::int64_t, Money> kept;
    for (const auto& charge : books_.ledger)
      if (charge.outcome == "charged" && !charge.refunded)
        kept[charge.order] += charge.amount, a_.kept += charge.amount;
    for (const auto& [id, order] : books_.orders) {
      const Money owed = order.status == "confirmed" ? order.amount : Money();
      if (order.status != "pending" && kept[id] != owed)
        wrong("order {}: the gateway keeps {}, owed are {}", id, kept[id].to_string(), owed.to_string());
      kept.erase(id);
    }
    for (const auto& [id, amount] : kept)
      wrong("order {}: the gateway keeps {} and nobody knows the order", id, amount.to_string());
  }

  /// Each reserved line was taken from the shelf once, each order is in the ledger once, each outcome was told once.
  void effects() {
    for (const auto& [product, before] : deeds_.stock) {
      const auto now = books_.stock.find(product), lines = books_.reserved.find(product);
      const auto taken = before - (now == books_.stock.end() ? 0 : now->second),
                 reserved = lines == books_.reserved.end() ? 0 : lines->second;
      if (taken == reserved) continue;
      a_.applied_twice += std::abs(taken - reserved);
      wrong("product {}: {} taken from the shelf, {} reserved", product, taken, reserved);
    }
    std::map<std::string, int> charges;
    for (const auto& charge : books_.ledger) ++charges[std::to_string(charge.order)];
    once_at_most(charges, "the gateway's ledger");
    for (const Part part : {Part::inventory, Part::payment}) {
      std::map<std::string, int> told;
      for (const auto& event : books_.sent.at(part)) ++told[event.key];
      once_at_most(told, "the outbox of " + name_of(part));
    }
  }

  void once_at_most(const std::map<std::string, int>& by_order, const std::string& where) {
    for (const auto& [order, times] : by_order)
      if (times > 1) a_.applied_twice += times - 1, wrong("order {}: {} times in {}", order, times, where);
  }

  /// What a program counted cannot be counted again; what it must be at least is known. No order with a charge that is tried
  /// again is cancelled meanwhile: there is enough on the shelf for all of them.
  void figures() {
    const auto copies = static_cast<std::int64_t>(deeds_.twice.size());
    for (const Part part : {Part::inventory, Part::payment}) {
      const auto found = deeds_.absorbed.find(name_of(part));
      const auto absorbed = found == deeds_.absorbed.end() ? 0 : found->second;
      if (absorbed < copies)
        wrong("{} of {} copies were absorbed as duplicates at {}", absorbed, copies, name_of(part));
    }
    if (a_.charged_in_the_end != a_.tried_charges)
      wrong("{} of {} charges that the gateway failed were made in the end", a_.charged_in_the_end, a_.tried_charges);
  }

  /// What went to everybody and is followed: nobody follows order.confirmed.
  std::map<EventId, Sent> sent(Part part) const {
    std::map<EventId, Sent> out;
    for (const auto& event : books_.sent.at(part))
      if (!event.type.starts_with("order.confirmed.")) out.emplace(event.id, event);
    return out;
  }

  void consumer(Part part, const std::map<EventId, Sent>& events, bool gets_poison) {
    const Received& at = books_.received.at(part);
    ConsumerAccount c{at.consumer, static_cast<std::int64_t>(events.size())};
    for (const auto& [id, event] : events)
      if (!at.inbox.contains(id)) ++c.lost, wrong("event {}: {} has no row of it", name(event), c.name);
    if (gets_poison) poison(at, c);
    for (const auto& [id, state] : at.inbox) {
      if (state == "handled") ++c.handled;
      if (state == "retrying") ++c.retry;
      if (!events.contains(id) && !(gets_poison && poison_.contains(id)))
        wrong("event {}: {} has it as {} and no outbox tells of it", id.to_string(), c.name, state);
    }
    set_aside(at, c);
    a_.consumers.push_back(std::move(c));
  }

  /// The poison is dead, all of it, and nothing else is.
  void poison(const Received& at, ConsumerAccount& c) {
    c.published += static_cast<std::int64_t>(poison_.size());
    for (const auto& id : poison_) {
      const auto found = at.inbox.find(id);
      if (found == at.inbox.end()) ++c.lost;
      if (found == at.inbox.end() || found->second != "dead")
        wrong("poison {}: it must be dead at {} and is {}", id.to_string(), c.name,
              found == at.inbox.end() ? "not there" : found->second);
      else ++a_.poison_dead;
    }
  }

  /// inbox deferred or dead <=> one row of what was set aside, which says the same.
  void set_aside(const Received& at, ConsumerAccount& c) {
    for (const auto& [id, state] : at.inbox) {
      if (state == "dead") ++c.dead;
      if (state == "dead" && !poison_.contains(id))
        ++a_.others_dead, wrong("event {}: it is dead at {} and was no poison", id.to_string(), c.name);
      if (state == "discarded") wrong("event {}: it was discarded at {}", id.to_string(), c.name);
      if ((state == "dead" || state == "deferred") && !at.deferred.contains(id))
        wrong("event {}: {} has it as {} and nothing is set aside", id.to_string(), c.name, state);
    }
    for (const auto& [id, state] : at.deferred) {
      if (state == "retry") ++c.retry;
      if (state == "blocked") ++c.blocked;
      const auto found = at.inbox.find(id);
      const std::string said = found == at.inbox.end() ? "nothing" : found->second;
      if (said != (state == "dead" ? "dead" : "deferred"))
        wrong("event {}: set aside at {} as {}, its inbox says {}", id.to_string(), c.name, state, said);
    }
  }

  const Books& books_;
  const Deeds& deeds_;
  const Ids poison_;
  Account a_;
};

}  // namespace

bool Account::settled() const {
  return open == 0 && pending == 0 && std::all_of(consumers.begin(), consumers.end(), [](const auto& c) {
           return c.retry == 0 && c.blocked == 0 && c.lost == 0;
         });
}

bool Account::nothing_lost() const { return settled() && stock_wrong.empty() && wrong.empty() && kept == owed; }

Account judge(const Books& books, const Deeds& deeds) { return Judge(books, deeds).verdict(); }

}  // namespace holdfast::demo
