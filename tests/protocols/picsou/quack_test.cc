// Quorum acknowledgements (the Picsou paper, section 4.1).

#include "protocols/picsou/quack.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocols/core/random.h"
#include "tests/support/script.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

TEST_CASE("quack: the highest number that u_r + 1 receivers have acknowledged (4.1)") {
  picsou::QuackCounter quacks(/*receivers=*/4, /*acks_needed=*/2);
  RunScript("protocols/picsou/quack.txt", [&](const Command& ack) {
    const auto quack = quacks.Ack(ack.Get<std::uint32_t>("node"), ack.Get<std::uint64_t>("seq"));
    return quack ? std::to_string(*quack) : "none";
  });
}

TEST_CASE("quack: without faults one acknowledgement is enough, with all needed the least counts") {
  picsou::QuackCounter one(3, 1);
  CHECK(one.Ack(2, 4) == 4);
  CHECK(one.Ack(1, 3) == std::nullopt);
  picsou::QuackCounter all(3, 3);
  CHECK(all.Ack(0, 9) == std::nullopt);
  CHECK(all.Ack(1, 8) == std::nullopt);
  CHECK(all.Ack(2, 7) == 7);
}

TEST_CASE("quack: random acknowledgements agree with a sorted list") {
  core::Random random = core::Random(1).Fork("quack");
  for (const std::uint32_t receivers : {1U, 4U, 7U}) {
    for (std::uint32_t needed = 1; needed <= receivers; ++needed) {
      picsou::QuackCounter quacks(receivers, needed);
      std::vector<std::uint64_t> highest(receivers);
      std::uint64_t before = 0;
      for (int step = 0; step < 200; ++step) {
        const auto receiver = static_cast<std::uint32_t>(random.Below(receivers));
        const std::uint64_t cumulative = random.Below(50 + static_cast<std::uint64_t>(step));
        highest[receiver] = std::max(highest[receiver], cumulative);
        std::vector<std::uint64_t> sorted = highest;
        std::sort(sorted.begin(), sorted.end(), std::greater<>());
        const std::uint64_t expected = sorted[needed - 1];
        const auto risen = quacks.Ack(receiver, cumulative);
        REQUIRE(quacks.quack() == expected);
        REQUIRE(risen.has_value() == (expected > before));
        before = expected;
      }
    }
  }
}

}  // namespace
}  // namespace lockstep::tests
