// The fuzzer: draws that are functions of their seeds, outcomes, and a campaign that finds what is
// wrong.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/json_schema.h"
#include "tests/support/process.h"
#include "tools/fuzz/chora_draw.h"
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

TEST_CASE("fuzz: the command prints a draw that runs, and refuses what there is no such protocol") {
  const TemporaryFolder folder;
  for (const char* protocol : {"chora", "picsou"}) {
    const Finished drawn =
        Process({LOCKSTEP_BINARY, "fuzz", protocol, "--one", "5", "--replicas", "3"}).Wait();
    CHECK(drawn.exit_code == cli::kAsExpected);
    const std::string path = folder.Write("drawn.json", drawn.out);
    CHECK(Process({LOCKSTEP_BINARY, "run", path}).Wait().exit_code != cli::kBadInput);
  }
  const Finished other = Process({LOCKSTEP_BINARY, "fuzz", "picso", "--seed", "1"}).Wait();
  CHECK(other.exit_code == cli::kBadInput);
  CHECK(other.err.find("did you mean \"picsou\"?") != std::string::npos);
  CHECK(Process({LOCKSTEP_BINARY, "fuzz", "chora"}).Wait().exit_code == cli::kBadInput);
}

TEST_CASE("fuzz: the same seeds come to the same, whatever the number of workers") {
  const TemporaryFolder folder;
  const auto summary = [&](const std::vector<std::string>& what, const char* jobs) {
    std::vector<std::string> words = {LOCKSTEP_BINARY, "fuzz"};
    words.insert(words.end(), what.begin(), what.end());
    for (const char* word : {"--seed", "1", "--jobs", jobs, "--json", "--out"})
      words.emplace_back(word);
    words.push_back(folder.File("failures"));
    const Finished run = Process(words).Wait();
    CHECK(run.exit_code != cli::kBadInput);
    nlohmann::json json = nlohmann::json::parse(run.out, nullptr, false);
    REQUIRE(json.is_object());
    json.erase("seconds");
    return json;
  };
  for (const std::vector<std::string>& what :
       {std::vector<std::string>{"chora", "--runs", "12"},
        std::vector<std::string>{"picsou", "--runs", "300"}}) {
    const nlohmann::json alone = summary(what, "1");
    CHECK(alone == summary(what, "3"));
    if (what[0] == "picsou") CHECK(alone["mutants"] > 0);
  }
}

TEST_CASE("fuzz: a failure is a line with its oracle, and a scenario whose run objects as well") {
  const TemporaryFolder folder;
  const std::string out = folder.File("failures");
  const Finished found = Process({LOCKSTEP_BINARY, "fuzz", "picsou", "--budget", "over", "--seed",
                                  "1", "--runs", "2000", "--until-failure", "--json", "--out", out})
                             .Wait();
  CHECK(found.exit_code == cli::kViolated);
  const nlohmann::json summary = nlohmann::json::parse(found.out, nullptr, false);
  REQUIRE(summary.is_object());
  REQUIRE(summary["failures"].size() == 1);
  const nlohmann::json& failure = summary["failures"][0];
  // Which of them objects first is a matter of what is drawn.
  const auto oracle = failure["oracle"].get<std::string>();
  CHECK_FALSE(oracle.empty());
  const Finished run = Process({LOCKSTEP_BINARY, "run", failure["scenario"], "--json"}).Wait();
  CHECK(run.exit_code == cli::kViolated);
  CHECK(run.out.find(failure["text"].get<std::string>()) != std::string::npos);
  // What is known is counted, and is no failure.
  const Finished known =
      Process({LOCKSTEP_BINARY, "fuzz", "picsou", "--budget", "over", "--seed", "1", "--runs",
               failure["seed"].dump(), "--known", oracle, "--json", "--out", out})
          .Wait();
  CHECK(known.exit_code == cli::kAsExpected);
  CHECK(nlohmann::json::parse(known.out, nullptr, false)["known"][oracle] > 0);
}

}  // namespace lockstep::tests
