// Optimistic transmission: who sends what to whom, what is passed on, who leads, who is helped.

#include "protocols/c3b/optimistic.h"

#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "protocols/c3b/notes.h"
#include "protocols/core/run.h"
#include "tests/protocols/c3b/rig.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using c3b::Kind;
using OptimisticRig = C3bRig<c3b::Optimistic>;
using OptimisticPositions = std::vector<std::uint64_t>;
constexpr core::TimerId kWaitTimer(3);
constexpr core::TimerId kGiveUpTimer = c3b::Outbound::kGiveUp;

c3b::Config OptimisticConfig(c3b::Variant variant = c3b::Variant::kPaper) {
  c3b::Config config = RigConfig(c3b::Pattern::kOptimistic);
  config.variant = variant;
  config.timeout = core::Duration::Milliseconds(10);
  return config;
}

// What a host says to `to`, with its own key.
core::Bytes AskFrom(core::NodeId from, core::NodeId to, core::StreamId stream, std::uint64_t view,
                    std::uint64_t held) {
  return c3b::Encode(c3b::Ask{stream, view, held}, Keys(from), core::SpeakerOf(to));
}
core::Bytes CommittedFrom(core::NodeId from, core::NodeId to, std::uint64_t end) {
  return c3b::Encode(c3b::Committed{kRigIn, end}, Keys(from), core::SpeakerOf(to));
}

// Receivers j of cluster b ask replica `index` of a for that view, at these positions.
void AskOf(OptimisticRig& rig, std::uint32_t index, std::uint64_t view,
           std::initializer_list<std::pair<std::uint32_t, std::uint64_t>> held) {
  for (const auto& [j, position] : held) {
    rig.Handle(5, rig.Other(j), AskFrom(rig.Other(j), rig.Peer(index), kRigOut, view, position));
  }
}

TEST_CASE("otu: replica 0 sends everything to receivers 0 to u_r, and the others send nothing") {
  for (const auto variant : {c3b::Variant::kPaper, c3b::Variant::kArtifact}) {
    for (std::uint32_t index = 0; index < 7; ++index) {
      OptimisticRig rig(OptimisticConfig(variant), index);
      rig.Start(100);
      for (std::uint32_t j = 0; j < 4; ++j) {
        CHECK(rig.PositionsOf(rig.out, rig.Other(j), Kind::kBatch) ==
              (index == 0 && j <= 1 ? PositionsFrom(0, 100) : OptimisticPositions{}));
      }
      // One batch, built once.
      if (index == 0) {
        CHECK(SentTo(rig.out, rig.Other(0))[5].SharesWith(SentTo(rig.out, rig.Other(1))[5]));
      }
      const bool has_timer = variant == c3b::Variant::kPaper;
      CHECK(All<core::effect::SetTimer>(rig.out).size() == (has_timer ? 1 : 0));
    }
  }
}

TEST_CASE("otu: whoever gets a message across passes it on to all others, copies too") {
  OptimisticRig rig(OptimisticConfig(), 3);
  rig.Start(0);
  rig.Take();
  rig.HandleBatch(1, rig.Other(0), {0, 5, 1});
  for (std::uint32_t i = 0; i < 7; ++i) {
    CHECK(rig.PositionsOf(rig.out, rig.Peer(i), Kind::kBroadcast) ==
          (i == 3 ? OptimisticPositions{} : PositionsFrom(0, 5)));
  }
  CHECK(rig.Delivered() == 5);
  rig.Take();
  // From another of those that send to it: delivered is only what is new.
  rig.HandleBatch(2, rig.Other(1), {3, 4, 1});
  CHECK(rig.PositionsOf(rig.out, rig.Peer(0), Kind::kBroadcast) == PositionsFrom(3, 7));
  CHECK(rig.Delivered() == 7);
  rig.Take();
  rig.HandleBatch(3, rig.Peer(5), {0, 9, 1}, Kind::kBroadcast);
  CHECK(All<core::effect::Send>(rig.out).empty());
  CHECK(rig.Delivered() == 9);
}

