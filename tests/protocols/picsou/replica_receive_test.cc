// A Picsou replica as a receiver: delivery, local broadcast, ACKs, no-ops, Hold and Resume, and
// what it refuses (the Picsou paper, sections 4.1 and 4.3; seam one for Hold and credit).

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/core/run.h"
#include "tests/protocols/picsou/rig.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::NoteKind;
namespace effect = core::effect;

TEST_CASE("replica: what comes from across is delivered and passed on to all of its own (4.1)") {
  Rig rig(PicsouConfig(), 1);
  rig.Start(0);
  rig.Take();
  const core::Records records = Incoming({3, 4, 28});
  rig.Hear(NowAtMs(1), 5, {}, {records});
  const auto delivered = Notes(rig.out, NoteKind::kDelivered);
  REQUIRE(delivered.size() == 1);
  CHECK(delivered[0].stream == kIn);
  CHECK(delivered[0].values == records.run);
  CHECK(delivered[0].digest == records.contents.Digest());
  REQUIRE(rig.owner.contents().size() == 1);
  CHECK(rig.owner.contents()[0] == records.contents);
  for (std::uint32_t i = 0; i < kOwnSize; ++i) {
    const std::vector<core::Bytes> sent = SentTo(rig.out, core::NodeId(i));
    REQUIRE(sent.size() == (i == 1 ? 0 : 1));
    if (i == 1) continue;
    const auto broadcast = rig.codec().Decode(sent[0]).broadcast;
    REQUIRE(broadcast.has_value());
    CHECK(broadcast->stream == kIn);
    CHECK(broadcast->data == std::vector<core::Records>{records});
  }
}

TEST_CASE("replica: what comes again is passed on again and delivered once") {
  Rig rig(PicsouConfig(), 1);
  rig.Start(0);
  rig.Hear(NowAtMs(1), 5, {}, {Incoming({3, 1, 1})});
  rig.Take();
  rig.Hear(NowAtMs(2), 6, {}, {Incoming({3, 2, 4})});
  CHECK(SentTo(rig.out, core::NodeId(0)).size() == 1);
  rig.HearLocally(NowAtMs(2), 0, {Incoming({0, 8, 1})});
  for (std::uint64_t position = 0; position < 8; ++position) {
    CHECK(rig.owner.times().at(position) == 1);
  }
  CHECK(rig.owner.times().size() == 8);
}

TEST_CASE("replica: a local broadcast is delivered and goes no further") {
  Rig rig(PicsouConfig(), 1);
  rig.Start(0);
  rig.Take();
  rig.HearLocally(NowAtMs(1), 0, {Incoming({0, 3, 1})});
  CHECK(Notes(rig.out, NoteKind::kDelivered).size() == 1);
  CHECK(All<effect::Send>(rig.out).empty());
}

TEST_CASE("replica: each noop_delay a no-op with its ACK goes to the next receiver (4.1)") {
  const picsou::Config config = PicsouConfig();
  Rig rig(config, 2);
  rig.Start(0);
  const core::TimerId noop = TimerAt(rig.out, NowAt(config.noop_delay));
  rig.HearLocally(NowAtMs(1), 0, {Incoming({0, 3, 1}), Incoming({5, 1, 1})});
  rig.Take();
  for (int turn = 1; turn <= 9; ++turn) {
    rig.replica->OnTimer(NowAt(config.noop_delay * turn), noop, rig.out);
    const core::Effects listed = rig.Take();
    // Beside what it says to a peer of its own cluster.
    std::size_t across = 0;
    for (std::uint32_t j = 0; j < kOtherSize; ++j) across += rig.BatchesTo(listed, j).size();
    REQUIRE(across == 1);
    // First receiver: the own index.
    const auto to = static_cast<std::uint32_t>(2 + turn - 1) % kOtherSize;
    const std::vector<picsou::Batch> batches = rig.BatchesTo(listed, to);
    REQUIRE(batches.size() == 1);
    CHECK(batches[0].data.empty());
    CHECK(batches[0].ack_stream == kIn);
    CHECK(batches[0].ack == picsou::Ack{3, 6, {{5, 1, 28}}});
    CHECK(TimerAt(listed, NowAt(config.noop_delay * (turn + 1))) == noop);
  }
}

