// One replica's view of slots: votes, ballots, frontier, window. The rules of agreement are told in
// text; this is replica 1 of three, whose quorum is two, and which resolves lane 0.

#include "protocols/chora/board.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "protocols/chora/batch.h"
#include "protocols/chora/proposer.h"
#include "protocols/chora/resolver.h"
#include "tests/support/script.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using chora::Board;
using chora::SlotName;
using chora::Value;

chora::Config ConfigOf() {
  chora::Config config;
  config.cluster = core::Cluster{"a", core::NodeId(0), 3, 1, 0, false};
  config.hard_window = 64;
  config.checkpoint_rounds = 8;
  config.ring_rounds = 64 + 1 + 4 * 8;
  return config;
}

const core::Bytes& EmptyBatch() {
  static const core::Bytes kBatch = chora::Batch::Encode({}, {});
  return kBatch;
}

class Table {
 public:
  Table()
      : config_(ConfigOf()),
        board_(config_, 1),
        resolver_(board_, 1),
        proposer_(board_, 1, core::Random(1)) {}

  std::string Answer(const Command& command) {
    const std::string& name = command.name();
    if (name == "round") {
      // The boundary of a round: votes on those before, then ballot 1, then later ones.
      const auto now = command.Get<std::uint64_t>("n");
      if (now > 0) board_.CastUpTo(now - 1, now, [](std::uint64_t) {});
      resolver_.Run(now, [](SlotName) {});
      proposer_.Run(now, /*may_try=*/true, [](SlotName) {});
      return "";
    }
    const SlotName slot{command.Get<std::uint64_t>("round"), command.Get<std::uint32_t>("lane")};
    if (name == "batch") {
      board_.Store(slot, EmptyBatch());
    } else if (name == "vote") {
      board_.CountVote(slot, command.Get<std::uint32_t>("from"),
                       command.Get<std::uint32_t>("is") != 0);
    } else if (name == "propose") {
      const bool is_accepted =
          board_.Accept(slot, command.Get<std::uint32_t>("ballot"), ValueOf(command));
      return is_accepted ? "accepted" : "refused";
    } else if (name == "prepare") {
      return board_.Promise(slot, command.Get<std::uint32_t>("ballot")) ? "promised" : "refused";
    } else if (name == "promise") {
      proposer_.OnPromise(slot, command.Get<std::uint32_t>("from"),
                          command.Get<std::uint32_t>("ballot"),
                          command.Get<std::int32_t>("accepted"), ValueOf(command));
    } else if (name == "accepted") {
      board_.CountAcceptance(slot, command.Get<std::uint32_t>("from"),
                             command.Get<std::uint32_t>("ballot"), ValueOf(command));
    } else if (name != "show") {
      return "no such command";
    }
    return Show(slot);
  }

 private:
  static Value ValueOf(const Command& command) {
    return command.Get<std::string>("value") == "batch" ? Value::kBatch : Value::kNoop;
  }
  static std::string Name(Value value) { return value == Value::kBatch ? "batch" : "nothing"; }

  std::string Show(SlotName name) const {
    const chora::Row& row = board_.ring().row(name.round);
    const chora::Slot& slot = board_.ring().slot(name);
    std::string text = "votes ";
    for (std::uint32_t i = 0; i < 3; ++i) {
      const bool is_known = chora::Has(slot.known, i);
      absl::StrAppend(&text, !is_known ? "?" : chora::Has(slot.ones, i) ? "1" : "0");
    }
    if (slot.promised > 0) absl::StrAppend(&text, ", promised ", slot.promised);
    if (slot.accepted >= 0) {
      absl::StrAppend(&text, ", accepted ", Name(slot.accepted_value), " at ", slot.accepted);
    }
    if (chora::Has(row.preparing, name.lane)) {
      absl::StrAppend(&text, ", asks for promises at ", slot.contest->ballot);
    }
    if (chora::Has(row.proposing, name.lane)) {
      absl::StrAppend(&text, ", proposes ", Name(slot.contest->value), " at ",
                      slot.contest->ballot);
    }
    if (chora::Has(row.wanted, name.lane)) absl::StrAppend(&text, ", wants the batch");
    if (chora::Has(row.decided, name.lane)) {
      const bool is_batch = chora::Has(row.batches, name.lane);
      absl::StrAppend(&text, ", decided ", Name(is_batch ? Value::kBatch : Value::kNoop));
    }
    return text;
  }

