// Batches that wait for size, age and credit.

#include "protocols/core/batcher.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/run.h"
#include "protocols/core/time.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Batcher;
using core::Run;

constexpr std::uint64_t kBatch = 1'000;
constexpr std::uint64_t kOverhead = 50;
constexpr std::uint64_t kRecord = 10;
constexpr core::Duration kDelay = core::Duration::Milliseconds(2);

constexpr std::int64_t kAmple = 1 << 20;

Batcher Make() {
  Batcher::Config config;
  config.receivers = 3;
  config.batch_bytes = kBatch;
  config.batch_delay = kDelay;
  config.overhead_max = kOverhead;
  config.record_bytes = kRecord;
  return Batcher(config);
}

core::Instant Ms(std::int64_t ms) { return core::Instant() + core::Duration::Milliseconds(ms); }

// What leaves, where there is ample credit; nothing where nothing is due.
std::vector<Batcher::Item> Taken(Batcher& batcher, std::uint32_t receiver, core::Instant now) {
  if (!batcher.IsDue(receiver, now)) return {};
  return batcher.Take(receiver, now, kAmple).items;
}

std::vector<Run> RunsOf(const std::vector<Batcher::Item>& items) {
  std::vector<Run> runs;
  for (const Batcher::Item& item : items) runs.push_back(item.run);
  return runs;
}

TEST_CASE("batcher: a batch leaves when it is full, or old enough, and not before") {
  Batcher batcher = Make();
  batcher.Queue(1, {{0, 9, 4}, 100, 0}, Ms(0));
  CHECK(9 * (100 + kRecord) < kBatch);
  CHECK(Taken(batcher, 1, Ms(0)).empty());
  CHECK(batcher.NextFlush() == Ms(0) + kDelay);
  CHECK(Taken(batcher, 1, Ms(1)).empty());
  CHECK(RunsOf(Taken(batcher, 1, Ms(2))) == std::vector<Run>{{0, 9, 4}});
  CHECK_FALSE(batcher.NextFlush().has_value());
  // One more fills it: no waiting, and the flush timer is not asked for.
  batcher.Queue(1, {{36, 10, 4}, 100, 0}, Ms(2));
  CHECK(10 * (100 + kRecord) >= kBatch);
  CHECK_FALSE(batcher.NextFlush().has_value());
  CHECK(RunsOf(Taken(batcher, 1, Ms(2))) == std::vector<Run>{{36, 10, 4}});
  CHECK(Taken(batcher, 0, Ms(9)).empty());
}

TEST_CASE("batcher: a long run is cut into batches of the size that reaches the limit") {
  Batcher batcher = Make();
  batcher.Queue(0, {{5, 25, 3}, 100, 0}, Ms(0));
  // ceil(1000 / 110) = 10 messages a batch.
  CHECK(RunsOf(Taken(batcher, 0, Ms(0))) == std::vector<Run>{{5, 10, 3}});
  CHECK(RunsOf(Taken(batcher, 0, Ms(0))) == std::vector<Run>{{5 + 10 * 3, 10, 3}});
  CHECK(Taken(batcher, 0, Ms(1)).empty());
  CHECK(RunsOf(Taken(batcher, 0, Ms(2))) == std::vector<Run>{{5 + 20 * 3, 5, 3}});
}

