// Sharing out by stake (the Picsou paper, section 5 and its worked table).

#include "protocols/core/apportion.h"

#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/random.h"
#include "protocols/parameters/parameters.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Apportion;
using Shares = std::vector<std::uint64_t>;
using Stake = std::vector<std::uint32_t>;

TEST_CASE("apportion: the worked examples of the paper come out exactly (figure 5)") {
  const auto read = ReadJsonFile("analysis/reference/picsou_figures.json");
  REQUIRE(read.ok());
  const nlohmann::json& series = read->at("apportionment_table").at("series");
  const std::vector<std::pair<std::string, std::pair<Stake, std::uint64_t>>> rows = {
      {"d1 stake 25,25,25,25 q=100", {{25, 25, 25, 25}, 100}},
      {"d2 stake 250x4 q=100", {{250, 250, 250, 250}, 100}},
      {"d3 stake 214,262,262,262 q=100", {{214, 262, 262, 262}, 100}},
      {"d4 stake 97,1,1,1 q=10", {{97, 1, 1, 1}, 10}}};
  CHECK(series.size() == rows.size());
  for (const auto& [name, given] : rows) {
    CAPTURE(name);
    Shares expected;
    for (const nlohmann::json& point : series.at(name))
      expected.push_back(point[1].get<std::uint64_t>());
    CHECK(Apportion(given.first, given.second) == expected);
  }
}

TEST_CASE(
    "apportion: what is left goes to the largest remainders, among equals to the lower index") {
  // Quotas of 2 1/3 each, and one message is left.
  CHECK(Apportion(Stake{1, 1, 1}, 7) == Shares{3, 2, 2});
  // 7 * 3/10, 7 * 2/10 twice, 7 * 3/10: 2.1, 1.4, 1.4, 2.1.
  CHECK(Apportion(Stake{3, 2, 2, 3}, 7) == Shares{2, 2, 1, 2});
}

TEST_CASE("apportion: shares sum up to the quantum, and each is its quota rounded either way") {
  core::Random random = core::Random(1).Fork("apportion");
  for (int round = 0; round < 2'000; ++round) {
    Stake stake;
    for (std::uint64_t n = 1 + random.Below(12); n > 0; --n)
      stake.push_back(static_cast<std::uint32_t>(1 + random.Below(1U << random.Below(21))));
    const std::uint64_t quantum = 1 + random.Below(2'000);
    const std::uint64_t sum = std::accumulate(stake.begin(), stake.end(), std::uint64_t{0});
    const Shares shares = Apportion(stake, quantum);
    REQUIRE(std::accumulate(shares.begin(), shares.end(), std::uint64_t{0}) == quantum);
    for (std::size_t i = 0; i < stake.size(); ++i) {
      const std::uint64_t floor = stake[i] * quantum / sum;
      REQUIRE(shares[i] >= floor);
      REQUIRE(shares[i] <= floor + 1);
    }
  }
}

TEST_CASE("apportion: products of the largest stake and quantum stay numbers") {
  const Stake stake(3, ~std::uint32_t{0});
  const std::uint64_t quantum = std::uint64_t{1} << 40;
  CHECK(Apportion(stake, quantum) == Shares{quantum / 3 + 1, quantum / 3, quantum / 3});
}

}  // namespace
}  // namespace lockstep::tests
