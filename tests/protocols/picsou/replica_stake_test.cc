// A replica among others with stake (the Picsou paper, section 5): what it sends, whom it believes.

#include <cstdint>
#include <vector>

#include "protocols/picsou/notes.h"
#include "tests/protocols/picsou/rig.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

// Senders 3, 1, 1, 1 with u = 2 and r = 1; receivers 1, 1, 6, 1, 1, 1, 2 with u = 4 and r = 3.
picsou::Config WithStake() {
  picsou::Config config = PicsouConfig();
  config.own.stake = {3, 1, 1, 1};
  config.own.u = 2;
  config.other.stake = {1, 1, 6, 1, 1, 1, 2};
  config.other.u = 4;
  config.other.r = 3;
  return config;
}

// The same, where one sender has nearly everything, and so the others no share of a quantum.
picsou::Config WithGiant() {
  picsou::Config config = WithStake();
  config.own.stake = {1 << 20, 1, 1, 1};
  return config;
}

TEST_CASE("replica by stake: it sends what falls to its own slots, in order, to whose turn it is") {
  for (const picsou::Config& config : {WithStake(), WithGiant()}) {
    const picsou::Schedule schedule(config.own, config.other);
    for (std::uint32_t index = 0; index < kOwnSize; ++index) {
      CAPTURE(index);
      Rig rig(config, index);
      constexpr std::uint64_t kCommitted = 300;
      rig.Start(kCommitted);
      std::vector<std::uint64_t> own;
      for (std::uint64_t position = 0; position < kCommitted; ++position)
        if (schedule.Sender(position, 0) == index) own.push_back(position);
      CHECK(rig.PositionsSent(rig.out) == own);
      for (std::uint32_t j = 0; j < kOtherSize; ++j)
        for (const picsou::Batch& batch : rig.BatchesTo(rig.out, j))
          for (const core::Records& records : batch.data)
            for (std::uint64_t i = 0; i < records.run.count; ++i)
              CHECK(schedule.Receiver(records.run.At(i), 0) == j);
    }
  }
}

TEST_CASE("replica by stake: after a QUACK it goes on behind it, and sends nothing twice") {
  const picsou::Config config = WithStake();
  const picsou::Schedule schedule(config.own, config.other);
  Rig rig(config, 0);
  rig.Start(10);
  rig.Take();
  rig.HearAck(NowAtMs(1), 2, 50);  // 6 of stake are more than u_r.
  rig.Commit(NowAtMs(2), 70);
  std::vector<std::uint64_t> own;
  for (std::uint64_t position = 50; position < 70; ++position)
    if (schedule.Sender(position, 0) == 0) own.push_back(position);
  CHECK(rig.PositionsSent(rig.out) == own);
}

TEST_CASE("replica by stake: a heavy receiver is a QUACK, and many light ones are none") {
  Rig light(WithStake());
  light.Start(20);
  for (const std::uint32_t j : {0U, 1U, 3U, 4U}) light.HearAck(NowAtMs(1), j, 7);
  CHECK(Notes(light.out, core::NoteKind::kQuacked).empty());
  light.HearAck(NowAtMs(1), 5, 7);
  CHECK(Notes(light.out, core::NoteKind::kQuacked).size() == 1);
  Rig heavy(WithStake());
  heavy.Start(20);
  heavy.HearAck(NowAtMs(1), 2, 7);
  CHECK(Notes(heavy.out, core::NoteKind::kQuacked).size() == 1);
}

TEST_CASE("replica by stake: who is paired sends again what stake above r_r complains about") {
  const picsou::Config config = WithStake();
  const picsou::Schedule schedule(config.own, config.other);
  for (const std::uint64_t lost : {0U, 1U, 3U, 5U}) {
    for (std::uint32_t index = 0; index < kOwnSize; ++index) {
      CAPTURE(lost);
      CAPTURE(index);
      Rig rig(config, index);
      rig.Start(20);
      // b2 alone makes the QUACK, and complains.
      for (std::uint64_t attempt = 1; attempt <= 12; ++attempt) {
        rig.HearAck(NowAtMs(static_cast<std::int64_t>(attempt)), 2, lost);
        rig.Take();
        rig.HearAck(NowAtMs(static_cast<std::int64_t>(attempt)), 2, lost);
        const auto noted = Notes(rig.out, picsou::kComplaint);
        REQUIRE(noted.size() == 1);
        CHECK(noted[0].detail == attempt);
        const auto resent = Notes(rig.out, picsou::kResent);
        const bool is_turn = schedule.Sender(lost, attempt) == index;
        REQUIRE(resent.size() == (is_turn ? 1 : 0));
        if (!is_turn) continue;
        CHECK(resent[0].values.first == lost);
        CHECK(resent[0].peer ==
              rig.Receiver(static_cast<std::uint32_t>(schedule.Receiver(lost, attempt))));
      }
    }
  }
}

TEST_CASE("replica by stake: own positions that wait to be sent at first are not sent again") {
  picsou::Config config = WithStake();
  config.batch_bytes = 100'000;
  config.batch_delay = core::Duration::Milliseconds(50);
  Rig rig(config, 0);
  rig.Start(60);
  CHECK(rig.PositionsSent(rig.Take()).empty());
  // k′ 0 is sent again by a0 to b1, in the second attempt's turn as in the first.
  for (int time = 0; time < 4; ++time) rig.HearAck(NowAtMs(1), 2, 0);
  CHECK_FALSE(Notes(rig.out, picsou::kComplaint).empty());
  CHECK(Notes(rig.out, picsou::kResent).empty());
}

TEST_CASE(
    "replica by stake: a receiver with a batch waiting holds up the walk, unless it is dead") {
  picsou::Config config = WithStake();
  config.quack_window = 1U << 20;
  Rig rig(config, 0, 0, 1 << 19);
  rig.Start(core::Log::kEndless);
  const std::uint64_t before = rig.PositionsSent(rig.Take()).size();
  CHECK(before > 0);
  // b2 takes nothing: the others get what they were due so far, and then no more, though they could
  // take it.
  constexpr core::TimerId kPass(2);
  const auto free_others = [&](std::int64_t ms) {
    for (const std::uint32_t j : {0U, 1U, 3U, 4U, 5U, 6U})
      rig.Free(NowAtMs(ms), rig.Receiver(j), 1 << 18);
    rig.replica->OnTimer(NowAtMs(ms), kPass, rig.out);
    return rig.PositionsSent(rig.Take()).size();
  };
  free_others(1);
  CHECK(free_others(2) == 0);
  // It has taken nothing for as long as it takes a window to open.
  CHECK(free_others(200) > 0);
}

}  // namespace
}  // namespace lockstep::tests
