// The fuzzer: draws that are functions of their seeds, outcomes, and a campaign that finds what is
// wrong.

#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "tests/support/json_schema.h"
#include "tests/support/process.h"
#include "tools/fuzz/campaign.h"
#include "tools/fuzz/draw.h"
#include "tools/fuzz/outcome.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/fuzz_run.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using fuzz::Outcome;

}  // namespace

TEST_CASE("fuzz: a draw is a function of its seed, and each is a scenario that the schema takes") {
  std::set<std::string> drawn;
  std::map<std::string, int> kinds;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    const fuzz::Draw draw = fuzz::DrawChora(seed);
    CHECK(draw.scenario == fuzz::DrawChora(seed).scenario);
    drawn.insert(draw.scenario.dump());
    const auto prepared = cli::PrepareDocument(draw.scenario, "fuzz.json", {});
    REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
    const absl::Status shape = tests::CheckSchema(prepared->scenario.document, "fuzz.json");
    CHECK_MESSAGE(shape.ok(), std::string(shape.message()));
    for (const sim::Fault& fault : prepared->scenario.faults)
      ++kinds[std::string(fault.kind->name)];
  }
  CHECK(drawn.size() == 100);
  for (const char* kind :
       {"loss", "delay", "reorder", "duplicate", "round_breach", "drop", "pause", "freeze",
        "nic_stall", "slow_cpu", "clock_offset", "clock_drift", "clock_freeze", "crash"}) {
    CAPTURE(kind);
    CHECK(kinds[kind] > 0);
  }
}

TEST_CASE("fuzz: the size of the cluster can be fixed") {
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    CHECK(fuzz::DrawChora(seed, {7}).scenario["clusters"][0]["size"] == 7);
}

TEST_CASE("fuzz: an outcome is read as it was written") {
  const Outcome outcome{"violated", "X", "a0 says \"no\"",  true,
                        5,          300, {{"crash", 3, 2}}, {"lanes"}};
  CHECK(fuzz::DecodeOutcome(fuzz::Encode(outcome)) == outcome);
  CHECK(fuzz::DecodeOutcome(fuzz::Encode(Outcome())) == Outcome());
}

TEST_CASE("fuzz: what a run does to its process is an outcome, and coverage counts draws") {
  fuzz::CampaignOptions options;
  options.seed = 10;
  options.runs = 8;
  options.workers = 2;
  std::map<std::uint64_t, Outcome> outcomes;
  const auto tally = fuzz::RunCampaign(
      [](std::uint64_t seed) {
        if (seed == 13) std::abort();
        Outcome outcome;
        outcome.verdict = seed == 15 ? "violated" : "holds";
        outcome.bites = {{"crash", 2, seed % 2}, {"loss", 1, 0}};
        return outcome;
      },
      options,
      [&](std::uint64_t seed, const Outcome& outcome, const fuzz::Tally&) {
        outcomes[seed] = outcome;
      });
  REQUIRE(tally.ok());
  CHECK(tally->runs == 8);
  CHECK(tally->failures == 2);
  CHECK(outcomes[13].verdict == "failed");
  CHECK(outcomes[13].text.find("SIGABRT") != std::string::npos);
  CHECK(outcomes[15].is_failure());
  CHECK(tally->coverage.at("crash").draws == 7);
  CHECK(tally->coverage.at("crash").bitten == 3);
  CHECK(tally->coverage.at("loss").bitten == 0);
}

TEST_CASE("fuzz: 300 draws of Chora-R keep every promise, and recover where that is promised") {
  std::map<std::string, int> verdicts;
  std::map<std::string, std::uint64_t> bitten;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    const Outcome outcome = cli::RunDraw(fuzz::DrawChora(seed));
    const std::string verdict = outcome.verdict + ": " + outcome.text;
    CAPTURE(verdict);
    CHECK(outcome.verdict == "holds");
    ++verdicts[outcome.verdict];
    for (const fuzz::Bites& bites : outcome.bites) bitten[bites.kind] += bites.effective;
  }
  for (const auto& entry : bitten) {
    const auto& kind = entry.first;
    const auto& count = entry.second;
    CAPTURE(kind);
    CHECK(count > 0);
  }
}

TEST_CASE("fuzz: the command prints a draw that runs, and refuses what it has no draws for") {
  const TemporaryFolder folder;
  const Finished drawn =
      Process({LOCKSTEP_BINARY, "fuzz", "chora", "--one", "5", "--replicas", "3"}).Wait();
  CHECK(drawn.exit_code == cli::kAsExpected);
  const std::string path = folder.Write("drawn.json", drawn.out);
  CHECK(Process({LOCKSTEP_BINARY, "run", path}).Wait().exit_code != cli::kBadInput);
  const Finished other = Process({LOCKSTEP_BINARY, "fuzz", "picsou", "--seed", "1"}).Wait();
  CHECK(other.exit_code == cli::kBadInput);
  CHECK(other.err.find("want one of: chora") != std::string::npos);
  CHECK(Process({LOCKSTEP_BINARY, "fuzz", "chora"}).Wait().exit_code == cli::kBadInput);
}

TEST_CASE("fuzz: the same seeds come to the same, whatever the number of workers") {
  const auto summary = [](const char* jobs) {
    const Finished run = Process({LOCKSTEP_BINARY, "fuzz", "chora", "--seed", "1", "--runs", "12",
                                  "--jobs", jobs, "--json"})
                             .Wait();
    CHECK(run.exit_code == cli::kAsExpected);
    nlohmann::json json = nlohmann::json::parse(run.out, nullptr, false);
    REQUIRE(json.is_object());
    json.erase("seconds");
    return json;
  };
  CHECK(summary("1") == summary("3"));
}

}  // namespace lockstep::tests