TEST_CASE("batcher: a message larger than a batch is a batch of its own") {
  Batcher batcher = Make();
  batcher.Queue(0, {{0, 2, 4}, 5'000, 0}, Ms(0));
  CHECK(RunsOf(Taken(batcher, 0, Ms(0))) == std::vector<Run>{{0, 1, 4}});
  CHECK(RunsOf(Taken(batcher, 0, Ms(0))) == std::vector<Run>{{4, 1, 4}});
}

TEST_CASE("batcher: runs that continue each other are one, others stay apart") {
  Batcher batcher = Make();
  batcher.Queue(0, {{0, 2, 4}, 10, 0}, Ms(0));
  batcher.Queue(0, {{8, 1, 4}, 10, 0}, Ms(0));
  batcher.Queue(0, {{16, 1, 4}, 10, 0}, Ms(0));
  batcher.Queue(0, {{20, 1, 4}, 11, 0}, Ms(0));
  batcher.Queue(0, {{99, 0, 4}, 11, 0}, Ms(0));
  CHECK(RunsOf(Taken(batcher, 0, Ms(2))) == std::vector<Run>{{0, 3, 4}, {16, 1, 4}, {20, 1, 4}});
}

TEST_CASE("batcher: a batch holds one attempt") {
  Batcher batcher = Make();
  batcher.Queue(0, {{0, 1, 1}, 10, 1}, Ms(0));
  batcher.Queue(0, {{1, 1, 1}, 10, 2}, Ms(0));
  const std::vector<Batcher::Item> first = Taken(batcher, 0, Ms(2));
  REQUIRE(first.size() == 1);
  CHECK(first[0].attempt == 1);
  const std::vector<Batcher::Item> second = Taken(batcher, 0, Ms(4));
  REQUIRE(second.size() == 1);
  CHECK(second[0].attempt == 2);
}

TEST_CASE("batcher: a batch that credit does not cover stays whole") {
  // Room for the contents of ten, and all but one byte of the overhead.
  const std::uint64_t needed = 10 * (100 + kRecord) + kOverhead;
  Batcher batcher = Make();
  batcher.Queue(0, {{0, 10, 4}, 100, 0}, Ms(0));
  const Batcher::Batch lacking = batcher.Take(0, Ms(0), static_cast<std::int64_t>(needed) - 1);
  CHECK(lacking.items.empty());
  CHECK(lacking.wanted == needed);
  CHECK(batcher.IsDue(0, Ms(0)));
  CHECK(RunsOf(batcher.Take(0, Ms(0), static_cast<std::int64_t>(needed)).items) ==
        std::vector<Run>{{0, 10, 4}});
  CHECK_FALSE(batcher.IsDue(0, Ms(0)));
}

TEST_CASE("batcher: it says who has a full batch waiting, and what credit that may take") {
  Batcher batcher = Make();
  CHECK(batcher.FullBatchCredit() == kBatch + kOverhead);
  batcher.Queue(0, {{0, 9, 4}, 100, 0}, Ms(0));
  CHECK_FALSE(batcher.HasFull(0));
  batcher.Queue(0, {{36, 1, 4}, 100, 0}, Ms(0));
  CHECK(batcher.HasFull(0));
  CHECK_FALSE(batcher.HasFull(1));
}

TEST_CASE("batcher: what is settled is dropped, wherever a run is cut by it") {
  for (std::uint64_t below = 0; below <= 40; ++below) {
    CAPTURE(below);
    Batcher batcher = Make();
    batcher.Queue(0, {{3, 5, 4}, 10, 0}, Ms(0));   // 3 7 11 15 19
    batcher.Queue(0, {{21, 2, 9}, 10, 0}, Ms(0));  // 21 30
    batcher.DropBelow(below);
    std::vector<std::uint64_t> kept;
    for (const Run& run : RunsOf(Taken(batcher, 0, Ms(9)))) {
      for (std::uint64_t i = 0; i < run.count; ++i) kept.push_back(run.At(i));
    }
    std::vector<std::uint64_t> expected;
    for (const std::uint64_t n : {3U, 7U, 11U, 15U, 19U, 21U, 30U}) {
      if (n >= below) expected.push_back(n);
    }
    CHECK(kept == expected);
    // The bytes went with them: what comes next waits for a full batch again.
    batcher.Queue(0, {{100, 9, 1}, 100, 0}, Ms(9));
    CHECK(Taken(batcher, 0, Ms(9)).empty());
  }
}

TEST_CASE("batcher: what is removed leaves no more, and what surrounds it does") {
  Batcher batcher = Make();
  batcher.Queue(0, {{0, 5, 4}, 100, 1}, Ms(0));  // 0, 4, 8, 12, 16
  batcher.Queue(0, {{1, 3, 4}, 100, 1}, Ms(0));  // 1, 5, 9: of another lane
  CHECK(batcher.FirstWaiting(0, {0, 9, 4}) == 0);
  CHECK(batcher.FirstWaiting(0, {5, 9, 4}) == 5);
  CHECK_FALSE(batcher.FirstWaiting(0, {20, 9, 4}).has_value());
  CHECK_FALSE(batcher.FirstWaiting(0, {2, 9, 4}).has_value());
  CHECK_FALSE(batcher.FirstWaiting(1, {0, 9, 4}).has_value());
  batcher.Remove(0, {8, 2, 4});
  batcher.Remove(0, {20, 9, 4});  // Nothing of it waits.
  batcher.Remove(1, {0, 5, 4});
  CHECK(RunsOf(Taken(batcher, 0, Ms(9))) == std::vector<Run>{{0, 2, 4}, {16, 1, 4}, {1, 3, 4}});
  CHECK_FALSE(batcher.HasFull(0));
  CHECK_FALSE(batcher.FirstWaiting(0, {0, 9, 4}).has_value());
  // All of it: nothing is due any more.
  batcher.Queue(0, {{0, 9, 4}, 100, 1}, Ms(10));
  batcher.Remove(0, {0, 20, 4});
  CHECK_FALSE(batcher.IsDue(0, Ms(99)));
  CHECK_FALSE(batcher.NextFlush().has_value());
}

}  // namespace
}  // namespace lockstep::tests
