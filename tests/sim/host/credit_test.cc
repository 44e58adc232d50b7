// The book of credit: as an array of all peers would keep it.

#include "sim/host/credit.h"

#include <vector>

#include "protocols/core/random.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {

TEST_CASE("credit: each peer has its own, which comes back whole") {
  sim::CreditBook book(core::ByteCount(1'000));
  book.Take(core::NodeId(3), 600);
  CHECK(book.Left(core::NodeId(3)) == 400);
  CHECK(book.Left(core::NodeId(4)) == 1'000);
  book.Take(core::NodeId(3), 600);
  CHECK(book.Left(core::NodeId(3)) == -200);
  book.Return(core::NodeId(3), 1'200);
  CHECK(book.Left(core::NodeId(3)) == 1'000);
  book.Take(core::NodeId(4), 1);
  book.Clear();
  CHECK(book.Left(core::NodeId(4)) == 1'000);
}

TEST_CASE("credit: whatever is taken and given back, the book says what an array would") {
  constexpr std::uint64_t kPeers = 300;
  core::Random random(11);
  sim::CreditBook book(core::ByteCount(50));
  std::vector<std::int64_t> taken(kPeers);
  for (int i = 0; i < 100'000; ++i) {
    // Now and then only few peers have something outstanding, so that the table thins out.
    const std::uint64_t among = (i / 5'000) % 2 == 0 ? kPeers : 7;
    const std::uint64_t peer = random.Below(among);
    const core::NodeId node(static_cast<std::uint32_t>(peer));
    const bool is_back = taken[peer] > 0 && random.Chance(3, 5);
    const std::int64_t bytes = is_back ? taken[peer] : static_cast<std::int64_t>(1 + peer % 3);
    if (is_back) {
      book.Return(node, bytes);
      taken[peer] -= bytes;
    } else {
      book.Take(node, bytes);
      taken[peer] += bytes;
    }
    const std::uint64_t other = random.Below(kPeers);
    CHECK(book.Left(node) == 50 - taken[peer]);
    CHECK(book.Left(core::NodeId(static_cast<std::uint32_t>(other))) == 50 - taken[other]);
  }
}

}  // namespace lockstep::tests
