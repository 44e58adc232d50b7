// A replica as the published artifact runs it.
//
// Clusters a (hosts 0..3) and b (hosts 4..7), u = r = 1.

#include "protocols/picsou/artifact_replica.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "protocols/picsou/artifact_wire.h"
#include "protocols/picsou/notes.h"
#include "tests/support/credit_desk.h"
#include "tests/support/keys.h"
#include "tests/support/listed.h"
#include "tests/support/scripted_log.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

constexpr std::int64_t kNoopMs = 5;

class ArtifactRig {
 public:
  explicit ArtifactRig(std::uint32_t index, std::uint64_t message_bytes = 100,
                       std::int64_t buffer = 4'000'000)
      : log(message_bytes), credit(buffer), keys_(core::NodeId(index)) {
    config.own = {"a", core::NodeId(0), 4, 1, 1};
    config.other = {"b", core::NodeId(4), 4, 1, 1};
    config.out_stream = core::StreamId(0);
    config.in_stream = core::StreamId(1);
    config.rule = picsou::Rule::kArtifact;
    config.phi = 64;
    seat.self = core::NodeId(index);
    seat.identity = core::SpeakerOf(seat.self);
    seat.index = index;
    seat.send_buffer = core::ByteCount(buffer);
    seat.signer = &keys_;
    seat.verifier = &keys_;
  }
  void Start(std::uint64_t committed) {
    replica = std::make_unique<picsou::ArtifactReplica>(config, seat, log, owner);
    log.set_committed(committed);
    replica->OnStart(NowAtMs(0), {}, out);
  }
  void Commit(std::int64_t ms, std::uint64_t committed) {
    log.set_committed(committed);
    replica->OnCommitted(NowAtMs(ms), out);
  }
  void Hear(std::int64_t ms, std::uint32_t j, std::uint64_t cumulative,
            const std::vector<core::Records>& data = {}) {
    const picsou::Batch batch{core::StreamId(1), data, core::StreamId(0), {cumulative, 0, {}}};
    const core::NodeId from(4 + j);
    replica->OnMessage(NowAtMs(ms), from, codec().Encode(batch, Keys(from), seat.identity), out);
  }
  // Fires what is due at these times, one no-op period after the other.
  void Noops(std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i <= to; ++i)
      replica->OnTimer(NowAtMs(i * kNoopMs), core::TimerId(0), out);
  }
  picsou::Codec codec() const { return {{}, 64, picsou::Rule::kArtifact}; }
  core::Effects Take() { return credit.TakeList(out); }
  // (receiver, positions) of each batch that was listed, in order.
  using Sent = std::vector<std::pair<std::uint32_t, std::vector<std::uint64_t>>>;
  Sent TakeSent() {
    Sent sent;
    const core::Effects listed = Take();
    for (const core::effect::Send& send : All<core::effect::Send>(listed)) {
      if (!config.other.Has(send.to)) continue;
      const auto decoded = codec().Decode(send.payload);
      REQUIRE(decoded.batch);
      std::vector<std::uint64_t> positions;
      for (const core::Records& records : decoded.batch->data)
        for (std::uint64_t i = 0; i < records.run.count; ++i)
          positions.push_back(records.run.At(i));
      std::sort(positions.begin(), positions.end());
      sent.emplace_back(send.to.value() - 4, std::move(positions));
    }
    return sent;
  }

  picsou::Config config;
  core::Seat seat;
  ScriptedLog log;
  Deliveries owner;
  CreditDesk credit;
  std::unique_ptr<picsou::ArtifactReplica> replica;
  core::Effects out{&credit};

 private:
  Keys keys_;
};

using Sent = ArtifactRig::Sent;

TEST_CASE("artifact replica: messages wait for the no-op that goes to their receiver") {
  ArtifactRig rig(1);
  rig.Start(16);  // 1, 5, 9 and 13 are its own: to receivers 1, 2, 3 and 0.
  CHECK(rig.TakeSent().empty());
  rig.Noops(1, 5);
  CHECK(rig.TakeSent() == Sent{{1, {1}}, {2, {5}}, {3, {9}}, {0, {13}}, {1, {}}});
}