TEST_CASE(
    "otu: who waits asks all senders and all peers, once in each timeout, and suspects nobody") {
  OptimisticRig rig(OptimisticConfig(), 3);
  rig.Start(0);
  rig.HandleBatch(1, rig.Other(0), {0, 5, 1});
  rig.Take();
  rig.node->OnTimer(NowAtMs(10), kWaitTimer, rig.out);
  CHECK(All<core::effect::Send>(rig.Take()).empty());
  for (const std::int64_t ms : {11, 21, 31}) {
    rig.node->OnTimer(NowAtMs(ms), kWaitTimer, rig.out);
    const core::Effects listed = rig.Take();
    CHECK(All<core::effect::Send>(listed).size() == 4 + 6);
    for (const core::NodeId to : {rig.Other(0), rig.Other(3), rig.Peer(0), rig.Peer(6)}) {
      const std::vector<c3b::Message> asked = rig.SentOf(listed, to, Kind::kAsk);
      REQUIRE(asked.size() == 1);
      CHECK(asked[0].ask.stream == kRigIn);
      CHECK(asked[0].ask.view == 0);
      CHECK(asked[0].ask.held == 5);
    }
    CHECK(Notes(listed, c3b::kSuspects).empty());
  }
}

TEST_CASE("otu: what a correct sender says is committed and does not come makes the next view") {
  OptimisticRig rig(OptimisticConfig(), 3);
  rig.Start(0);
  rig.node->OnTimer(NowAtMs(10), kWaitTimer, rig.out);
  // The other cluster has r = 1, so two must say so.
  for (const std::uint32_t j : {1U, 2U})
    rig.Handle(12, rig.Other(j), CommittedFrom(rig.Other(j), rig.Peer(3), 8));
  rig.Take();
  rig.node->OnTimer(NowAtMs(22), kWaitTimer, rig.out);
  const core::Effects listed = rig.Take();
  const std::vector<core::effect::Note> notes = Notes(listed, c3b::kSuspects);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].values.first == 1);
  CHECK(notes[0].detail == 0);
  CHECK(rig.SentOf(listed, rig.Other(1), Kind::kAsk).at(0).ask.view == 1);
}

TEST_CASE("otu: a sender says what is committed only to who asks for less") {
  OptimisticRig rig(OptimisticConfig(), 2);
  rig.Start(6);
  rig.Take();
  AskOf(rig, 2, 0, {{0, 6}});
  CHECK(All<core::effect::Send>(rig.Take()).empty());
  AskOf(rig, 2, 0, {{3, 5}});
  const core::Effects listed = rig.Take();
  REQUIRE(All<core::effect::Send>(listed).size() == 1);
  CHECK(rig.SentOf(listed, rig.Other(3), Kind::kCommitted).at(0).committed.end == 6);
}

TEST_CASE(
    "otu: the next sender leads when u_r + 1 receivers ask for it, from what they have reached") {
  OptimisticRig rig(OptimisticConfig(), 1);
  rig.Start(50);
  rig.Take();
  // u_r of them, however far they go, are none.
  AskOf(rig, 1, 1, {{0, 10}, {0, 12}});
  CHECK(rig.PositionsOf(rig.Take(), rig.Other(0), Kind::kBatch).empty());
  AskOf(rig, 1, 1, {{2, 20}});
  const core::Effects listed = rig.Take();
  const std::vector<core::effect::Note> notes = Notes(listed, c3b::kLeads);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].values.first == 1);
  // Replica 2 may lie about 20; of 12 one of two correct ones holds all that is below.
  CHECK(notes[0].detail == 12);
  for (std::uint32_t j = 0; j < 4; ++j) {
    CHECK(rig.PositionsOf(listed, rig.Other(j), Kind::kBatch) ==
          (j <= 1 ? PositionsFrom(12, 50) : OptimisticPositions{}));
  }
  // What is committed later follows.
  rig.log.set_committed(52);
  rig.node->OnCommitted(NowAtMs(6), rig.out);
  CHECK(rig.PositionsOf(rig.Take(), rig.Other(0), Kind::kBatch) == PositionsFrom(50, 52));
}

