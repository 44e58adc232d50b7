// lockstep shrink: a scenario that fails in, a smaller one that fails in the same way out.

#include <csignal>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <utility>

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

// Three of four receivers die, each by a fault of its own, so that u + 1 acknowledgements never
// come; with two alive they do. 17 more faults do harm, and heal.
json ThreeOfTwenty() {
  json scenario = json::parse(ReadText("scenarios/faults/control-two-crashes.json"));
  scenario.erase("expect");
  scenario["run"] = {{"for", "80ms"}, {"seed", 3}};
  scenario["phases"] = {{"heal", "40ms"}, {"settle", "40ms"}};
  scenario["clusters"][0]["stack"][0] = {{"rsm", "file"}, {"message_bytes", 100}, {"rate", 500}};
  json faults = json::array();
  const auto add = [&](json fault) {
    fault["id"] = absl::StrCat("f", faults.size());
    fault["expect_effect"] = 0;
    faults.push_back(std::move(fault));
  };
  for (int i = 0; i < 20; ++i) {
    const std::string at = absl::StrCat(2 + i, "ms");
    const std::string host = absl::StrCat("a", i % 4);
    if (i == 4 || i == 11 || i == 17) {
      add({{"crash", {{"target", absl::StrCat("b", i == 4 ? 1 : i == 11 ? 2 : 3)}}}, {"at", at}});
    } else if (i % 3 == 0) {
      add({{"pause", {{"target", host}}}, {"at", at}, {"for", "3ms"}});
    } else if (i % 3 == 1) {
      add({{"nic_stall", {{"target", host}}}, {"at", at}, {"for", "2ms"}});
    } else {
      add({{"drop", {{"link", {{"class", "cross"}}}}},
           {"prob", {1, 7}},
           {"at", at},
           {"for", "2ms"}});
    }
  }
  scenario["faults"] = faults;
  return scenario;
}

}  // namespace

TEST_CASE("shrink: a failure that needs three faults, among twenty, ends at these three") {
  const TemporaryFolder folder;
  const std::string failing = folder.Write("failing.json", ThreeOfTwenty().dump());
  REQUIRE(Lockstep({"run", failing}).exit_code == cli::kViolated);
  const std::string out = folder.File("small.json");
  const Finished done = Lockstep({"shrink", failing, "-o", out, "--jobs=2", "--json"});
  REQUIRE_MESSAGE(done.exit_code == cli::kAsExpected, done.err);
  const json report = json::parse(done.out);
  CHECK(report["objection"].get<std::string>().rfind("L of a -> b (", 0) == 0);
  CHECK(report["before"]["faults"] == 20);
  CHECK(report["after"]["faults"] == 3);
  REQUIRE(report["without"].size() == 3);
  for (const json& row : report["without"]) {
    CAPTURE(row.dump());
    CHECK(row["text"].get<std::string>().rfind("violated: L of a -> b", 0) != 0);
  }
  const std::string text = ReadText(out);
  const json small = json::parse(text);
  for (const json& fault : small["faults"]) CHECK(fault.contains("crash"));
  CHECK(small["run"]["seed"] == 3);
  CHECK(small["profile"] == "profiles/gcp-c2-standard-8.json");
  // What was written fails in the same way, by itself.
  const Finished run = Lockstep({"run", out, "--json"});
  CHECK(run.exit_code == cli::kViolated);
  // However many look for it.
  const std::string alone = folder.File("alone.json");
  REQUIRE(Lockstep({"shrink", failing, "-o", alone, "--jobs=1"}).exit_code == cli::kAsExpected);
  CHECK(ReadText(alone) == text);
}

TEST_CASE("shrink: a run that holds, or fails by another oracle, is not shrunk") {
  const TemporaryFolder folder;
  const std::string out = folder.File("small.json");
  const std::string pingpong = "scenarios/smoke/pingpong.json";
  CheckRefused(Lockstep({"shrink", pingpong, "-o", out}), "nothing to shrink: seed 1: ");
  const std::string failing = folder.Write("failing.json", ThreeOfTwenty().dump());
  CheckRefused(Lockstep({"shrink", failing, "-o", out, "--oracle=D"}),
               "--oracle: D does not object; there are: L");
  CheckRefused(Lockstep({"shrink", failing, "-o", failing}), "would replace it");
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("shrink: what is set on the command line is part of what is shrunk") {
  const TemporaryFolder folder;
  const std::string out = folder.File("small.json");
  const std::string liars =
      R"(--set=/faults=[{"id":"liars","lie_ack":{"target":["b1","b2"],"mode":"inf"}}])";
  const Finished done = Lockstep({"shrink", "scenarios/smoke/picsou.json", "--seed=5", liars,
                                  "--set=/negative_control=true", "-o", out});
  REQUIRE_MESSAGE(done.exit_code == cli::kAsExpected, done.err);
  Has(done.out, "\nwithout liars: not exercised: ");  // Nothing is to arrive by its heal, 0.
  const json small = json::parse(ReadText(out));
  CHECK(small["run"]["seed"] == 5);
  CHECK(small["faults"][0]["id"] == "liars");
  CHECK(Lockstep({"run", out}).exit_code == cli::kViolated);
}

TEST_CASE("shrink: an interrupt keeps the smallest scenario so far") {
  const TemporaryFolder folder;
  json scenario = ThreeOfTwenty();
  // So that a run takes a while.
  scenario["clusters"][0]["stack"][0]["rate"] = 20'000;
  const std::string failing = folder.Write("failing.json", scenario.dump());
  const std::string out = folder.File("small.json");
  Process shrink({LOCKSTEP_BINARY, "shrink", failing, "-o", out, "--jobs=1"});
  for (int i = 0; i < 20'000 && !std::filesystem::exists(out); ++i) usleep(1'000);
  REQUIRE(std::filesystem::exists(out));
  shrink.Signal(SIGINT);
  const Finished done = shrink.Wait();
  CHECK(done.exit_code == cli::kInterrupted);
  Has(done.err, "is the smallest that was found");
  CHECK(json::parse(ReadText(out))["faults"].size() >= 3);
  CHECK(Lockstep({"run", out}).exit_code == cli::kViolated);
}

}  // namespace lockstep::tests