TEST_CASE("replica: no-ops go round by a clock of their own, whatever else is sent (4.1)") {
  const picsou::Config config = PicsouConfig();
  Rig rig(config, 0);
  rig.Start(0);
  const core::TimerId noop = TimerAt(rig.out, NowAt(config.noop_delay));
  rig.HearLocally(NowAtMs(1), 1, {Incoming({0, 3, 1})});
  rig.Take();
  for (std::uint32_t turn = 1; turn <= 2 * kOtherSize; ++turn) {
    // Data carries the ACK as well, to whom it goes by its own turn.
    rig.Commit(NowAt(config.noop_delay * turn - core::Duration::Milliseconds(1)), 4 * turn);
    REQUIRE(rig.PositionsSent(rig.Take()).size() == 1);
    const core::Now due = NowAt(config.noop_delay * turn);
    rig.replica->OnTimer(due, noop, rig.out);
    const core::Effects listed = rig.Take();
    const std::vector<picsou::Batch> batches = rig.BatchesTo(listed, (turn - 1) % kOtherSize);
    REQUIRE(batches.size() == 1);
    CHECK(batches[0].data.empty());
    CHECK(batches[0].ack.cumulative == 3);
    CHECK(TimerAt(listed, NowAt(config.noop_delay * (turn + 1))) == noop);
  }
}

// A message from across that takes, with its headers, nearly a third of a buffer: three broadcasts
// fit into the credit, and three more may wait before that is more than a buffer.
constexpr std::uint64_t kThird = kBuffer / 3 - 1'000;

// Receives large messages until `count` have come.
void Flood(Rig& rig, std::uint64_t& next, std::uint64_t count) {
  for (; count > 0; --count, ++next) {
    rig.Hear(NowAtMs(1), 0, {}, {Incoming({next, 1, 1}, kThird)});
  }
}

TEST_CASE(
    "replica: reading stops when more than u of its own lag by a buffer, and goes on at half") {
  const picsou::Config config = PicsouConfig();
  Rig rig(config, 0);
  rig.Start(0);
  rig.Take();
  std::uint64_t next = 0;
  Flood(rig, next, 3 + 3);
  CHECK(All<effect::Hold>(rig.out).empty());
  Flood(rig, next, 1);
  const std::vector<effect::Hold> held = All<effect::Hold>(rig.out);
  REQUIRE(held.size() == kOtherSize);
  for (std::uint32_t j = 0; j < kOtherSize; ++j) CHECK(held[j].peer == rig.Receiver(j));
  const core::Bytes broadcast = SentTo(rig.Take(), core::NodeId(1)).at(0);
  // Two of the three have to come down to half a buffer, since u = 1: one broadcast that waits, of
  // four. Each that is taken lets one go.
  const auto take = [&](std::uint32_t i, int broadcasts) {
    for (; broadcasts > 0; --broadcasts) {
      rig.Free(NowAtMs(2), core::NodeId(i), broadcast.byte_count().value());
    }
  };
  take(1, 3);
  CHECK(All<effect::Resume>(rig.out).empty());
  take(2, 2);
  CHECK(All<effect::Resume>(rig.out).empty());
  take(2, 1);
  CHECK(All<effect::Resume>(rig.out).size() == kOtherSize);
  CHECK(All<effect::Hold>(rig.out).empty());
}

TEST_CASE("replica: u of its own that take nothing stop nobody") {
  Rig rig(PicsouConfig(), 0);
  rig.Start(0);
  std::uint64_t next = 0;
  for (int round = 0; round < 20; ++round) {
    Flood(rig, next, 1);
    const core::Effects listed = rig.Take();
    CHECK(All<effect::Hold>(listed).empty());
    for (const effect::Send& send : All<effect::Send>(listed)) {
      // Host 3 is the slow one; u = 1.
      if (send.to == core::NodeId(3)) continue;
      rig.Free(NowAtMs(2), send.to, send.payload.byte_count().value());
    }
  }
}

