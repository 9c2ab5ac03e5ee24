// Two instances of one service, both at the same event at once.
#include "rivals.hpp"

namespace holdfast::host_test {
namespace {

struct G3_Rivals : RivalsAt<Place> {};

TEST_F(G3_Rivals, TwoInstancesThatCallOutsideAtOnceForOneEventMakeOneEffect) {
  const EventId id = one_effect_of_two(options("rival", "test.db"));
  EXPECT_EQ(state("pay", id), "handled");
  const std::string reserved = " WHERE type = 'test.reserved.v1'";
  EXPECT_EQ(Db(folder.file("test.db"))
                .one("SELECT (SELECT count(*) FROM holdfast_outbox" + reserved +
                     ") + (SELECT count(*) FROM holdfast_outbox_published" + reserved + ")"),
            "1")
      << "the loser leaves nothing";
}

}  // namespace
}  // namespace holdfast::host_test
