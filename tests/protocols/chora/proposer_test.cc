// Proposers of ballots >= 2 that bid for the same slot: who gives way, and for how long.

#include "protocols/chora/proposer.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "protocols/chora/batch.h"
#include "protocols/chora/board.h"
#include "protocols/chora/config.h"
#include "protocols/core/random.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using chora::SlotName;
using chora::Value;

chora::Config ConfigOf(std::uint32_t replicas) {
  chora::Config config;
  config.cluster = core::Cluster{"a", core::NodeId(0), replicas, (replicas - 1) / 2, 0, false};
  config.hard_window = 64;
  config.checkpoint_rounds = 8;
  config.ring_rounds = 64 + 1 + 4 * 8;
  return config;
}

struct Bidder {
  Bidder(const chora::Config& config, std::uint32_t self)
      : board(config, self), proposer(board, config.depth, core::Random(self + 1)) {}
  chora::Board board;
  chora::Proposer proposer;
};

constexpr SlotName kSlot{0, 0};

// Some replicas of a cluster whose messages take very long: each round they look at one slot.
class Auction {
 public:
  Auction(std::uint32_t replicas, std::vector<std::uint32_t> alive, std::uint64_t delay)
      : config_(ConfigOf(replicas)), alive_(std::move(alive)), delay_(delay) {
    for (std::uint32_t i = 0; i < replicas; ++i) {
      bidders_.push_back(std::make_unique<Bidder>(config_, i));
      bidders_.back()->board.CastUpTo(0, 1, [](std::uint64_t) {});
    }
  }
  // The round in which all that are alive know the decision; `until` if they do not.
  std::uint64_t Run(std::uint64_t until) {
    for (now_ = 1; now_ < until; ++now_) {
      for (; !letters_.empty() && letters_.front().at <= now_; letters_.pop_front()) {
        letters_.front().read();
      }
      bool is_over = true;
      for (const std::uint32_t i : alive_) {
        Look(i);
        is_over &= chora::Has(bidders_[i]->board.ring().row(0).decided, kSlot.lane);
      }
      if (is_over) return now_;
    }
    return until;
  }

 private:
  struct Letter {
    std::uint64_t at;
    std::function<void()> read;
  };

  template <typename Read>
  void ToOthers(std::uint32_t from, Read read) {
    for (const std::uint32_t to : alive_) {
      if (to == from) continue;
      letters_.push_back({now_ + delay_, [this, to, read] { read(*bidders_[to], to); }});
    }
  }
  void Look(std::uint32_t self) {
    Bidder& me = *bidders_[self];
    const auto bid = [&] {
      const chora::Contest* contest = me.board.ring().slot(kSlot).contest.get();
      return contest == nullptr ? 0 : contest->ballot;
    };
    const std::uint32_t before = bid();
    me.proposer.Run(now_, /*may_try=*/true, [&](SlotName) { Propose(self); });
    if (bid() != before) Prepare(self, bid());
  }
  void Prepare(std::uint32_t self, std::uint32_t ballot) {
    ToOthers(self, [this, self, ballot](Bidder& at, std::uint32_t to) {
      at.proposer.OnBallot(kSlot, ballot, now_);
      if (!at.board.Promise(kSlot, ballot)) return;
      const chora::Slot& slot = at.board.ring().slot(kSlot);
      const std::int32_t accepted = slot.accepted;
      const Value value = slot.accepted_value;
      letters_.push_back({now_ + delay_, [this, self, to, ballot, accepted, value] {
                            bidders_[self]->proposer.OnPromise(kSlot, to, ballot, accepted, value);
                          }});
    });
  }
  void Propose(std::uint32_t self) {
    const chora::Contest& contest = *bidders_[self]->board.ring().slot(kSlot).contest;
    const std::uint32_t ballot = contest.ballot;
    const Value value = contest.value;
    Announce(self, ballot, value);
    ToOthers(self, [this, ballot, value](Bidder& at, std::uint32_t to) {
      at.proposer.OnBallot(kSlot, ballot, now_);
      if (at.board.Accept(kSlot, ballot, value)) Announce(to, ballot, value);
    });
  }
  void Announce(std::uint32_t self, std::uint32_t ballot, Value value) {
    ToOthers(self, [this, self, ballot, value](Bidder& at, std::uint32_t) {
      at.proposer.OnBallot(kSlot, ballot, now_);
      at.board.CountAcceptance(kSlot, self, ballot, value);
    });
  }

