// A Picsou replica as a sender: its share, its windows, its resends (the Picsou paper, section 4).

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "protocols/core/pace.h"
#include "protocols/core/random.h"
#include "protocols/core/run.h"
#include "protocols/picsou/notes.h"
#include "protocols/picsou/schedule.h"
#include "tests/protocols/picsou/rig.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::NoteKind;
using Positions = std::vector<std::uint64_t>;

const picsou::Schedule kSchedule{kOwnSize, kOtherSize};

// The own positions of replica `index` in [begin, end).
Positions Share(std::uint64_t index, std::uint64_t begin, std::uint64_t end) {
  Positions share;
  for (std::uint64_t at = begin; at < end; ++at) {
    if (at % kOwnSize == index) share.push_back(at);
  }
  return share;
}

TEST_CASE("replica: sends each position of its share once, to the receiver in turn (4.1)") {
  for (std::uint32_t index = 0; index < kOwnSize; ++index) {
    Rig rig(PicsouConfig(), index);
    const std::uint64_t committed = 2 * kSchedule.lanes() + 5;
    rig.Start(committed);
    CHECK(rig.PositionsSent(rig.out) == Share(index, 0, committed));
    for (std::uint32_t j = 0; j < kOtherSize; ++j) {
      for (const picsou::Batch& batch : rig.BatchesTo(rig.out, j)) {
        for (const core::Records& records : batch.data) {
          for (std::uint64_t i = 0; i < records.run.count; ++i) {
            const std::uint64_t position = records.run.At(i);
            CHECK(kSchedule.Receiver(position, 0) == j);
            CHECK(core::Pick(records, {position, 1, 1}).contents ==
                  rig.log.Contents({position, 1, 1}));
          }
        }
      }
    }
  }
}

TEST_CASE("replica: what is committed later is sent then") {
  Rig rig(PicsouConfig(), 3);
  rig.Start(0);
  CHECK(rig.PositionsSent(rig.Take()).empty());
  rig.Commit(NowAtMs(1), 9);
  CHECK(rig.PositionsSent(rig.Take()) == Positions{3, 7});
  rig.Commit(NowAtMs(2), 11);
  CHECK(rig.PositionsSent(rig.Take()).empty());
  rig.Commit(NowAtMs(3), 12);
  CHECK(rig.PositionsSent(rig.Take()) == Positions{11});
}

