// lockstep regress: a folder of scenarios in, rows and an exit code out.

#include <csignal>
#include <filesystem>
#include <string>
#include <tuple>
#include <unistd.h>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

json ScenarioOf(const std::string& path) { return json::parse(ReadText(path)); }

// Ping-pong for 20 ms, of which nothing is promised.
json QuickOne() {
  json scenario = ScenarioOf("scenarios/smoke/pingpong.json");
  scenario["run"]["for"] = "20ms";
  scenario["run"].erase("warmup");
  return scenario;
}

// What the rows of a report say, by the name of the file.
std::string FateIn(const json& report, const std::string& file) {
  for (const json& row : report["scenarios"])
    if (row["scenario"].get<std::string>().ends_with(file)) return row["fate"];
  return "no row";
}

Finished RegressJson(const TemporaryFolder& folder, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"regress", folder.File("."), "--json", "--jobs=2"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return Lockstep(arguments);
}

}  // namespace

TEST_CASE("regress: scenarios that are as they should be pass, with fresh seeds and again") {
  const TemporaryFolder folder;
  folder.Write("quick.json", QuickOne().dump());
  std::filesystem::create_directory(folder.File("below"));
  folder.Write("below/another.json", QuickOne().dump());
  folder.Write("sweep.json", R"({"lockstep_sweep": 1})");
  folder.Write("notes.txt", "no scenario");
  const Finished done = RegressJson(folder, {"--fresh=3", "--seed=1"});
  REQUIRE_MESSAGE(done.exit_code == cli::kAsExpected, done.out, done.err);
  const json report = json::parse(done.out);
  CHECK(report["fates"] == json({{"passed", 2}}));
  CHECK(report["runs_made"] == 10);
  const json& runs = report["scenarios"][1]["runs"];
  // It names seed 1 itself.
  REQUIRE(runs.size() == 5);
  CHECK(runs[0]["digest"] == runs[1]["digest"]);
  CHECK(runs[1]["kind"] == "again");
  CHECK(runs[2]["seed"] == 2);
  CHECK(runs[4]["seed"] == 4);
  const Finished table = Lockstep({"regress", folder.File("quick.json")});
  CHECK(table.exit_code == cli::kAsExpected);
  Has(table.out, "quick.json     2  passed\n");
  Has(table.out, "1 scenario, 2 runs in ");
}

TEST_CASE("regress: what is wrong is told apart, in rows, JUnit XML and exit codes") {
  const TemporaryFolder folder;
  json unsafe = ScenarioOf("scenarios/faults/control-two-liars.json");
  unsafe.erase("expect");
  json stuck = ScenarioOf("scenarios/faults/control-two-crashes.json");
  json held = ScenarioOf("scenarios/smoke/picsou.json");
  json idle = QuickOne();
  stuck.erase("expect");
  held["expect"] = {{"verdict", "violated"}, {"oracle", "L"}};
  idle["faults"] = {{{"id", "idle"}, {"drop", {{"msg", {{"nth", 1'000'000}}}}}}};
  json unread = QuickOne();
  unread["run"]["fro"] = 1;
  const std::vector<std::tuple<std::string, json, std::string, int>> cases = {
      {"unsafe", unsafe, "safety violated", cli::kViolated},
      {"stuck", stuck, "liveness violated", cli::kLivenessViolated},
      {"held", held, "held unexpectedly", cli::kHeldUnexpectedly},
      {"idle", idle, "not exercised", cli::kNotExercised},
      {"unread", unread, "harness error", cli::kRunsFailed}};
  for (const auto& [name, scenario, fate, code] : cases) {
    CAPTURE(name);
    const std::string file = folder.Write(name + ".json", scenario.dump());
    const Finished one = Lockstep({"regress", file});
    CHECK(one.exit_code == code);
    Has(one.out, fate);
  }
  folder.Write("torn.json", "{\"lockstep\": 1,");
  const std::string junit = folder.File("report.xml");
  const Finished done = RegressJson(folder, {"--junit", junit});
  CHECK(done.exit_code == cli::kViolated);
  const json report = json::parse(done.out);
  for (const auto& [name, scenario, fate, code] : cases)
    CHECK(FateIn(report, name + ".json") == fate);
  CHECK(FateIn(report, "torn.json") == "harness error");
  const std::string xml = ReadText(junit);
  Has(xml, "tests=\"10\" failures=\"4\" errors=\"2\" skipped=\"0\"");
  Has(xml, "<failure type=\"liveness violated\" message=\"violated: L of ");
  Has(xml, "<error type=\"harness error\" message=\"");
}