TEST_CASE("otu: of a view the replica leads whose turn it is, and all others stop") {
  for (std::uint32_t index = 0; index < 7; ++index) {
    OptimisticRig rig(OptimisticConfig(), index);
    rig.Start(50);
    rig.Take();
    AskOf(rig, index, 9, {{0, 10}, {1, 10}});
    CHECK(rig.PositionsOf(rig.Take(), rig.Other(0), Kind::kBatch) ==
          (index == 9 % 7 ? PositionsFrom(10, 50) : OptimisticPositions{}));
    rig.log.set_committed(51);
    rig.node->OnCommitted(NowAtMs(6), rig.out);
    CHECK(rig.PositionsOf(rig.Take(), rig.Other(0), Kind::kBatch).size() == (index == 2 ? 1 : 0));
    // A view that is past brings nobody back.
    AskOf(rig, index, 7, {{0, 10}, {1, 10}});
    CHECK(rig.PositionsOf(rig.Take(), rig.Other(0), Kind::kBatch).empty());
  }
}

TEST_CASE("otu: a new view of the same leader begins again where receivers stand") {
  OptimisticRig rig(OptimisticConfig(), 0);
  rig.Start(50);
  rig.Take();
  AskOf(rig, 0, 7, {{0, 30}, {1, 30}});
  CHECK(rig.PositionsOf(rig.Take(), rig.Other(1), Kind::kBatch) == PositionsFrom(30, 50));
}

TEST_CASE("otu: a restarted sender does not lead by its index, only when it is asked to") {
  OptimisticRig rig(OptimisticConfig(), 0, /*incarnation=*/1);
  rig.Start(50);
  CHECK(All<core::effect::Send>(rig.Take()).empty());
  AskOf(rig, 0, 7, {{0, 30}, {1, 31}});
  CHECK(rig.PositionsOf(rig.Take(), rig.Other(1), Kind::kBatch) == PositionsFrom(30, 50));
}

TEST_CASE("otu: a peer that holds what is asked for sends it, and is asked for more") {
  c3b::Config config = OptimisticConfig();
  config.batch_bytes = 30;  // Three messages of stream 1.
  OptimisticRig helper(config, 0);
  helper.Start(0);
  helper.HandleBatch(1, helper.Peer(1), {0, 8, 1}, Kind::kBroadcast);
  helper.Take();
  const auto ask = [&](std::int64_t at_ms, std::uint64_t held) {
    helper.Handle(at_ms, helper.Peer(3), AskFrom(helper.Peer(3), helper.Peer(0), kRigIn, 0, held));
    return helper.PositionsOf(helper.Take(), helper.Peer(3), Kind::kHelp);
  };
  CHECK(ask(20, 2) == PositionsFrom(2, 5));
  CHECK(ask(21, 5) == PositionsFrom(5, 8));
  CHECK(ask(22, 8).empty());
  // The same again only when it must have been lost.
  CHECK(ask(23, 5).empty());
  CHECK(ask(31, 5) == PositionsFrom(5, 8));

  OptimisticRig helped(config, 3);
  helped.Start(0);
  helped.Take();
  helped.HandleBatch(1, helped.Peer(0), {0, 3, 1}, Kind::kHelp);
  CHECK(helped.Delivered() == 3);
  core::Effects listed = helped.Take();
  REQUIRE(All<core::effect::Send>(listed).size() == 1);
  CHECK(helped.SentOf(listed, helped.Peer(0), Kind::kAsk).at(0).ask.held == 3);
  // What brings nothing new asks for nothing.
  helped.HandleBatch(2, helped.Peer(1), {0, 3, 1}, Kind::kHelp);
  CHECK(All<core::effect::Send>(helped.Take()).empty());
}

TEST_CASE("otu: a leader goes on without a receiver that takes nothing, until it is writable") {
  OptimisticRig rig(OptimisticConfig(), 0);
  rig.Start(core::Log::kEndless);
  core::Effects listed = rig.Take();
  const auto bytes_to = [&](std::uint32_t j) {
    std::int64_t bytes = 0;
    for (const core::Bytes& payload : SentTo(listed, rig.Other(j)))
      bytes += payload.byte_count().value();
    return bytes;
  };
  const std::int64_t full = bytes_to(0);
  CHECK(full == bytes_to(1));
  // Receiver 0 takes everything, receiver 1 nothing.
  rig.credit.Free(NowAtMs(1), rig.Other(0), full, *rig.node, rig.out);
  CHECK(All<core::effect::Send>(rig.Take()).empty());
  rig.node->OnTimer(NowAtMs(10), kGiveUpTimer, rig.out);
  listed = rig.Take();
  CHECK(bytes_to(0) > 0);
  CHECK(bytes_to(1) == 0);
  const std::int64_t second = bytes_to(0);
  rig.credit.Free(NowAtMs(11), rig.Other(1), full, *rig.node, rig.out);
  rig.credit.Free(NowAtMs(12), rig.Other(0), second, *rig.node, rig.out);
  listed = rig.Take();
  CHECK(bytes_to(0) > 0);
  CHECK(bytes_to(1) > 0);
}