  chora::Config config_;
  std::vector<std::uint32_t> alive_;
  std::uint64_t delay_;
  std::vector<std::unique_ptr<Bidder>> bidders_;
  std::deque<Letter> letters_;
  std::uint64_t now_ = 0;
};

TEST_CASE("chora proposer: a quorum that all bid agree, however long an exchange takes (2.5)") {
  // Of seven, the owner and two more are dead: all of the others must accept the same ballot. An
  // exchange is four messages.
  for (const std::uint64_t delay : {1U, 8U, 40U, 120U}) {
    CAPTURE(delay);
    CHECK(Auction(7, {1, 3, 4, 6}, delay).Run(20'000) < 8 + 4 * 6 + 64 * delay);
  }
}

TEST_CASE("chora proposer: whoever is outbid gives way for at least half of a growing back-off") {
  Bidder bidder(ConfigOf(3), 1);
  bidder.board.CastUpTo(0, 1, [](std::uint64_t) {});
  std::uint64_t tried_at = 0;
  std::uint64_t pause = 0;
  std::uint32_t tries = 0;
  for (std::uint64_t now = 1; now < 20'000; ++now) {
    const chora::Slot& slot = bidder.board.ring().slot(kSlot);
    const std::uint32_t before = slot.contest == nullptr ? 0 : slot.contest->ballot;
    bidder.proposer.Run(now, /*may_try=*/true, [](SlotName) {});
    const std::uint32_t ballot = slot.contest == nullptr ? 0 : slot.contest->ballot;
    if (ballot == before) continue;
    if (tried_at > 0) CHECK(now - tried_at >= pause);
    ++tries;
    // 8D after the first try, and twice as much after each, up to 1024; outbid a round later.
    pause = std::min<std::uint64_t>(8U << (tries - 1), 1'024);
    tried_at = now;
    bidder.proposer.OnBallot(kSlot, ballot + 1, now + pause - 1);
    CHECK(slot.contest->next_try >= now + pause - 1 + pause / 2);
  }
  CHECK(tries > 8);
}

TEST_CASE("chora proposer: where nobody answers it asks again, at last each 1024 rounds") {
  Bidder bidder(ConfigOf(3), 1);
  bidder.board.CastUpTo(0, 1, [](std::uint64_t) {});
  std::uint64_t tried_at = 0;
  std::uint32_t last = 0;
  for (std::uint64_t now = 1; now < 8'000; ++now) {
    bidder.proposer.Run(now, /*may_try=*/true, [](SlotName) {});
    const chora::Slot& slot = bidder.board.ring().slot(kSlot);
    if (slot.contest == nullptr || slot.contest->ballot == last) continue;
    if (tried_at > 0) CHECK(now - tried_at <= 1'024);
    tried_at = now;
    last = slot.contest->ballot;
  }
  CHECK(tried_at > 8'000 - 1'024);
}

TEST_CASE("chora proposer: of what was accepted the greatest ballot binds, in whatever order") {
  for (const bool is_greatest_first : {true, false}) {
    CAPTURE(is_greatest_first);
    Bidder bidder(ConfigOf(5), 1);
    bidder.board.CastUpTo(0, 1, [](std::uint64_t) {});
    bidder.board.Store(kSlot, chora::Batch::Encode({}, {}));
    std::uint32_t ballot = 0;
    for (std::uint64_t now = 1; ballot == 0; ++now) {
      bidder.proposer.Run(now, /*may_try=*/true, [](SlotName) {});
      const chora::Slot& slot = bidder.board.ring().slot(kSlot);
      if (slot.contest != nullptr) ballot = slot.contest->ballot;
    }
    const auto promise = [&](std::uint32_t from, std::int32_t accepted, Value value) {
      bidder.proposer.OnPromise(kSlot, from, ballot, accepted, value);
    };
    if (is_greatest_first) promise(2, 3, Value::kNoop);
    promise(3, 0, Value::kBatch);
    if (!is_greatest_first) promise(2, 3, Value::kNoop);
    bidder.proposer.Run(30, /*may_try=*/false, [](SlotName) {});
    const chora::Slot& slot = bidder.board.ring().slot(kSlot);
    CHECK(slot.accepted == static_cast<std::int32_t>(ballot));
    CHECK(slot.accepted_value == Value::kNoop);
  }
}

}  // namespace
}  // namespace lockstep::tests
