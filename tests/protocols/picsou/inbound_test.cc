// The receiving side: what is held, and what is said of it (the Picsou paper, 4.1 and 4.3).

#include "protocols/picsou/inbound.h"

#include <cstdint>
#include <set>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/random.h"
#include "protocols/core/run.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Records;
using core::Run;
using picsou::Ack;
using picsou::Inbound;

constexpr std::uint64_t kPeriod = 28;
constexpr std::uint64_t kManyRuns = 1'000;

Records RecordsOf(const Run& run) {
  return {run, 10, core::Bytes::Filler({1, run.first, run.stride, run.count, 10, 0})};
}

std::set<std::uint64_t> PositionsOf(const std::vector<Run>& runs) {
  std::set<std::uint64_t> positions;
  for (const Run& run : runs) {
    for (std::uint64_t i = 0; i < run.count; ++i) REQUIRE(positions.insert(run.At(i)).second);
  }
  return positions;
}

TEST_CASE("inbound: the ACK is cumulative (4.1)") {
  Inbound inbound(kPeriod, 0, kManyRuns);
  CHECK(inbound.Report().cumulative == 0);
  inbound.Store(RecordsOf({1, 3, 1}));
  CHECK(inbound.cumulative() == 0);
  inbound.Store(RecordsOf({0, 1, 1}));
  CHECK(inbound.Report().cumulative == 4);
}

TEST_CASE("inbound: each message is new once, with its content") {
  Inbound inbound(kPeriod, 0, kManyRuns);
  CHECK(inbound.Store(RecordsOf({4, 3, 4})) == std::vector<Records>{RecordsOf({4, 3, 4})});
  CHECK(inbound.Store(RecordsOf({4, 3, 4})).empty());
  const std::vector<Records> fresh = inbound.Store(RecordsOf({0, 5, 4}));
  std::vector<Run> runs;
  for (const Records& records : fresh) {
    CHECK(records == RecordsOf(records.run));
    runs.push_back(records.run);
  }
  CHECK(PositionsOf(runs) == std::set<std::uint64_t>{0, 16});
}

TEST_CASE(
    "inbound: the phi-list has what is held of the phi positions after the missing one (4.3)") {
  Inbound inbound(kPeriod, 5, kManyRuns);
  inbound.Store(RecordsOf({0, 3, 1}));
  // 3 is missing by definition; 4..8 are in reach, 9 and beyond are not.
  for (const std::uint64_t held : {4U, 6U, 8U, 9U, 11U}) inbound.Store(RecordsOf({held, 1, 1}));
  const Ack ack = inbound.Report();
  CHECK(ack.cumulative == 3);
  CHECK(PositionsOf(ack.phi) == std::set<std::uint64_t>{4, 6, 8});
  CHECK(ack.phi_end == 9);
}

TEST_CASE("inbound: nothing is said beyond the last message held") {
  Inbound inbound(kPeriod, 256, kManyRuns);
  CHECK(inbound.Report() == Ack{});
  inbound.Store(RecordsOf({0, 2, 1}));
  CHECK(inbound.Report() == Ack{2, 0, {}});
  inbound.Store(RecordsOf({3, 1, 1}));
  CHECK(inbound.Report() == Ack{2, 4, {{3, 1, kPeriod}}});
}

TEST_CASE("inbound: without a phi-list there is none") {
  Inbound inbound(kPeriod, 0, kManyRuns);
  inbound.Store(RecordsOf({1, 20, 1}));
  CHECK(inbound.Report() == Ack{0, 0, {}});
}

TEST_CASE("inbound: a list that would need too many runs covers fewer positions") {
  constexpr std::uint64_t kPhi = 512;
  constexpr std::uint64_t kFewRuns = 5;  // kPhi / kPeriod would be needed: 18.
  Inbound inbound(kPeriod, kPhi, kFewRuns);
  // Every other lap is missing: one run for each position held.
  inbound.Store(RecordsOf({2, 200, 2 * kPeriod}));
  inbound.Store(RecordsOf({kPeriod + 5, 200, 2 * kPeriod}));
  const Ack ack = inbound.Report();
  CHECK(ack.phi.size() <= kFewRuns);
  REQUIRE(ack.phi.size() > 0);
  // What is covered is covered in full, up to where the list ends.
  const std::set<std::uint64_t> told = PositionsOf(ack.phi);
  CHECK(ack.phi_end == *told.rbegin() + 1);
  for (std::uint64_t at = 1; at < ack.phi_end; ++at) {
    const bool is_held = at % (2 * kPeriod) == 2 || at % (2 * kPeriod) == kPeriod + 5;
    CHECK(told.contains(at) == is_held);
  }
}

TEST_CASE("inbound: random arrivals are reported as a set of single positions would be") {
  core::Random random = core::Random(6).Fork("inbound");
  for (const std::uint64_t phi : {0U, 1U, 7U, 64U, 1'000U}) {
    Inbound inbound(kPeriod, phi, kManyRuns);
    std::set<std::uint64_t> held;
    for (int step = 0; step < 150; ++step) {
      const std::vector<std::uint64_t> strides = {1, 4, 7, kPeriod};
      const Run run{random.Below(200), 1 + random.Below(8), strides[random.Below(4)]};
      inbound.Store(RecordsOf(run));
      for (std::uint64_t i = 0; i < run.count; ++i) held.insert(run.At(i));
      std::uint64_t cumulative = 0;
      while (held.contains(cumulative)) ++cumulative;
      const Ack ack = inbound.Report();
      REQUIRE(ack.cumulative == cumulative);
      const std::set<std::uint64_t> expected(held.lower_bound(cumulative + 1),
                                             held.lower_bound(cumulative + 1 + phi));
      REQUIRE(PositionsOf(ack.phi) == expected);
      REQUIRE(ack.phi_end == (expected.empty() ? 0 : *expected.rbegin() + 1));
    }
  }
}

}  // namespace
}  // namespace lockstep::tests
