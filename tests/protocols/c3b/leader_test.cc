// Leader to leader: who sends what to whom, and what is passed on.

#include "protocols/c3b/leader.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "protocols/core/run.h"
#include "tests/protocols/c3b/rig.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using c3b::Kind;
using LeaderRig = C3bRig<c3b::LeaderToLeader>;
using LeaderPositions = std::vector<std::uint64_t>;

c3b::Config LeaderConfig(c3b::Variant variant = c3b::Variant::kPaper) {
  c3b::Config config = RigConfig(c3b::Pattern::kLeader);
  config.variant = variant;
  return config;
}

TEST_CASE("ll: replica 0 sends everything to replica 0, once, and the others send nothing") {
  for (std::uint32_t index = 0; index < 7; ++index) {
    LeaderRig rig(LeaderConfig(), index);
    rig.Start(100);
    for (std::uint32_t j = 0; j < 4; ++j) {
      CHECK(rig.PositionsOf(rig.out, rig.Other(j), Kind::kBatch) ==
            (index == 0 && j == 0 ? PositionsFrom(0, 100) : LeaderPositions{}));
    }
    for (std::uint32_t i = 0; i < 7; ++i) CHECK(SentTo(rig.out, rig.Peer(i)).empty());
    // Nothing is awaited and no timer runs: what is lost stays lost.
    CHECK(All<core::effect::SetTimer>(rig.out).empty());
  }
}

TEST_CASE("ll: in the artifact every i sends everything to i, as far as there is one") {
  for (std::uint32_t index = 0; index < 7; ++index) {
    LeaderRig rig(LeaderConfig(c3b::Variant::kArtifact), index);
    rig.Start(50);
    for (std::uint32_t j = 0; j < 4; ++j) {
      CHECK(rig.PositionsOf(rig.out, rig.Other(j), Kind::kBatch) ==
            (j == index ? PositionsFrom(0, 50) : LeaderPositions{}));
    }
  }
}

TEST_CASE("ll: receiver 0 passes on what comes across to all others, and nobody else does") {
  for (const auto variant : {c3b::Variant::kPaper, c3b::Variant::kArtifact}) {
    for (const std::uint32_t index : {0U, 1U, 6U}) {
      LeaderRig rig(LeaderConfig(variant), index);
      rig.Start(0);
      rig.HandleBatch(1, rig.Other(0), {0, 5, 1});
      for (std::uint32_t i = 0; i < 7; ++i) {
        const bool is_passed = index == 0 && i != 0;
        CHECK(rig.PositionsOf(rig.out, rig.Peer(i), Kind::kBroadcast) ==
              (is_passed ? PositionsFrom(0, 5) : LeaderPositions{}));
      }
      CHECK(rig.Delivered() == 5);
      // What was passed on goes no further, and is delivered once.
      rig.Take();
      rig.HandleBatch(2, rig.Peer(index == 1 ? 0 : 1), {3, 4, 1}, Kind::kBroadcast);
      CHECK(All<core::effect::Send>(rig.out).empty());
      CHECK(rig.Delivered() == 7);
    }
  }
}

TEST_CASE("ll: a dead receiver waits alone, and more slow peers than u stop the reading") {
  LeaderRig rig(LeaderConfig(), 0);
  rig.Start(0);
  std::uint64_t next = 0;
  // Two batches fill a send buffer; nobody takes any of it, but for those whose credit comes back.
  const auto pass_on = [&](std::uint32_t slow) {
    for (int batch = 0; batch < 3; ++batch, next += 12'000) {
      rig.HandleBatch(1, rig.Other(0), {next, 12'000, 1});
      core::Effects listed = rig.Take();
      for (std::uint32_t i = 1; i + slow < 7; ++i) {
        std::int64_t bytes = 0;
        for (const core::Bytes& payload : SentTo(listed, rig.Peer(i)))
          bytes += payload.byte_count().value();
        rig.credit.Free(NowAtMs(1), rig.Peer(i), bytes, *rig.node, rig.out);
      }
      if (!All<core::effect::Hold>(listed).empty()) return true;
    }
    return false;
  };
  CHECK_FALSE(pass_on(0));
  CHECK_FALSE(pass_on(2));  // u of them.
  CHECK_FALSE(pass_on(2));
  bool is_held = false;
  for (int i = 0; i < 4 && !is_held; ++i) is_held = pass_on(3);
  CHECK(is_held);
}

TEST_CASE("ll: an endless log is sent by credit, and goes on where it stopped") {
  LeaderRig rig(LeaderConfig(), 0);
  rig.Start(core::Log::kEndless);
  const core::Effects first = rig.Take();
  const LeaderPositions before = rig.PositionsOf(first, rig.Other(0), Kind::kBatch);
  REQUIRE(!before.empty());
  rig.credit.FreeAll(NowAtMs(1), *rig.node, rig.out);
  const LeaderPositions after = rig.PositionsOf(rig.out, rig.Other(0), Kind::kBatch);
  REQUIRE(!after.empty());
  CHECK(after.front() == before.back() + 1);
}

TEST_CASE("ll: what comes from the wrong side, or is of another kind, is noted and ignored") {
  const core::Records data = IncomingRecords({0, 1, 1});
  const core::Bytes batch = c3b::Encode({kRigIn, {data}}, {});
  const core::Bytes broadcast = c3b::Encode({kRigIn, {data}}, {}, Kind::kBroadcast);
  const std::vector<std::pair<core::NodeId, core::Bytes>> wrong = {
      {core::NodeId(1), batch},
      {core::NodeId(7), broadcast},
      {core::NodeId(7), c3b::Encode({kRigIn, {data}}, {}, Kind::kHelp)},
      {core::NodeId(7), c3b::Encode({kRigOut, {data}}, {})},
      {core::NodeId(7), batch.Slice(0, batch.size() - 1)},
      {core::NodeId(99), batch}};
  for (const auto& [from, payload] : wrong) {
    LeaderRig rig(LeaderConfig(), 0);
    rig.Handle(1, from, payload);
    REQUIRE(rig.out.list().size() == 1);
    CHECK(Notes(rig.out, core::NoteKind::kMalformed).at(0).peer == from);
  }
}

}  // namespace
}  // namespace lockstep::tests
