// A replica in another view of the clusters (the Picsou paper, on reconfiguration): what counts
// together, what is sent again, what stays.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "analysis/c3b/schedule.h"
#include "protocols/core/random.h"
#include "protocols/core/view.h"
#include "protocols/picsou/notes.h"
#include "tests/protocols/picsou/rig.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using Weights = std::vector<std::uint32_t>;

core::View ViewOf(const picsou::Config& config, std::uint64_t number, const Weights& own,
                  const Weights& other, const Weights& own_turns = {},
                  const Weights& other_turns = {}) {
  return {number,
          {{config.own.first, config.own.size, own, own_turns},
           {config.other.first, config.other.size, other, other_turns}}};
}

// A rig whose peers state a view.
class ViewedRig : public Rig {
 public:
  explicit ViewedRig(const picsou::Config& settings, std::uint32_t index = 0)
      : Rig(settings, index), self_(core::SpeakerOf(core::NodeId(index))) {}

  void Tell(core::Now now, const core::View& view) { replica->OnView(now, view, out); }
  void HearIn(std::uint32_t view, core::Now now, std::uint32_t j, std::uint64_t cumulative) {
    HearBatch(now, j, {kIn, {}, kOut, picsou::Ack{cumulative, 0, {}}, 0, view});
  }
  void HearBatch(core::Now now, std::uint32_t j, const picsou::Batch& batch) {
    replica->OnMessage(now, Receiver(j), codec().Encode(batch, Keys(Receiver(j)), self_), out);
  }
  std::vector<std::uint64_t> Quacks() {
    std::vector<std::uint64_t> quacks;
    for (const core::effect::Note& note : Notes(out, core::NoteKind::kQuacked))
      quacks.push_back(note.values.first);
    return quacks;
  }

 private:
  core::Identity self_;
};

const Weights kOtherTurns = {6, 4, 2, 0, 1, 3, 5};
const Weights kOwnTurns = {2, 3, 1, 0};

}  // namespace

TEST_CASE("views: all above the QUACK is sent again by the new schedule, and nothing below") {
  const picsou::Config config = PicsouConfig();
  ViewedRig rig(config);
  constexpr std::uint64_t kCommitted = 100;
  constexpr std::uint64_t kQuacked = 30;
  rig.Start(kCommitted);
  rig.Quack(NowAtMs(1), kQuacked);
  rig.FreeAll(NowAtMs(2));
  rig.Take();
  rig.Tell(NowAtMs(3), ViewOf(config, 1, {}, {}, kOwnTurns, kOtherTurns));
  core::Cluster own = config.own;
  core::Cluster other = config.other;
  own.positions = kOwnTurns;
  other.positions = kOtherTurns;
  const picsou::Schedule schedule(own, other);
  std::vector<std::uint64_t> again;
  for (std::uint64_t k = kQuacked; k < kCommitted; ++k)
    if (schedule.Sender(k, 0) == 0) again.push_back(k);
  CHECK(rig.PositionsSent(rig.out) == again);
  for (std::uint32_t j = 0; j < kOtherSize; ++j) {
    for (const picsou::Batch& batch : rig.BatchesTo(rig.out, j)) {
      CHECK(batch.view == 1);
      for (const core::Records& records : batch.data)
        for (std::uint64_t i = 0; i < records.run.count; ++i)
          CHECK(schedule.Receiver(records.run.At(i), 0) == j);
    }
  }
}

TEST_CASE("views: what waits of the old schedule is not sent any more") {
  picsou::Config config = PicsouConfig();
  config.batch_bytes = 100'000;
  config.batch_delay = core::Duration::Milliseconds(50);
  ViewedRig rig(config);
  rig.Start(28);  // What waits for more to come is one message for each receiver.
  CHECK(rig.PositionsSent(rig.out).empty());
  // From now on it has no turn.
  rig.Tell(NowAtMs(3), ViewOf(config, 1, {0, 1, 1, 2}, {0, 0, 0, 0, 0, 0, 7}));
  rig.replica->OnTimer(NowAtMs(60), TimerAt(rig.out, NowAtMs(50)), rig.out);
  CHECK(rig.PositionsSent(rig.out).empty());
}

