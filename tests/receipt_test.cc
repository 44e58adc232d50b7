// A liar's receipt, from the scenario in the tree to the summary.

#include <cstdint>
#include <string>

#include "tools/lockstep/report.h"
#include "tools/lockstep/runner.h"

// Last: it takes the name CHECK for doctest.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

nlohmann::json SummaryOf(const std::string& scenario) {
  const auto prepared = cli::Prepare(scenario, {});
  REQUIRE_MESSAGE(prepared.ok(), prepared.status().message());
  const auto result = cli::Run(*prepared, {});
  REQUIRE(result.ok());
  CHECK(result->is_as_expected);
  return result->summary;
}

TEST_CASE("receipt: a liar's says what it sent instead of what, and safety holds") {
  const nlohmann::json infinity = SummaryOf("scenarios/faults/liar-infinity.json");
  for (const nlohmann::json& receipt : infinity["receipts"]) {
    CHECK(receipt["changed"].get<std::uint64_t>() > 0);
    CHECK(receipt["last"]["sent"] == std::uint64_t{1} << 60);
    CHECK(receipt["last"]["instead_of"].get<std::uint64_t>() < (std::uint64_t{1} << 60));
  }
  CHECK(cli::Report(infinity).find("instead of") != std::string::npos);

  const nlohmann::json zero = SummaryOf("scenarios/faults/liar-zero.json");
  for (const nlohmann::json& receipt : zero["receipts"]) {
    CHECK(receipt["last"]["sent"] == 0);
    CHECK(receipt["last"]["instead_of"].get<std::uint64_t>() > 0);
  }
}

}  // namespace
}  // namespace lockstep::tests