TEST_CASE("replica: an endless log is sent by credit, and no further in one call") {
  for (const std::uint64_t batch_bytes : {kMessageBytes, std::uint64_t{5'000}}) {
    picsou::Config config = PicsouConfig();
    config.batch_bytes = batch_bytes;
    config.quack_window = 1U << 30;
    Rig rig(config);
    rig.Start(core::Log::kEndless);
    for (std::uint32_t j = 0; j < kOtherSize; ++j) {
      std::int64_t bytes = 0;
      for (const core::Bytes& payload : SentTo(rig.out, rig.Receiver(j))) {
        bytes += payload.byte_count().value();
      }
      CHECK(bytes > 0);
      CHECK(bytes <= kBuffer);
    }
    // What credit comes back lets more out, again no further.
    const std::size_t before = rig.PositionsSent(rig.out).size();
    rig.FreeAll(NowAtMs(1));
    CHECK(rig.PositionsSent(rig.out).size() > 0);
    CHECK(rig.PositionsSent(rig.out).size() <= 2 * before);
  }
}

TEST_CASE("replica: without credit an endless log goes by the clock, a buffer's worth each tick") {
  picsou::Config config = PicsouConfig();
  config.quack_window = 1U << 30;
  Rig rig(config);
  rig.out = core::Effects();
  rig.Start(core::Log::kEndless);
  core::Effects listed = std::exchange(rig.out, core::Effects());
  const std::size_t first = rig.PositionsSent(listed).size();
  CHECK(first * kMessageBytes >= kBuffer);
  CHECK(first * kMessageBytes < kBuffer + kOtherSize * kMessageBytes);
  const core::Now tick = NowAt(core::Pace::kTick);
  const core::TimerId timer = TimerAt(listed, tick);
  rig.replica->OnCommitted(NowAtMs(0), rig.out);
  CHECK(rig.out.list().empty());
  rig.replica->OnTimer(tick, timer, rig.out);
  CHECK(rig.PositionsSent(rig.out).size() == first);
}

TEST_CASE("replica: a batch stays within what a send buffer has for it, whatever the clusters") {
  for (const std::uint32_t size : {4U, 19U, 100U, 400U, 10'000U}) {
    picsou::Config config = PicsouConfig();
    config.own.size = config.other.size = size;
    const picsou::Codec codec(config.wire, config.phi);
    CHECK(codec.OverheadMax(core::Batcher::kItemsMax, config.PhiRunsMax()) <= 1U << 20);
  }
}

TEST_CASE("replica: never sends beyond its credit towards any peer") {
  core::Random random = core::Random(4).Fork("credit");
  picsou::Config config = PicsouConfig();
  config.batch_bytes = 1'000;
  config.quack_window = 5'000;
  Rig rig(config, 1);
  rig.Start(core::Log::kEndless);
  std::uint64_t received = 0;
  for (std::int64_t ms = 1; ms < 400; ++ms) {
    for (const core::effect::Send& send : All<core::effect::Send>(rig.Take())) {
      REQUIRE_FALSE(send.is_beyond_credit);
    }
    const core::NodeId peer(static_cast<std::uint32_t>(random.Below(kOwnSize + kOtherSize)));
    const std::int64_t spent = kBuffer - rig.credit.Left(peer);
    if (spent > 0) {
      const auto freed =
          static_cast<std::int64_t>(1 + random.Below(static_cast<std::uint64_t>(spent)));
      rig.Free(NowAtMs(ms), peer, freed);
    }
    const auto j = static_cast<std::uint32_t>(random.Below(kOtherSize));
    rig.Hear(NowAtMs(ms), j, {random.Below(static_cast<std::uint64_t>(ms) * 20), 0, {}},
             {Incoming({received, 30, 1})});
    received += 30;
  }
}

TEST_CASE("replica: a position goes only if it is less than W_q above the QUACK") {
  picsou::Config config = PicsouConfig();
  config.quack_window = 10;
  Rig rig(config, 1);
  rig.Start(1'000);
  CHECK(rig.PositionsSent(rig.Take()) == Share(1, 0, 10));
  // u_r = 2: two receivers are no QUACK, three are.
  rig.HearAck(NowAtMs(1), 0, 8);
  rig.HearAck(NowAtMs(1), 1, 9);
  CHECK(rig.PositionsSent(rig.Take()).empty());
  rig.HearAck(NowAtMs(1), 2, 7);
  CHECK(Notes(rig.out, NoteKind::kQuacked).size() == 1);
  CHECK(Notes(rig.out, NoteKind::kQuacked)[0].values.first == 7);
  CHECK(rig.owner.quacked() == 7);
  CHECK(rig.log.released() == 7);
  CHECK(rig.PositionsSent(rig.Take()) == Share(1, 10, 7 + 10));
}

TEST_CASE("replica: a window W_q closed for max_delay lets one message pass, and then another") {
  picsou::Config config = PicsouConfig();
  config.quack_window = 1;
  Rig rig(config, 0);
  rig.Start(1'000);
  const core::TimerId pass = TimerAt(rig.out, NowAt(config.max_delay));
  CHECK(rig.PositionsSent(rig.Take()) == Positions{0});
  rig.replica->OnTimer(NowAt(config.max_delay), pass, rig.out);
  CHECK(rig.PositionsSent(rig.out) == Positions{4});
  CHECK(TimerAt(rig.Take(), NowAt(config.max_delay * 2)) == pass);
  rig.replica->OnTimer(NowAt(config.max_delay * 2), pass, rig.out);
  CHECK(rig.PositionsSent(rig.Take()) == Positions{8});
}

TEST_CASE("replica: a window that let data out within max_delay lets nothing pass") {
  picsou::Config config = PicsouConfig();
  config.quack_window = 10;
  Rig rig(config, 0);
  rig.Start(1'000);
  const core::TimerId pass = TimerAt(rig.out, NowAt(config.max_delay));
  rig.Quack(NowAt(config.max_delay - core::Duration::Milliseconds(1)), 8);
  CHECK(rig.PositionsSent(rig.Take()) == Share(0, 0, 8 + 10));
  rig.replica->OnTimer(NowAt(config.max_delay), pass, rig.out);
  CHECK(rig.PositionsSent(rig.Take()).empty());
}

TEST_CASE("replica: W_a data batches go without a change of the own ACK, then one each max_delay") {
  picsou::Config config = PicsouConfig();
  config.ack_window = 3;
  Rig rig(config, 0);
  rig.Start(1'000);
  const core::TimerId pass = TimerAt(rig.out, NowAt(config.max_delay));
  CHECK(rig.PositionsSent(rig.Take()).size() == 3);
  // Messages that leave a gap don't move the ACK.
  rig.Hear(NowAtMs(1), 0, {}, {Incoming({1, 2, 1})});
  CHECK(rig.PositionsSent(rig.Take()).empty());
  rig.Hear(NowAtMs(2), 0, {}, {Incoming({0, 1, 1})});
  CHECK(rig.PositionsSent(rig.Take()).size() == 3);
  rig.replica->OnTimer(NowAt(config.max_delay + core::Duration::Milliseconds(2)), pass, rig.out);
  CHECK(rig.PositionsSent(rig.Take()).size() == 1);
}

TEST_CASE("replica: what a small W_a lets go is for the receivers in turn: none is left out") {
  picsou::Config config = PicsouConfig();
  config.ack_window = 2;
  Rig rig(config, 0);
  rig.Start(1'000);
  std::vector<std::size_t> batches(config.other.size);
  for (std::uint64_t k = 0; k < 3 * config.other.size; ++k) {
    const core::Effects listed = rig.Take();
    for (std::uint32_t j = 0; j < config.other.size; ++j)
      batches[j] += rig.BatchesTo(listed, j).size();
    rig.HearLocally(NowAtMs(1), 3, {Incoming({k, 1, 1})});
  }
  const auto [least, most] = std::ranges::minmax(batches);
  CHECK(least >= 5);
  CHECK(most <= least + 2);
}

TEST_CASE("replica: a local broadcast that moves the own ACK opens W_a at once") {
  picsou::Config config = PicsouConfig();
  config.ack_window = 2;
  Rig rig(config, 0);
  rig.Start(1'000);
  CHECK(rig.PositionsSent(rig.Take()).size() == 2);
  rig.HearLocally(NowAtMs(1), 3, {Incoming({0, 1, 1})});
  CHECK(rig.PositionsSent(rig.Take()).size() == 2);
}

TEST_CASE("replica: a batch waits for batch_delay to fill") {
  picsou::Config config = PicsouConfig();
  config.batch_bytes = 10 * kMessageBytes;
  config.batch_delay = core::Duration::Milliseconds(2);
  Rig rig(config, 0);
  rig.Start(1);
  const core::TimerId flush = TimerAt(rig.out, NowAt(config.batch_delay));
  CHECK(rig.PositionsSent(rig.Take()).empty());
  rig.replica->OnTimer(NowAt(config.batch_delay), flush, rig.out);
  CHECK(rig.PositionsSent(rig.Take()) == Positions{0});
}

// Position 2 is missed by `who` receivers, at first and again; a QUACK of 2 stands between.
void Complain(Rig& rig, std::uint32_t who, std::int64_t at_ms) {
  for (int time = 0; time < 2; ++time) {
    for (std::uint32_t j = 0; j < who; ++j) rig.HearAck(NowAtMs(at_ms), j, 2);
  }
}

TEST_CASE("replica: the designated sender alone resends what r_r + 1 receivers miss again (4.2)") {
  constexpr std::uint64_t kLost = 2;
  for (std::uint64_t attempt = 1; attempt <= 5; ++attempt) {
    for (std::uint32_t index = 0; index < kOwnSize; ++index) {
      CAPTURE(attempt);
      CAPTURE(index);
      Rig rig(PicsouConfig(), index);
      rig.Start(20);
      for (std::uint64_t before = 1; before < attempt; ++before) Complain(rig, 3, 1);
      rig.Take();
      Complain(rig, 3, 2);  // r_r = 2
      const auto noted = Notes(rig.out, picsou::kComplaint);
      REQUIRE(noted.size() == 1);
      CHECK(noted[0].values.first == kLost);
      CHECK(noted[0].detail == attempt);
      const auto resent = Notes(rig.out, picsou::kResent);
      const bool is_turn = kSchedule.Sender(kLost, attempt) == index;
      REQUIRE(resent.size() == (is_turn ? 1 : 0));
      CHECK(rig.PositionsSent(rig.out) == (is_turn ? Positions{kLost} : Positions{}));
      if (!is_turn) continue;
      const auto to = static_cast<std::uint32_t>(kSchedule.Receiver(kLost, attempt));
      CHECK(resent[0].peer == rig.Receiver(to));
      CHECK(resent[0].detail == attempt);
      CHECK(rig.BatchesTo(rig.out, to).back().data[0].run.first == kLost);
    }
  }
}

TEST_CASE("replica: r_r complaints are not enough, whoever repeats them") {
  Rig rig(PicsouConfig(), 3);
  rig.Start(20);
  rig.HearAck(NowAtMs(1), 6, 2);  // The third ACK of the QUACK, never repeated.
  for (int time = 0; time < 5; ++time) Complain(rig, 2, 2);
  CHECK(Notes(rig.out, picsou::kComplaint).empty());
}

TEST_CASE("replica: what the log does not have yet is not lost, whatever receivers say") {
  Rig rig(PicsouConfig(), 3);
  rig.Start(2);
  for (int time = 0; time < 3; ++time) Complain(rig, 7, 1);
  CHECK(Notes(rig.out, picsou::kComplaint).empty());
  // Nor what is beyond W_q, by phi-lists that say that something later has come.
  picsou::Config config = PicsouConfig();
  config.quack_window = 4;
  Rig narrow(config, 3);
  narrow.Start(100);
  for (int time = 0; time < 3; ++time) {
    for (std::uint32_t j = 0; j < 5; ++j) narrow.Hear(NowAtMs(1), j, {2, 30, {{29, 1, 1}}});
  }
  for (const core::effect::Note& note : Notes(narrow.out, picsou::kComplaint)) {
    CHECK(note.values.Last() < 2 + 4);
  }
  CHECK_FALSE(Notes(narrow.out, picsou::kComplaint).empty());
}

TEST_CASE("replica: a receiver that holds all there is takes its complaint back") {
  Rig rig(PicsouConfig(), 3);
  rig.Start(3);
  for (int time = 0; time < 2; ++time) {
    for (const std::uint32_t j : {0U, 1U}) rig.HearAck(NowAtMs(1), j, 2);
    rig.HearAck(NowAtMs(1), 6, 2);
  }
  // Three complained by now: attempt 1. Anew, two complain, and one of them is served.
  CHECK(Notes(rig.Take(), picsou::kComplaint).size() == 1);
  for (int time = 0; time < 2; ++time) {
    for (const std::uint32_t j : {0U, 1U}) rig.HearAck(NowAtMs(2), j, 2);
  }
  rig.HearAck(NowAtMs(3), 0, 3);
  // A third complaint makes two, not three.
  for (int time = 0; time < 2; ++time) rig.HearAck(NowAtMs(4), 6, 2);
  CHECK(Notes(rig.Take(), picsou::kComplaint).empty());
}

TEST_CASE("replica: lost messages of different sizes are resent each with its own") {
  picsou::Config config = PicsouConfig();
  config.own.size = 3;  // 3 * 7 is odd: one pair of replicas meets odd and even positions in turn.
  config.own.r = 0;
  Rig rig(config, 1);
  rig.log.set_bytes_of_odd(3 * kMessageBytes);
  rig.Start(100);
  rig.Take();
  // 0, 21 and 42 are missing, of one pair: attempt 1 is that of replica 1.
  const picsou::Ack ack{0, 63, {{1, 20, 1}, {22, 20, 1}, {43, 20, 1}}};
  for (int time = 0; time < 2; ++time) {
    for (std::uint32_t j = 0; j < 3; ++j) rig.Hear(NowAtMs(1), j, ack);
  }
  CHECK(rig.PositionsSent(rig.out) == Positions{0, 21, 42});
  for (const picsou::Batch& batch : rig.BatchesTo(rig.out, 1)) {
    for (const core::Records& records : batch.data) {
      CHECK(records.size == (records.run.first % 2 == 1 ? 3 : 1) * kMessageBytes);
    }
  }
}

TEST_CASE("replica: a resend that is QUACKed while it waits for credit is dropped") {
  picsou::Config config = PicsouConfig();
  config.quack_window = 1U << 30;
  Rig rig(config, 3);  // The sender of attempt 1 of position 2.
  rig.Start(core::Log::kEndless);
  rig.Take();  // Credit is spent.
  Complain(rig, 3, 1);
  CHECK(Notes(rig.out, picsou::kComplaint).size() == 1);
  CHECK(Notes(rig.out, picsou::kResent).empty());
  rig.Quack(NowAtMs(2), 3);
  const auto to = static_cast<std::uint32_t>(kSchedule.Receiver(2, 1));
  rig.Free(NowAtMs(3), rig.Receiver(to), kBuffer / 2);
  CHECK(Notes(rig.out, picsou::kResent).empty());
  CHECK_FALSE(rig.BatchesTo(rig.out, to).empty());
}

TEST_CASE("replica: while a copy waits for credit no second one of its position does") {
  picsou::Config config = PicsouConfig();
  config.quack_window = 1U << 30;
  Rig rig(config, 3);  // The sender of attempts 1, 5 and 9 of position 2.
  rig.Start(core::Log::kEndless);
  rig.Take();  // Credit is spent.
  for (std::int64_t attempt = 1; attempt <= 9; ++attempt) Complain(rig, 3, attempt);
  CHECK(Notes(rig.out, picsou::kComplaint).size() == 9);
  CHECK(Notes(rig.out, picsou::kResent).empty());
  // All that is left of them is the last one's.
  std::vector<core::effect::Note> resent;
  for (std::uint32_t j = 0; j < kOtherSize; ++j) {
    rig.Take();
    rig.Free(NowAtMs(20), rig.Receiver(j), kBuffer / 2);
    for (const core::effect::Note& note : Notes(rig.out, picsou::kResent)) resent.push_back(note);
  }
  REQUIRE(resent.size() == 1);
  CHECK(resent[0].values == core::Run{2, 1, kSchedule.lanes()});
  CHECK(resent[0].detail == 9);
  CHECK(resent[0].peer == rig.Receiver(static_cast<std::uint32_t>(kSchedule.Receiver(2, 9))));
}

TEST_CASE(
    "replica: what others were quicker to send, and is QUACKed, it neither asks for nor sends") {
  picsou::Config config = PicsouConfig();
  config.quack_window = 1U << 30;
  Rig rig(config, 1);
  rig.Start(core::Log::kEndless);
  const Positions sent = rig.PositionsSent(rig.Take());
  // Far beyond what it has sent, and what it has queued.
  const std::uint64_t quack = 4 * sent.back();
  rig.Quack(NowAtMs(1), quack);
  CHECK(rig.log.released() == quack);
  rig.FreeAll(NowAtMs(2));
  const Positions next = rig.PositionsSent(rig.out);
  REQUIRE_FALSE(next.empty());
  CHECK(next.front() >= quack);
  CHECK(next.front() < quack + kOwnSize);
}

TEST_CASE("replica: what a closed window W_a lets pass goes to the receivers in turn") {
  picsou::Config config = PicsouConfig();
  config.ack_window = 3;
  Rig rig(config, 0);
  rig.Start(1'000);
  const core::TimerId pass = TimerAt(rig.out, NowAt(config.max_delay));
  REQUIRE(rig.PositionsSent(rig.Take()).size() == 3);
  std::set<std::uint32_t> reached;
  for (std::int64_t turn = 1; turn <= kOtherSize; ++turn) {
    rig.replica->OnTimer(NowAt(config.max_delay * turn), pass, rig.out);
    const core::Effects listed = rig.Take();
    REQUIRE(rig.PositionsSent(listed).size() == 1);
    for (std::uint32_t j = 0; j < kOtherSize; ++j) {
      if (!rig.BatchesTo(listed, j).empty()) reached.insert(j);
    }
  }
  CHECK(reached.size() == kOtherSize);
}

TEST_CASE("replica: after a restart it sends nothing until a QUACK says where the stream is") {
  for (std::uint32_t index = 0; index < kOwnSize; ++index) {
    Rig rig(PicsouConfig(), index, /*incarnation=*/1);
    rig.Start(40);
    CHECK(rig.PositionsSent(rig.Take()).empty());
    rig.Quack(NowAtMs(1), 5);
    CHECK(rig.PositionsSent(rig.Take()) == Share(index, 5, 40));
  }
}

}  // namespace
}  // namespace lockstep::tests