TEST_CASE("views: acknowledgements count together that state the own view, and no others") {
  const picsou::Config config = PicsouConfig();  // u_r + 1 = 3
  ViewedRig rig(config);
  rig.Start(100);
  for (const std::uint32_t j : {0U, 1U}) rig.HearIn(0, NowAtMs(1), j, 9);
  rig.Tell(NowAtMs(2), ViewOf(config, 5, {}, {}, kOwnTurns));
  rig.HearIn(5, NowAtMs(3), 2, 9);  // A third, and the first of this view.
  for (const std::uint32_t j : {3U, 4U, 5U}) rig.HearIn(0, NowAtMs(4), j, 9);
  for (const std::uint32_t j : {3U, 4U, 5U}) rig.HearIn(6, NowAtMs(5), j, 9);
  rig.HearIn(5, NowAtMs(6), 0, 8);
  CHECK(rig.Quacks().empty());
  rig.HearIn(5, NowAtMs(7), 1, 9);
  CHECK(rig.Quacks() == std::vector<std::uint64_t>{8});
  rig.HearIn(5, NowAtMs(8), 0, 9);
  CHECK(rig.Quacks() == std::vector<std::uint64_t>{8, 9});
}

TEST_CASE("views: the QUACK stays, though in the new view nobody has acknowledged so much yet") {
  const picsou::Config config = PicsouConfig();
  ViewedRig rig(config);
  rig.Start(100);
  rig.Quack(NowAtMs(1), 40);
  rig.Tell(NowAtMs(2), ViewOf(config, 1, {}, {}, kOwnTurns));
  rig.Take();
  for (std::uint32_t j = 0; j < kOtherSize; ++j) rig.HearIn(1, NowAtMs(3), j, 20);
  CHECK(rig.Quacks().empty());
  for (std::uint32_t j = 0; j < 3; ++j) rig.HearIn(1, NowAtMs(4), j, 41);
  CHECK(rig.Quacks() == std::vector<std::uint64_t>{41});
}

TEST_CASE("views: complaints of the old view order nothing in the new one") {
  const picsou::Config config = PicsouConfig();  // r_r + 1 = 3, every repeat counts
  ViewedRig rig(config, 1);
  rig.Start(100);
  for (std::uint32_t j = 0; j < kOtherSize; ++j) rig.HearIn(0, NowAtMs(1), j, 4);
  for (const std::uint32_t j : {0U, 1U}) rig.HearIn(0, NowAtMs(2), j, 4);
  rig.Tell(NowAtMs(3), ViewOf(config, 1, {}, {}));
  rig.Take();
  // What would have been the third complaint is a first report here; and so it goes on.
  rig.HearIn(1, NowAtMs(4), 2, 4);
  for (const std::uint32_t j : {0U, 1U}) rig.HearIn(1, NowAtMs(5), j, 4);
  CHECK(Notes(rig.out, picsou::kComplaint).empty());
  for (const std::uint32_t j : {0U, 1U, 2U}) rig.HearIn(1, NowAtMs(6), j, 4);
  CHECK(Notes(rig.out, picsou::kComplaint).size() == 1);
}

TEST_CASE("views: what a batch of another view carries is taken all the same") {
  const picsou::Config config = PicsouConfig();
  ViewedRig rig(config);
  rig.Start(0);
  rig.Tell(NowAtMs(1), ViewOf(config, 2, {}, {}, kOwnTurns));
  rig.HearBatch(NowAtMs(2), 3, {kIn, {Incoming({0, 3, 1})}, kOut, {}, 0, 1});
  CHECK(Notes(rig.out, core::NoteKind::kDelivered).size() == 1);
}

TEST_CASE("views: who has no stake sends nothing but no-ops, is sent nothing, and weighs nothing") {
  const picsou::Config config = PicsouConfig();
  ViewedRig out_of_it(config);
  out_of_it.Start(0);
  const Weights own = {0, 1, 2, 1};
  const Weights other = {1, 1, 0, 1, 1, 1, 3};
  out_of_it.Tell(NowAtMs(1), ViewOf(config, 1, own, other));
  out_of_it.Commit(NowAtMs(2), 100);
  CHECK(out_of_it.PositionsSent(out_of_it.out).empty());
  // Back in the next view, it takes its turns.
  out_of_it.Tell(NowAtMs(3), ViewOf(config, 2, {}, other));
  CHECK(out_of_it.PositionsSent(out_of_it.out).size() == 25);

  ViewedRig within(config, 2);
  within.Start(0);
  within.Tell(NowAtMs(1), ViewOf(config, 1, own, other));
  within.Commit(NowAtMs(2), 100);
  CHECK(within.PositionsSent(within.out).size() == 50);
  CHECK(within.BatchesTo(within.out, 2).empty());
  for (const std::uint32_t j : {0U, 1U, 2U}) within.HearIn(1, NowAtMs(3), j, 9);
  CHECK(within.Quacks().empty());  // Two of three.
  within.HearIn(1, NowAtMs(4), 3, 9);
  CHECK(within.Quacks() == std::vector<std::uint64_t>{9});
}