  chora::Config config_;
  Board board_;
  chora::Resolver resolver_;
  chora::Proposer proposer_;
};

TEST_CASE("chora board: votes and ballots, by the rules of agreement") {
  Table table;
  RunScript("protocols/chora/agreement.txt",
            [&](const Command& command) { return table.Answer(command); });
}

// A board whose lanes have all batches of rounds below `end`, decided.
void Fill(Board& board, std::uint64_t begin, std::uint64_t end) {
  for (std::uint64_t q = begin; q < end; ++q) {
    for (std::uint32_t lane = 0; lane < 3; ++lane) {
      board.Store({q, lane}, EmptyBatch());
      board.Decide({q, lane}, Value::kBatch, 0);
    }
  }
}

TEST_CASE("chora board: the frontier waits for decisions, and for the batches decided") {
  const chora::Config config = ConfigOf();
  Board board(config, 1);
  Fill(board, 0, 2);
  board.Store({2, 0}, EmptyBatch());
  board.Decide({2, 0}, Value::kBatch, 0);
  board.Decide({2, 1}, Value::kNoop, 3);
  CHECK(board.AdvanceFrontier() == 2);
  board.Decide({2, 2}, Value::kBatch, 0);
  CHECK(board.AdvanceFrontier() == 0);  // Its batch is missing.
  CHECK(board.wanted() == std::vector<SlotName>{{2, 2}});
  board.Store({2, 2}, EmptyBatch());
  CHECK(board.AdvanceFrontier() == 1);
  CHECK(board.frontier() == 3);
  REQUIRE(board.news().size() == 1);  // The one that was not by votes.
  CHECK(board.news()[0].ballot == 3);
}

TEST_CASE("chora board: a second, other decision is news and changes nothing") {
  const chora::Config config = ConfigOf();
  Board board(config, 1);
  board.Decide({0, 0}, Value::kNoop, 1);
  board.Decide({0, 0}, Value::kNoop, 2);
  board.Decide({0, 0}, Value::kBatch, 2);
  REQUIRE(board.news().size() == 2);
  CHECK(board.news()[1].kind == chora::SlotNews::Kind::kSecond);
  CHECK_FALSE(chora::Has(board.ring().row(0).batches, 0));
}

TEST_CASE("chora board: acts lie above the floor, above the base, and within the window") {
  const chora::Config config = ConfigOf();
  Board board(config, 1);
  CHECK(board.IsActable(0));
  CHECK(board.IsActable(64));
  CHECK_FALSE(board.IsActable(65));
  board.set_first_allowed(3);
  CHECK_FALSE(board.IsActable(2));
  CHECK(board.IsActable(3));
  board.set_acting(false);
  CHECK_FALSE(board.IsActable(3));
  CHECK_FALSE(board.Promise({3, 0}, 2));
  CHECK_FALSE(board.Accept({3, 0}, 2, Value::kNoop));
  CHECK_FALSE(board.MayPropose(3));
  board.set_acting(true);
  Fill(board, 0, 20);
  board.AdvanceFrontier();
  board.Truncate(10);
  CHECK_FALSE(board.IsActable(9));
  CHECK(board.IsActable(84));
  CHECK_FALSE(board.IsActable(85));
  // What comes after the base is fresh, also where memory is used again.
  CHECK(board.ring().end() == 10 + config.ring_rounds);
  CHECK(board.ring().row(board.ring().end() - 1).decided == 0);
}

