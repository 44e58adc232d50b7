// The smallest protocol: a ball that goes round.

#include "protocols/pingpong/pingpong.h"

#include <cstdint>
#include <memory>
#include <vector>

#include "protocols/core/bytes.h"
#include "tests/support/keys.h"
#include "tests/support/listed.h"
#include "tests/support/lock_step.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::NodeId;
using core::NoteKind;

constexpr std::uint32_t kPlayers = 3;
constexpr core::Duration kStep = core::Duration::Milliseconds(1);
// A ball needs kPlayers steps to come round; two more before it is given up.
constexpr core::Duration kRetry = kStep * (kPlayers + 2);
const core::Cluster kCluster{"a", NodeId(10), kPlayers, 1, 0};

struct Ring {
  Ring() : world(kStep) {
    for (std::uint32_t i = 0; i < kPlayers; ++i) {
      players.push_back(std::make_unique<pingpong::Player>(kCluster, i, kRetry));
      world.Add(kCluster.Replica(i), *players.back());
    }
  }
  LockStep::Step Next() {
    return world.Next([](const core::Now&, NodeId, core::Effects&) {});
  }
  std::vector<std::unique_ptr<pingpong::Player>> players;
  LockStep world;
};

TEST_CASE("pingpong: the ball goes round once every n hops, and replica 0 notes each lap") {
  Ring ring;
  LockStep::Step step = ring.world.Start();
  std::uint64_t laps = 0;
  for (std::uint32_t hop = 0; hop < 20 * kPlayers; ++hop) {
    REQUIRE(step.sent.size() == 1);
    CHECK(step.sent[0].from == kCluster.Replica(hop));
    CHECK(step.sent[0].to == kCluster.Replica(hop + 1));
    step = ring.Next();
    for (const auto& [node, note] : step.notes) {
      CHECK(node == kCluster.Replica(0));
      CHECK(note.kind == NoteKind::kState);
      CHECK(note.values.first == ++laps);
    }
  }
  CHECK(laps == 20);
}

TEST_CASE("pingpong: a ball that is lost is served again after the retry time") {
  Ring ring;
  ring.world.Start();
  ring.world.Crash(kCluster.Replica(1));
  std::vector<std::uint64_t> served;
  for (std::uint64_t n = 1; n <= 2 * (kPlayers + 2); ++n) {
    if (!ring.Next().sent.empty()) served.push_back(n);
  }
  CHECK(served == std::vector<std::uint64_t>{kPlayers + 2, 2 * (kPlayers + 2)});
}

TEST_CASE("pingpong: an old ball is not played, and rubbish is noted") {
  pingpong::Player player(kCluster, 1, kRetry);
  const pingpong::Fields fields;
  const Keys keys(NodeId(10));
  const auto ball = [&](std::uint64_t lap) {
    return fields.Build({0, {{0, 0, {lap, 1, 1}, {}}}}, keys, core::Identity(11));
  };
  core::Effects out;
  player.OnMessage(NowAtMs(0), NodeId(10), ball(5), out);
  REQUIRE(SentTo(out, NodeId(12)).size() == 1);
  CHECK(SentTo(out, NodeId(12))[0] == ball(5));
  out.Clear();
  player.OnMessage(NowAtMs(1), NodeId(10), ball(5), out);
  player.OnMessage(NowAtMs(1), NodeId(10), ball(4), out);
  CHECK(out.list().empty());
  for (const core::Bytes& rubbish :
       {core::Bytes(), core::Bytes::Copy("\x01 2345678"), ball(6).Slice(0, 8)}) {
    out.Clear();
    player.OnMessage(NowAtMs(2), NodeId(10), rubbish, out);
    CHECK(Notes(out, NoteKind::kMalformed).size() == 1);
    CHECK(All<core::effect::Send>(out).empty());
  }
}

TEST_CASE("pingpong: fields read the lap and build the ball back") {
  const pingpong::Fields fields;
  const Keys keys(NodeId(10));
  const core::Bytes ball = fields.Build({0, {{0, 0, {77, 1, 1}, {}}}}, keys, core::Identity(11));
  core::FieldedMessage message;
  REQUIRE(fields.Read(ball, message));
  CHECK(fields.types()[message.type].name == "pingpong.ball");
  CHECK(message.fields.at(0).values.first == 77);
  CHECK_FALSE(fields.Read(core::Bytes::Copy(ball.ToString() + "x"), message));
}

}  // namespace
}  // namespace lockstep::tests
