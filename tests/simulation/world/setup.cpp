#include "simulation/world/setup.hpp"

#include <sstream>
#include <stdexcept>
#include <vector>

namespace sim {
namespace {

struct Fault {
  const char* name;
  bool Setup::* flag;
};
constexpr Fault faults[] = {{"kills", &Setup::kills},
                            {"pauses", &Setup::pauses},
                            {"store_calls", &Setup::store_calls},
                            {"store_outages", &Setup::store_outages},
                            {"server_crashes", &Setup::server_crashes},
                            {"sessions", &Setup::sessions},
                            {"broker_outages", &Setup::broker_outages},
                            {"nacks", &Setup::nacks},
                            {"unbound", &Setup::unbound},
                            {"refused", &Setup::refused},
                            {"duplicates", &Setup::duplicates},
                            {"late_commits", &Setup::late_commits},
                            {"rollbacks", &Setup::rollbacks},
                            {"failures", &Setup::failures},
                            {"invalid", &Setup::invalid},
                            {"crashers", &Setup::crashers},
                            {"bad_release", &Setup::bad_release},
                            {"dependency", &Setup::dependency},
                            {"operators", &Setup::operators},
                            {"broker_tools", &Setup::broker_tools},
                            {"prune", &Setup::prune},
                            {"restore", &Setup::restore},
                            {"clocks", &Setup::clocks},
                            {"stops", &Setup::stops},
                            {"gaps", &Setup::gaps},
                            {"odd_times", &Setup::odd_times},
                            {"slow", &Setup::slow},
                            {"rebalances", &Setup::rebalances},
                            {"consumer_restore", &Setup::consumer_restore},
                            {"purges", &Setup::purges},
                            {"lost_waits", &Setup::lost_waits},
                            {"retention", &Setup::retention}};
constexpr Fault options[] = {{"via_broker", &Setup::via_broker},
                             {"keeps_session_order", &Setup::keeps_session_order},
                             {"handlers_publish", &Setup::handlers_publish},
                             {"enlisted", &Setup::enlisted},
                             {"own_transactions", &Setup::own_transactions},
                             {"any_type", &Setup::any_type},
                             {"slow_acks", &Setup::slow_acks},
                             {"log", &Setup::log},
                             {"eager", &Setup::eager}};
struct Number {
  const char* name;
  int Setup::* value;
};
constexpr Number numbers[] = {{"batch", &Setup::batch}, {"lanes", &Setup::lanes},   {"events", &Setup::events},
                              {"keys", &Setup::keys},   {"window", &Setup::window}, {"partitions", &Setup::partitions}};

}  // namespace

Setup draw(Random& random) {
  Setup s;
  const int what = random.below(6);
  s.ordering = what < 3 ? holdfast::Ordering::by_key : holdfast::Ordering::none;
  if (what < 3 && random.chance(.35)) s.after_dead = holdfast::AfterDead::proceed;
  s.via_broker = !s.by_key() && random.chance(.6);
  s.keeps_session_order = random.chance(.3);
  s.handlers_publish = random.chance(.25);
  s.enlisted = random.chance(.5);
  s.own_transactions = random.chance(.2);
  s.any_type = random.chance(.2);
  s.batch = random.chance(.2) ? 1 : random.between(2, 6);
  s.lanes = random.between(1, 3);
  s.events = random.between(6, 14);
  s.keys = random.between(1, 4);
  s.window = random.chance(.3) ? 100 : random.between(1, 4);
  const double share = random.chance(.08) ? 1.0 : random.chance(.4) ? .12 : .35;
  for (const Fault& fault : faults)
    if (fault.flag != &Setup::retention) s.*fault.flag = random.chance(share);
  s.slow_acks = random.chance(.25);
  if (s.gaps || s.odd_times) s.prune |= random.chance(.7);  // else they are like any other event or pause
  return s;
}

/// With chance of its own: the other seeds stay as they are.
void draw_transport(Random& random, Setup& setup) {
  setup.log = random.chance(.3);
  setup.eager = random.chance(.4);
  setup.partitions = random.between(1, 4);
  setup.retention = random.chance(.2);
}

void apply(const std::string& words, Setup& setup) {
  std::istringstream in(words);
  for (std::string word; in >> word;) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const int value = equals == word.npos ? 1 : std::stoi(word.substr(equals + 1));
    bool known = true;
    if (name == "by_key") setup.ordering = value ? holdfast::Ordering::by_key : holdfast::Ordering::none;
    else if (name == "proceed") setup.after_dead = value ? holdfast::AfterDead::proceed : holdfast::AfterDead::block;
    else if (name == "all" || name == "calm")
      for (const Fault& fault : faults) setup.*fault.flag = (name == "all") == (value != 0);
    else known = false;
    for (const Fault& fault : faults)
      if (name == fault.name) setup.*fault.flag = value, known = true;
    for (const Fault& option : options)
      if (name == option.name) setup.*option.flag = value, known = true;
    for (const Number& number : numbers)
      if (name == number.name) setup.*number.value = value, known = true;
    if (!known) throw std::invalid_argument("no set-up is called " + name);
  }
  if (setup.by_key()) setup.via_broker = false;
  else setup.after_dead = holdfast::AfterDead::block;
  if (setup.log) setup.keeps_session_order = true;
  else setup.eager = setup.retention = false;
}

std::string to_string(const Setup& s) {
  std::string out = s.log ? "log=1 " : "log=0 ";
  out += s.by_key() ? (s.after_dead == holdfast::AfterDead::block ? "by_key=1 proceed=0" : "by_key=1 proceed=1")
                    : "by_key=0";
  for (const Number& number : numbers) out += std::string(" ") + number.name + "=" + std::to_string(s.*number.value);
  for (const Fault& option : options)
    if (s.*option.flag && option.flag != &Setup::log) out += std::string(" ") + option.name;
  out += " | faults:";
  for (const Fault& fault : faults)
    if (s.*fault.flag) out += std::string(" ") + fault.name;
  return out;
}

}  // namespace sim