TEST_CASE("artifact replica: a no-op comes a period after the last batch") {
  ArtifactRig rig(1);
  rig.Start(0);
  rig.replica->OnTimer(NowAtMs(3), core::TimerId(0), rig.out);
  CHECK(rig.TakeSent().empty());
  rig.replica->OnTimer(NowAtMs(5), core::TimerId(0), rig.out);
  CHECK(rig.TakeSent() == Sent{{1, {}}});
}

TEST_CASE("artifact replica: without a queue a batch leaves at 1.045 MB, with one at 200 kB") {
  constexpr std::uint64_t kBytes = 10'000;
  ArtifactRig rig(0, kBytes, /*buffer=*/1'200'000);
  // To receiver 0: every 16th, of 10 008 to 10 010 bytes each.
  rig.Start(16 * 104);
  CHECK(rig.TakeSent().empty());
  rig.Commit(0, 16 * 105 - 12);  // Receiver 0's 105th
  const Sent first = rig.TakeSent();
  REQUIRE(first.size() == 1);
  CHECK(first[0].first == 0);
  CHECK(first[0].second.size() == 105);
  // The credit is taken by now, so the next one waits, and those that come after it leave at 200
  // kB.
  rig.Commit(1, 16 * 212 - 12);
  for (std::uint32_t j = 0; j < 4; ++j)
    rig.credit.Free(NowAtMs(2), core::NodeId(4 + j), 1'200'000, *rig.replica, rig.out);
  const Sent rest = rig.TakeSent();
  std::vector<std::size_t> to_first;
  for (const auto& [receiver, positions] : rest)
    if (receiver == 0) to_first.push_back(positions.size());
  REQUIRE(to_first.size() == 1);
  CHECK(to_first[0] == 105);
}