TEST_CASE("regress: a run that takes too long is a row") {
  const TemporaryFolder folder;
  folder.Write("quick.json", QuickOne().dump());
  json endless = ScenarioOf("scenarios/smoke/picsou.json");
  endless["run"]["for"] = "1000000s";
  endless["run"]["period"] = "100s";
  folder.Write("endless.json", endless.dump());
  const Finished done = RegressJson(folder, {"--wall=300ms"});
  CHECK(done.exit_code == cli::kRunsFailed);
  const json report = json::parse(done.out);
  CHECK(FateIn(report, "endless.json") == "harness error");
  CHECK(FateIn(report, "quick.json") == "passed");
}

TEST_CASE("regress: an interrupt loses nothing of what ran") {
  const TemporaryFolder folder;
  folder.Write("a-quick.json", QuickOne().dump());
  json endless = ScenarioOf("scenarios/smoke/picsou.json");
  endless["run"]["for"] = "1000000s";
  endless["run"]["period"] = "100s";
  folder.Write("b-endless.json", endless.dump());
  const std::string junit = folder.File("report.xml");
  // How long until the first ones have ended nobody knows: once more, and later, where too early.
  json report;
  for (unsigned wait_us = 500'000; wait_us < 20'000'000; wait_us *= 2) {
    Process run(
        {LOCKSTEP_BINARY, "regress", folder.File("."), "--jobs=1", "--json", "--junit", junit});
    usleep(wait_us);
    run.Signal(SIGINT);
    const Finished done = run.Wait();
    if (done.exit_code < 0) continue;
    CHECK(done.exit_code == cli::kInterrupted);
    Has(done.err, "interrupted");
    report = json::parse(done.out, nullptr, false);
    REQUIRE(report.is_object());
    if (FateIn(report, "a-quick.json") == "passed") break;
  }
  REQUIRE(report.is_object());
  CHECK(report["interrupted"] == true);
  CHECK(FateIn(report, "a-quick.json") == "passed");
  CHECK(FateIn(report, "b-endless.json") == "not run");
  Has(ReadText(junit), "skipped=\"2\"");
}

TEST_CASE("regress: what cannot be done is refused, with what to do") {
  const TemporaryFolder folder;
  CheckRefused(Lockstep({"regress", folder.File("none")}), "there is no such folder or scenario");
  CheckRefused(Lockstep({"regress", folder.File(".")}), "has no scenario");
  const std::string quick = folder.Write("quick.json", QuickOne().dump());
  CheckRefused(Lockstep({"regress", quick, "--wall=0s"}), "--wall: ");
  CheckRefused(Lockstep({"regress", quick, "--junit", quick}), "would replace it");
  CHECK(Lockstep({"regress", quick, "--fresh=2"}).exit_code == cli::kBadInput);
}

TEST_CASE("regress: without a folder it takes the regressions that the program came with") {
  // Found from any folder; a limit keeps it from running them all.
  const TemporaryFolder folder;
  const Finished done =
      Process({"/bin/sh", "-c",
               absl::StrCat("cd ", folder.File("."),
                            " && " LOCKSTEP_BINARY " regress --wall 1ms --json --jobs 2")})
          .Wait();
  const json report = json::parse(done.out, nullptr, false);
  REQUIRE(report.is_object());
  CHECK(report["scenarios"].size() >= 10);
  CHECK(report["scenarios"][0]["scenario"].get<std::string>().ends_with(
      "scenarios/regressions/chora-answer-before-apply.json"));
}

}  // namespace lockstep::tests
