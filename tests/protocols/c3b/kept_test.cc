// What is kept for peers: found again without a gap, and forgotten from below.

#include "protocols/c3b/kept.h"

#include <cstdint>
#include <vector>

#include "protocols/core/records.h"
#include "protocols/core/run.h"
#include "tests/protocols/c3b/rig.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

constexpr std::uint64_t kAll = 1'000'000;

std::vector<std::uint64_t> NumbersOf(const std::vector<core::Records>& found) {
  std::vector<std::uint64_t> numbers;
  for (const core::Records& records : found) {
    for (std::uint64_t i = 0; i < records.run.count; ++i) numbers.push_back(records.run.At(i));
    CHECK(records.contents == IncomingRecords(records.run).contents);
  }
  return numbers;
}

TEST_CASE("otu: what is kept is found from any position on, up to the first gap") {
  c3b::Kept kept(kAll);
  kept.Add(IncomingRecords({0, 10, 1}));
  kept.Add(IncomingRecords({15, 5, 1}));
  kept.Add(IncomingRecords({10, 3, 1}));
  CHECK(NumbersOf(kept.From(0, kAll)) == PositionsFrom(0, 13));
  CHECK(NumbersOf(kept.From(7, kAll)) == PositionsFrom(7, 13));
  CHECK(NumbersOf(kept.From(12, kAll)) == PositionsFrom(12, 13));
  CHECK(kept.From(13, kAll).empty());
  CHECK(NumbersOf(kept.From(17, kAll)) == PositionsFrom(17, 20));
  CHECK(kept.From(20, kAll).empty());
  // Ten bytes each: as many as reach so many bytes, and one at least.
  CHECK(NumbersOf(kept.From(8, 31)) == PositionsFrom(8, 12));
  CHECK(NumbersOf(kept.From(8, 30)) == PositionsFrom(8, 11));
  CHECK(NumbersOf(kept.From(8, 0)) == PositionsFrom(8, 9));
}

TEST_CASE("otu: what came with gaps is kept message by message") {
  c3b::Kept kept(kAll);
  kept.Add(IncomingRecords({1, 3, 2}));
  kept.Add(IncomingRecords({0, 3, 2}));
  CHECK(NumbersOf(kept.From(0, kAll)) == PositionsFrom(0, 6));
}

TEST_CASE("otu: beyond what may be kept, the lowest positions go, but never the last that came") {
  c3b::Kept kept(100);
  kept.Add(IncomingRecords({0, 5, 1}));
  kept.Add(IncomingRecords({5, 5, 1}));
  CHECK(NumbersOf(kept.From(0, kAll)) == PositionsFrom(0, 10));
  kept.Add(IncomingRecords({10, 1, 1}));
  CHECK(kept.From(0, kAll).empty());
  CHECK(NumbersOf(kept.From(5, kAll)) == PositionsFrom(5, 11));
  kept.Add(IncomingRecords({20, 50, 1}));
  CHECK(NumbersOf(kept.From(20, kAll)).size() == 50);
  CHECK(kept.From(5, kAll).empty());
}

}  // namespace
}  // namespace lockstep::tests