TEST_CASE("artifact replica: a batch of 200 kB leaves as soon as another one waits") {
  constexpr std::uint64_t kBytes = 10'000;
  ArtifactRig rig(0, kBytes, /*buffer=*/1'100'000);
  rig.Start(16 * 400);
  rig.Take();
  // One of 1.045 MB is on its way, one waits since there is no credit, and then those of 200 kB.
  rig.credit.Free(NowAtMs(1), core::NodeId(4), 2'000'000'000, *rig.replica, rig.out);
  std::vector<std::size_t> sizes;
  for (const auto& [receiver, positions] : rig.TakeSent())
    if (receiver == 0) sizes.push_back(positions.size());
  REQUIRE(sizes.size() >= 3);
  CHECK(sizes[0] == 105);
  CHECK(sizes[1] == 20);
}

TEST_CASE("artifact replica: the first sender makes none of its later turns") {
  ArtifactRig rig(0);
  rig.Start(1);
  rig.Noops(1, 4);
  rig.TakeSent();
  for (int i = 0; i < 5; ++i) rig.Hear(30, 1, 0), rig.Hear(30, 2, 0);
  rig.Noops(8, 12);
  for (const auto& [receiver, positions] : rig.TakeSent()) CHECK(positions.empty());
}

TEST_CASE("artifact replica: f + 1 receivers with two reports order the first turn") {
  ArtifactRig rig(1);  // Of k′ 0 to 0: turn 1 is a1 to b1, turn 2 a2 to b2.
  rig.Start(1);
  rig.Hear(1, 0, 0), rig.Hear(1, 1, 0), rig.Hear(2, 0, 0);
  rig.Noops(1, 4);
  for (const auto& [receiver, positions] : rig.TakeSent()) CHECK(positions.empty());
  rig.Hear(21, 1, 0);
  rig.Noops(5, 8);
  CHECK(rig.TakeSent() == Sent{{1, {0}}, {2, {}}, {3, {}}, {0, {}}});
  // Attempts 2 and 3 are not its own.
  for (int i = 0; i < 5; ++i) rig.Hear(41, 0, 0), rig.Hear(41, 1, 0);
  rig.Noops(9, 12);
  for (const auto& [receiver, positions] : rig.TakeSent()) CHECK(positions.empty());
}

TEST_CASE("artifact replica: what was missing before it existed is sent again at once") {
  ArtifactRig rig(1);
  rig.Start(0);
  for (int i = 0; i < 2; ++i) rig.Hear(1, 0, 0), rig.Hear(1, 1, 0);
  const core::Effects listed = rig.Take();
  REQUIRE(Notes(listed, picsou::kComplaint).size() == 1);
  CHECK(Notes(listed, picsou::kComplaint)[0].detail == 1);
  rig.Commit(2, 1);
  rig.Noops(1, 4);
  const core::Effects sent = rig.Take();
  REQUIRE(Notes(sent, picsou::kResent).size() == 1);
  CHECK(Notes(sent, picsou::kResent)[0].values.first == 0);
}

TEST_CASE("artifact replica: what collects leaves though a quorum has it by then") {
  ArtifactRig rig(1);
  rig.Start(2);
  for (std::uint32_t j = 0; j < 4; ++j) rig.Hear(1, j, 2);
  CHECK(rig.owner.quacked() == 2);
  rig.Noops(1, 1);
  CHECK(rig.TakeSent() == Sent{{1, {1}}});
}

TEST_CASE("artifact replica: all that is received is passed on, duplicates too") {
  ArtifactRig rig(1);
  rig.Start(0);
  const core::Records records{core::Run{0, 1, 1}, 100, core::Bytes::Filler({2, 0, 1, 1, 100, 0})};
  for (int i = 0; i < 2; ++i) {
    rig.Hear(1, 0, 0, {records});
    const core::Effects listed = rig.Take();
    std::size_t passed_on = 0;
    for (const core::effect::Send& send : All<core::effect::Send>(listed)) {
      if (!rig.config.own.Has(send.to)) continue;
      ++passed_on;
      // It carries the report and the MAC of whoever passes it on.
      CHECK(send.payload.size() == picsou::ArtifactBytes({records}, {1, 0, {}}));
    }
    CHECK(passed_on == 3);
    CHECK(Notes(listed, core::NoteKind::kDelivered).size() == (i == 0 ? 1 : 0));
  }
}

TEST_CASE("artifact replica: windows are soft") {
  ArtifactRig rig(0);
  rig.config.quack_window = 4;
  rig.config.max_delay = core::Duration::Milliseconds(70);
  rig.Start(100);
  rig.Noops(1, 4);
  Sent sent = rig.TakeSent();
  CHECK(sent[0].second == std::vector<std::uint64_t>{0});
  for (std::size_t i = 1; i < sent.size(); ++i) CHECK(sent[i].second.empty());
  rig.replica->OnTimer(NowAtMs(70), core::TimerId(1), rig.out);
  rig.Noops(15, 18);
  std::vector<std::uint64_t> passed;
  for (const auto& [receiver, positions] : rig.TakeSent())
    passed.insert(passed.end(), positions.begin(), positions.end());
  CHECK(passed == std::vector<std::uint64_t>{4});
}

TEST_CASE("artifact replica: while the acknowledgement window is closed there are no no-ops") {
  ArtifactRig rig(0);
  rig.config.ack_window = 1;
  rig.Start(1);
  rig.Noops(1, 9);
  CHECK(rig.TakeSent() == Sent{{0, {0}}});
  // The own ACK moves, and they go on.
  const core::Records records{core::Run{0, 1, 1}, 100, core::Bytes::Filler({2, 0, 1, 1, 100, 0})};
  rig.Hear(46, 1, 0, {records});
  rig.Noops(10, 10);
  CHECK(rig.TakeSent() == Sent{{1, {}}});
}

TEST_CASE("artifact replica: who is not vouched for is not heard") {
  ArtifactRig rig(0);
  rig.Start(1);
  const picsou::Batch batch{core::StreamId(1), {}, core::StreamId(0), {1, 0, {}}};
  const core::NodeId from(4);
  rig.replica->OnMessage(NowAtMs(1), from,
                         rig.codec().Encode(batch, Keys(core::NodeId(5)), rig.seat.identity),
                         rig.out);
  CHECK(Notes(rig.Take(), core::NoteKind::kMalformed).size() == 1);
}

}  // namespace
}  // namespace lockstep::tests