// Nothing but a note that `from` sent rubbish.
void CheckRefused(const Rig& rig, core::NodeId from) {
  REQUIRE(rig.out.list().size() == 1);
  const auto notes = Notes(rig.out, NoteKind::kMalformed);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].peer == from);
  CHECK(rig.owner.times().empty());
}

TEST_CASE("replica: malformed and forged messages are noted and ignored") {
  const picsou::Batch good{kIn, {Incoming({0, 1, 1})}, kOut, {5, 0, {}}};
  const core::Identity self(0);
  const core::NodeId peer(kOwnSize + 2);
  const core::NodeId local(1);
  struct Case {
    std::string what;
    core::NodeId from;
    core::Bytes payload;
  };
  const Rig any(PicsouConfig());
  const picsou::Codec codec = any.codec();
  picsou::Batch other_data = good;
  other_data.data_stream = kOut;
  const core::Bytes batch = codec.Encode(good, Keys(peer), self);
  const core::Bytes broadcast = codec.Encode(picsou::Broadcast{kIn, good.data});
  for (const Case& wrong : std::vector<Case>{
           {"empty", peer, core::Bytes()},
           {"rubbish", peer, core::Bytes::Copy("\x01\x02\x03")},
           {"cut short", peer, batch.Slice(0, batch.size() - 1)},
           {"signed by another", peer, codec.Encode(good, Keys(core::NodeId(9)), self)},
           {"signed for another", peer, codec.Encode(good, Keys(peer), core::Identity(1))},
           {"passed off as another's", core::NodeId(9), batch},
           {"of a wrong stream", peer, codec.Encode(other_data, Keys(peer), self)},
           {"a batch of its own cluster", local, codec.Encode(good, Keys(local), self)},
           {"a broadcast from across", peer, broadcast},
           {"a broadcast of the own stream", local,
            codec.Encode(picsou::Broadcast{kOut, good.data})},
           {"from nowhere", core::NodeId(99), broadcast}}) {
    CAPTURE(wrong.what);
    Rig rig(PicsouConfig());
    rig.Start(100);
    rig.Take();
    rig.replica->OnMessage(NowAtMs(1), wrong.from, wrong.payload, rig.out);
    CheckRefused(rig, wrong.from);
  }
}

TEST_CASE("replica: an acknowledgement of a stream that is not its own counts for nothing") {
  Rig rig(PicsouConfig());
  rig.Start(100);
  rig.Take();
  for (std::uint32_t j = 0; j <= rig.config.other.u; ++j) {
    const picsou::Batch about_another{kIn, {Incoming({j, 1, 1})}, kIn, {5, 0, {}}};
    rig.replica->OnMessage(
        NowAtMs(1), rig.Receiver(j),
        rig.codec().Encode(about_another, Keys(rig.Receiver(j)), core::Identity(0)), rig.out);
  }
  CHECK(Notes(rig.out, NoteKind::kMalformed).size() == rig.config.other.u + 1);
  CHECK(Notes(rig.out, NoteKind::kQuacked).empty());
  // What comes with it is what it is.
  CHECK(rig.owner.times().size() == rig.config.other.u + 1);
}

TEST_CASE("replica: a request of a client gets an empty answer from this layer") {
  Rig rig(PicsouConfig());
  rig.replica->OnSubmit(NowAtMs(0), core::ClientId(50), core::RequestId(3), core::RequestId(3),
                        core::Bytes(), rig.out);
  REQUIRE(All<effect::Reply>(rig.out).size() == 1);
  CHECK(All<effect::Reply>(rig.out)[0].id == core::RequestId(3));
}

}  // namespace
}  // namespace lockstep::tests
