// Checkpoints from one replica to another, and the floor of one that has lost its memory.

#include "protocols/chora/transfer.h"

#include <string>
#include <vector>

#include "protocols/chora/recovery.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

chora::Config ConfigOf() {
  chora::Config config;
  config.cluster = core::Cluster{"a", core::NodeId(0), 3, 1, 0, false};
  config.checkpoint_rounds = 100;
  config.packet_bytes = 200;  // chunks of 160
  return config;
}

core::Bytes State(std::size_t size) { return core::Bytes::Copy(std::string(size, 's')); }

TEST_CASE("chora transfer: a checkpoint comes whole, two chunks a round, four outstanding") {
  const chora::Config config = ConfigOf();
  chora::CheckpointStore store(config);
  store.Add({100, State(1'000)}, 120);
  chora::Download download(config);
  REQUIRE(download.OnOffer(2, 100, 1'000, 0));
  std::vector<chora::Download::Ask> asked;
  for (std::uint64_t now = 0; now < 3; ++now) {
    const auto asks = download.Next(now);
    asked.insert(asked.end(), asks.begin(), asks.end());
  }
  CHECK(asked.size() == 4);
  std::uint64_t now = 3;
  std::size_t chunks = 0;
  std::optional<core::Bytes> whole;
  while (!whole && now < 30) {
    for (const auto& ask : asked) {
      CHECK(ask.peer == 2);
      const auto chunk = store.Chunk(ask.round, ask.index, now);
      REQUIRE(chunk.has_value());
      download.OnChunk(ask.round, ask.index, *chunk, now);
      ++chunks;
    }
    whole = download.Take();
    asked = download.Next(++now);
  }
  CHECK(chunks == 7);  // 1000 by 160
  REQUIRE(whole.has_value());
  CHECK(*whole == State(1'000));
  CHECK_FALSE(download.is_active());
}

TEST_CASE("chora transfer: what does not come is asked for again, or of somebody else") {
  const chora::Config config = ConfigOf();
  chora::Download download(config);
  REQUIRE(download.OnOffer(2, 100, 1'000, 0));
  CHECK(download.Next(0).size() == 2);
  CHECK(download.Next(1).size() == 2);
  CHECK(download.Next(2).empty());
  CHECK(download.Next(4).size() == 2);  // 4 D rounds after the first ones
  download.OnChunk(100, 0, State(160), 4);
  download.OnChunk(100, 1, State(161), 4);  // No chunk of ours.
  download.OnChunk(200, 2, State(160), 4);
  CHECK_FALSE(download.OnOffer(1, 200, 500, 8));  // It goes on.
  REQUIRE(download.OnOffer(1, 100, 1'000, 9));    // Stalled: the same from another peer.
  const auto asks = download.Next(9);
  REQUIRE(asks.size() == 2);
  CHECK(asks[0].peer == 1);
  CHECK(asks[0].index == 1);  // The first one has been kept.
  REQUIRE(download.OnOffer(2, 300, 500, 14));
  CHECK(download.round() == 300);
  CHECK_FALSE(download.OnOffer(2, 400, 0, 100));
}

TEST_CASE("chora transfer: what is offered is kept until somebody has had time to ask for it") {
  chora::Config config = ConfigOf();
  config.checkpoint_rounds = 2;
  chora::CheckpointStore store(config);
  store.Add({2, State(100)}, 3);
  store.Add({4, State(100)}, 5);  // Nobody was offered the one before.
  CHECK_FALSE(store.Chunk(2, 0, 5).has_value());
  store.Offer(5);
  store.Add({6, State(100)}, 7);
  store.Add({8, State(100)}, 9);
  store.Add({10, State(100)}, 11);
  CHECK(store.OldestInUse(11) == 4);
  CHECK(store.Chunk(4, 0, 11).has_value());
  store.Add({12, State(100)}, 13);  // For three checkpoints more, and no longer.
  CHECK(store.OldestInUse(13) == 12);
}

TEST_CASE("chora transfer: what is asked for is kept for a while, and the latest always") {
  const chora::Config config = ConfigOf();
  chora::CheckpointStore store(config);
  CHECK(store.empty());
  store.Add({100, State(10)}, 110);
  CHECK(store.Chunk(100, 0, 112).has_value());
  store.Add({200, State(10)}, 120);
  CHECK(store.OldestInUse(128) == 100);  // 16 D rounds after the last request
  CHECK(store.OldestInUse(129) == 200);
  CHECK_FALSE(store.Chunk(100, 0, 130).has_value());
  CHECK_FALSE(store.Chunk(200, 1, 130).has_value());
  // Asked for again and again, one is kept for 2C rounds longer than otherwise.
  CHECK(store.Chunk(200, 0, 300).has_value());
  store.Add({300, State(10)}, 301);
  CHECK(store.Chunk(200, 0, 302).has_value());
  store.Add({500, State(10)}, 303);
  CHECK(store.OldestInUse(303) == 200);
  store.Add({600, State(10)}, 304);
  CHECK(store.OldestInUse(304) == 600);
}

TEST_CASE("chora recovery: the floor is the highest act of a quorum, and W_hard + 1 above it") {
  chora::Recovery recovery(/*incarnation=*/42, /*quorum=*/2, /*hard_window=*/64);
  CHECK_FALSE(recovery.OnAnswer(0, 42, 100).has_value());
  CHECK_FALSE(recovery.OnAnswer(0, 42, 90).has_value());   // The same replica again.
  CHECK_FALSE(recovery.OnAnswer(2, 41, 100).has_value());  // To an earlier life.
  const auto allowed = recovery.OnAnswer(2, 42, 70);
  REQUIRE(allowed.has_value());
  // Acts up to round 99: floor 99 + 64 + 1, and the first round above it.
  CHECK(*allowed == 165);
}

}  // namespace
}  // namespace lockstep::tests