TEST_CASE("otu: while all of its receivers take nothing, a leader waits for all of them") {
  OptimisticRig rig(OptimisticConfig(), 0);
  rig.Start(core::Log::kEndless);
  rig.Take();
  for (const std::int64_t ms : {10, 20, 30}) {
    rig.node->OnTimer(NowAtMs(ms), kGiveUpTimer, rig.out);
    CHECK(All<core::effect::Send>(rig.out).empty());
    CHECK(All<core::effect::SetTimer>(rig.Take()).size() == 1);
  }
}

TEST_CASE("otu: the artifact has no timer, so nobody asks, and what is asked is not for it") {
  OptimisticRig rig(OptimisticConfig(c3b::Variant::kArtifact), 1);
  rig.Start(50);
  AskOf(rig, 1, 1, {{0, 10}, {1, 10}});
  CHECK(All<core::effect::Send>(rig.out).empty());
  CHECK(Notes(rig.out, core::NoteKind::kMalformed).size() == 2);
}

TEST_CASE("otu: what is forged, of the wrong side or of another stream is noted and ignored") {
  const core::NodeId self(3);
  const core::NodeId other(7);
  const core::Records data = IncomingRecords({0, 1, 1});
  const core::Bytes ask = AskFrom(other, self, kRigOut, 0, 0);
  const std::vector<std::pair<core::NodeId, core::Bytes>> wrong = {
      {core::NodeId(8), ask},  // In the name of another.
      {core::NodeId(4), AskFrom(core::NodeId(4), self, kRigOut, 0, 0)},
      {other, AskFrom(other, self, kRigIn, 0, 0)},
      {other, AskFrom(other, core::NodeId(2), kRigOut, 0, 0)},  // For another.
      {other, ask.Slice(0, ask.size() - 1)},
      {other, AskFrom(other, self, kRigOut, std::uint64_t{1} << 62, 0)},
      {core::NodeId(4), CommittedFrom(core::NodeId(4), self, 5)},
      {core::NodeId(8), CommittedFrom(other, self, 5)},
      {other, c3b::Encode({kRigIn, {data}}, {}, Kind::kBroadcast)},
      {other, c3b::Encode({kRigIn, {data}}, {}, Kind::kHelp)},
      {core::NodeId(4), c3b::Encode({kRigIn, {data}}, {})},
      {core::NodeId(99), c3b::Encode({kRigIn, {data}}, {})}};
  for (const auto& [from, payload] : wrong) {
    OptimisticRig rig(OptimisticConfig(), 3);
    rig.Start(10);
    rig.Take();
    rig.Handle(1, from, payload);
    REQUIRE(rig.out.list().size() == 1);
    CHECK(Notes(rig.out, core::NoteKind::kMalformed).at(0).peer == from);
  }
}

TEST_CASE("otu: fields build every kind of message back, signed anew where it is signed") {
  const c3b::Fields fields({3, 50}, 5);
  const core::NodeId from(2);
  const core::NodeId to(9);
  const c3b::Batch batch{kRigIn, {IncomingRecords({4, 3, 1})}};
  const std::vector<core::Bytes> messages = {
      c3b::Encode(batch, {3, 50}), c3b::Encode(batch, {3, 50}, Kind::kBroadcast),
      c3b::Encode(batch, {3, 50}, Kind::kHelp), AskFrom(from, to, kRigOut, 3, 77),
      CommittedFrom(from, to, 12)};
  for (std::uint32_t i = 0; i < messages.size(); ++i) {
    core::FieldedMessage message;
    REQUIRE(fields.Read(messages[i], message));
    CHECK(message.type == i);
    CHECK(fields.Build(message, Keys(from), core::SpeakerOf(to)) == messages[i]);
    CHECK(messages[i].size() <= (i < 3 ? 1'000 : c3b::kAskBytesMax));
    // Who knows fewer kinds reads no more.
    CHECK(c3b::Fields({3, 50}, 2).Read(messages[i], message) == (i < 2));
  }
}

}  // namespace
}  // namespace lockstep::tests
