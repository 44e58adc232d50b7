// Random numbers: the same for ever, independent by name, uniform below a bound.

#include "protocols/core/random.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Random;

std::vector<std::uint64_t> Take(Random random, int count) {
  std::vector<std::uint64_t> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(random.Next());
  return numbers;
}

TEST_CASE("random: the first numbers are those of the published Philox4x32-10") {
  // Random123, kat_vectors: counter 0 and key 0 give 6627e8d5 e169c58d bc57ac4c 9b00dbd8, of which
  // a number takes two words, low word first.
  CHECK(Take(Random(0), 2) ==
        std::vector<std::uint64_t>{0xe169c58d'6627e8d5U, 0x9b00dbd8'bc57ac4cU});
}

TEST_CASE("random: a seed and a path of names give one stream for ever") {
  CHECK(Take(Random(7).Fork("link/a-b"), 3) ==
        std::vector<std::uint64_t>{0x2a282002046a50b2U, 0x111d9c178e350381U, 0x18e9124690718a24U});
  CHECK(Take(Random(7).Fork("a").Fork("b"), 5) == Take(Random(7).Fork("a").Fork("b"), 5));
}

TEST_CASE("random: seeds, names and orders of names give different streams") {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const std::string name : {"", "a", "b", "ab", "link/a-b", "link/b-a"}) {
      firsts.insert(Random(seed).Fork(name).Next());
    }
  }
  CHECK(firsts.size() == 20 * 6);
  CHECK(Random(1).Fork("a").Fork("b").Next() != Random(1).Fork("b").Fork("a").Next());
  CHECK(Random(1).Fork("").Next() != Random(1).Next());
}

TEST_CASE("random: a fork is the same however much was drawn before it") {
  Random root(3);
  const std::vector<std::uint64_t> before = Take(root.Fork("x"), 4);
  for (int i = 0; i < 100; ++i) root.Next();
  CHECK(Take(root.Fork("x"), 4) == before);
  Random fork = root.Fork("x");
  const std::uint64_t next = Random(root).Next();
  fork.Next();
  CHECK(root.Next() == next);
}

TEST_CASE("random: numbers below a bound are below it and take every value") {
  Random random = Random(2).Fork("below");
  for (const std::uint64_t bound : {1U, 2U, 3U, 7U, 10U}) {
    constexpr std::uint64_t kDraws = 7'000;
    std::vector<std::uint64_t> times(bound);
    for (std::uint64_t i = 0; i < kDraws; ++i) {
      const std::uint64_t drawn = random.Below(bound);
      REQUIRE(drawn < bound);
      ++times[drawn];
    }
    // The mean is draws / bound; its deviation less than sqrt(draws / bound), and a sixfold one is
    // not to be met: 6 * sqrt(7000 / 2) < 360.
    for (const std::uint64_t count : times) {
      CHECK(count + 360 >= kDraws / bound);
      CHECK(count <= kDraws / bound + 360);
    }
  }
  // A bound that is no power of two and nearly the whole range: drawn again where it must be.
  constexpr std::uint64_t kLarge = (std::uint64_t{1} << 63) + 1;
  for (int i = 0; i < 1'000; ++i) REQUIRE(random.Below(kLarge) < kLarge);
}

TEST_CASE("random: a chance is a ratio") {
  Random random = Random(4).Fork("chance");
  int hits = 0;
  for (int i = 0; i < 9'000; ++i) {
    if (random.Chance(1, 3)) ++hits;
    REQUIRE(random.Chance(5, 5));
    REQUIRE(!random.Chance(0, 5));
  }
  // Mean 3000, deviation sqrt(9000 * 1/3 * 2/3) < 45, six of them.
  CHECK(hits > 3'000 - 6 * 45);
  CHECK(hits < 3'000 + 6 * 45);
}

}  // namespace
}  // namespace lockstep::tests