TEST_CASE("views: a stale, a repeated and an impossible one change nothing") {
  const picsou::Config config = PicsouConfig();
  ViewedRig rig(config);
  rig.Start(50);
  rig.Tell(NowAtMs(1), ViewOf(config, 4, {}, {}, kOwnTurns));
  rig.FreeAll(NowAtMs(1));
  rig.Take();
  rig.Tell(NowAtMs(2), ViewOf(config, 4, {}, {}));
  rig.Tell(NowAtMs(2), ViewOf(config, 3, {}, {}));
  rig.Tell(NowAtMs(2), ViewOf(config, 9, {1, 1, 1, 0}, {}));      // less than 2u + r + 1
  rig.Tell(NowAtMs(2), ViewOf(config, 9, {}, {1, 1}));            // not one for each
  rig.Tell(NowAtMs(2), ViewOf(config, 9, {}, {}, {0, 0, 0, 0}));  // no order
  rig.Tell(NowAtMs(2), core::View{9, {}});                        // of others
  CHECK(rig.out.list().empty());
}

TEST_CASE("views: a schedule passes over whoever has no stake, as the oracles read the rule") {
  core::Random random(11);
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    const auto draw = [&](std::uint32_t size) {
      core::Cluster cluster{"", core::NodeId(0), size};
      for (std::uint32_t i = 0; i < size; ++i)
        cluster.stake.push_back(static_cast<std::uint32_t>(random.Below(4)));
      const std::uint64_t member = random.Below(size);
      cluster.stake[member] = 1 + static_cast<std::uint32_t>(random.Below(3));
      return cluster;
    };
    const core::Cluster senders = draw(2 + static_cast<std::uint32_t>(random.Below(5)));
    const core::Cluster receivers = draw(2 + static_cast<std::uint32_t>(random.Below(5)));
    const picsou::Schedule ours(senders, receivers);
    const analysis::Schedule theirs(senders, receivers);
    for (std::uint64_t k = 0; k < 60; ++k) {
      for (std::uint64_t t = 0; t < 20; ++t) {
        const picsou::Schedule::Pair pair = ours.PairOf(k, t);
        REQUIRE(pair.sender == theirs.Sender(k, t));
        REQUIRE(pair.receiver == theirs.Receiver(k, t));
        REQUIRE(senders.stake[pair.sender] > 0);
        REQUIRE(receivers.stake[pair.receiver] > 0);
      }
      for (std::uint64_t i = 0; i < senders.size; ++i)
        REQUIRE((theirs.FirstAttemptOf(i, k) > 0) == (senders.stake[i] > 0));
    }
  }
}

TEST_CASE("views: what is held stays held where the stream comes by another schedule") {
  core::Random random(5);
  for (const std::uint64_t period : {1U, 12U, 28U, 0U}) {
    CAPTURE(period);
    picsou::Inbound inbound(16, 64, 100);
    std::vector<core::Run> stored;
    for (int i = 0; i < 40; ++i) {
      stored.push_back({random.Below(300), 1 + random.Below(4), 1 + random.Below(20)});
      inbound.Store(Incoming(stored.back()));
    }
    const auto missing = [&] {
      std::vector<std::uint64_t> numbers;
      for (const core::Run& run : inbound.Missing(400, 400))
        for (std::uint64_t i = 0; i < run.count; ++i) numbers.push_back(run.At(i));
      std::sort(numbers.begin(), numbers.end());
      return numbers;
    };
    const std::uint64_t count = inbound.count();
    const std::uint64_t cumulative = inbound.cumulative();
    const std::vector<std::uint64_t> lacking = missing();
    inbound.OnView(period);
    CHECK(inbound.count() == count);
    CHECK(inbound.cumulative() == cumulative);
    CHECK(missing() == lacking);
    for (const core::Run& run : stored) CHECK(inbound.Store(Incoming(run)).empty());
  }
}

TEST_CASE("views: what may go for want of room is what enough peers have, by their new stake") {
  picsou::Retained::Config config;
  config.peers = 4;
  config.sparing = 2;
  config.messages = 2;
  config.bytes = core::ByteCount(1 << 20);
  picsou::Retained retained(config);
  for (std::uint64_t k = 0; k < 3; ++k) retained.Add(Incoming({k, 1, 1}));
  for (const std::uint32_t peer : {1U, 2U}) retained.OnPeerAck(peer, 3);
  retained.Ripen(3);
  CHECK(retained.limit() == ~std::uint64_t{0});
  // Only the third peer has any stake left, and has acknowledged nothing.
  retained.OnView(2, {1, 0, 0, 3});
  CHECK(retained.limit() < 10);
  retained.OnPeerAck(3, 3);
  CHECK(retained.limit() == ~std::uint64_t{0});
}

}  // namespace lockstep::tests