TEST_CASE("chora board: at or below the floor nothing is cast, promised or accepted (2.8)") {
  const chora::Config config = ConfigOf();
  Board board(config, 1);
  board.set_first_allowed(3);
  std::vector<std::uint64_t> cast;
  board.CastUpTo(4, 5, [&](std::uint64_t round) { cast.push_back(round); });
  CHECK(cast == std::vector<std::uint64_t>{3, 4});
  CHECK(board.ring().row(2).voted == 0);
  CHECK_FALSE(board.Promise({2, 0}, 2));
  CHECK_FALSE(board.Accept({2, 0}, 1, Value::kNoop));
  CHECK_FALSE(board.MayPropose(2));
  CHECK(board.ring().slot({2, 0}).accepted == -1);
  CHECK(board.Promise({3, 0}, 2));
  CHECK(board.Accept({4, 0}, 1, Value::kNoop));
  CHECK(board.MayPropose(5));
}

TEST_CASE("chora board: a change of lanes holds alpha rounds later, if its lane is active") {
  const chora::Config config = ConfigOf();
  Board board(config, 1);
  const auto decide = [&](SlotName name, const chora::Reconf& change) {
    board.Store(name, chora::Batch::Encode(std::vector<chora::Reconf>{change}, {}));
    board.Decide(name, Value::kBatch, 0);
  };
  decide({0, 0}, {2, false, 0});
  decide({0, 1}, {1, false, 0});  // That would leave one lane, fewer than a quorum.
  Fill(board, 0, 2);
  board.AdvanceFrontier();
  CHECK(board.frontier() == 2);
  CHECK(board.lanes().At(1) == 7);
  CHECK(board.lanes().At(2) == 3);
  CHECK(board.lanes().EpochOf(2) == 2);
  CHECK(board.lanes().EpochOf(1) == 0);

  // The lane is not waited for, and what stands in it is not read.
  decide({2, 2}, {2, true, 2});
  decide({2, 0}, {2, true, 0});  // Of an epoch that is past.
  board.Store({2, 1}, EmptyBatch());
  board.Decide({2, 1}, Value::kBatch, 0);
  CHECK(board.AdvanceFrontier() == 1);
  CHECK(board.lanes().newest() == 3);
  decide({3, 0}, {2, true, 2});
  board.Store({3, 1}, EmptyBatch());
  board.Decide({3, 1}, Value::kBatch, 0);
  CHECK(board.AdvanceFrontier() == 1);
  CHECK(board.lanes().At(5) == 7);
  REQUIRE(board.lane_changes().size() == 2);
  CHECK(board.lane_changes()[0].since == 2);
  CHECK(board.lane_changes()[1].since == 5);
  for (const chora::LaneChange& change : board.lane_changes()) CHECK(change.changed == 4);
}

TEST_CASE("chora board: lanes at a checkpoint include what is pending") {
  chora::Config config = ConfigOf();
  config.checkpoint_rounds = 4;
  Board board(config, 1);
  board.Store({3, 0}, chora::Batch::Encode(std::vector<chora::Reconf>{{2, false, 0}}, {}));
  board.Decide({3, 0}, Value::kBatch, 0);
  Fill(board, 0, 4);
  board.AdvanceFrontier();
  REQUIRE(board.lane_states().size() == 1);
  const chora::Lanes::State state = board.lane_states()[0];
  CHECK(state.round == 4);
  CHECK(state.lanesets == std::vector<std::uint64_t>{7, 3});
  CHECK(state.epochs == std::vector<std::uint64_t>{0, 0, 5});
  Board other(config, 2);
  other.JumpTo(state);
  CHECK(other.frontier() == 4);
  CHECK(other.ring().base() == 4);
  CHECK(other.lanes().At(4) == 7);
  CHECK(other.lanes().newest() == 3);
}

}  // namespace
}  // namespace lockstep::tests
