// Faults of messages on their way, crashes that wait, and concurrent budgets, as scenarios say
// them.

#include <string>

#include "nlohmann/json.hpp"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/scenario.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using nlohmann::json;

const std::string kPath = "scenarios/smoke/chora.json";

json Document(const json& faults, const json& budget = {{"u", 1}, {"r", 0}}) {
  json document = *ReadJsonFile(kPath);
  document["faults"] = faults;
  document["clusters"][0]["budget"] = budget;
  return document;
}

sim::Fault Read(json fault) {
  fault["id"] = "f";
  const auto scenario = sim::ReadScenarioDocument(Document(json::array({fault})), kPath);
  REQUIRE_MESSAGE(scenario.ok(), std::string(scenario.status().message()));
  return scenario->faults[0];
}

// What is wrong, without the file.
std::string Refused(const json& document) {
  const auto prepared = cli::PrepareDocument(document, kPath, {});
  REQUIRE_FALSE(prepared.ok());
  return std::string(prepared.status().message()).substr(kPath.size() + 2);
}
std::string Refused(json fault, const std::string& path) {
  fault["id"] = "f";
  json document = *ReadJsonFile(path);
  document["faults"] = json::array({fault});
  const auto scenario = sim::ReadScenarioDocument(document, path);
  REQUIRE_FALSE(scenario.ok());
  return std::string(scenario.status().message()).substr(path.size() + 2);
}

json Crash(const std::string& id, const std::string& host, const std::string& at,
           const std::string& restart_after) {
  json body = {{"target", host}};
  if (!restart_after.empty()) body["restart_after"] = restart_after;
  return {{"id", id}, {"crash", std::move(body)}, {"at", at}};
}

}  // namespace

TEST_CASE("scenario: faults of messages on their way are read, and end by heal") {
  const sim::Fault delay = Read({{"delay", {{"min", "1us"}, {"max", "9us"}}}, {"prob", {3, 10}}});
  CHECK(delay.kind->name == "delay");
  CHECK(delay.probability.numerator == 3);
  CHECK(delay.until == core::Instant() + Duration::Milliseconds(10));
  CHECK(Read({{"reorder", {{"window", "2us"}}}}).kind->wants_datagrams);
  const sim::Fault copies =
      Read({{"duplicate", {{"msg", {{"type", "chora.round"}, {"round", 7}}}}}});
  CHECK(copies.message.round == 7);
  const sim::Fault breach =
      Read({{"round_breach",
             {{"link", {{"src", "a0"}}}, {"round", 9}, {"bound", "1860ns"}, {"over_by", "50ns"}}}});
  CHECK(breach.message.round == 9);
  CHECK(Read({{"loss", json::object()}, {"prob", {2, 5}}}).kind->name == "loss");
}

TEST_CASE("scenario: a crash may wait for an effect, until some time") {
  const sim::Fault crash =
      Read({{"crash", {{"target", "a1"}, {"before_effect", 3}, {"on", "send"}}},
            {"at", "1ms"},
            {"for", "2ms"}});
  CHECK(crash.lasting() == sim::Lasting::kSpan);
  CHECK(crash.ActsAt(sim::Points::kEffects));
  CHECK(crash.until == core::Instant() + Duration::Milliseconds(3));
}

TEST_CASE("scenario: what a fault of messages lacks, or a stream cannot do, is refused") {
  CHECK(Refused({{"delay", {{"min", "2us"}, {"max", "1us"}}}}, kPath) ==
        "/faults/0/delay/max: want a time above zero, and no less than min, not \"1us\"");
  CHECK(Refused({{"round_breach", {{"over_by", "1us"}}}}, kPath)
            .rfind("/faults/0/round_breach/bound", 0) == 0);
  CHECK(
      Refused({{"duplicate", json::object()}}, "scenarios/smoke/picsou.json") ==
      "/faults/0/duplicate/link: want links of datagrams: from a to a (intra) goes a stream, which "
      "keeps order");
}

TEST_CASE("scenario: a concurrent budget bounds how many are down at a time, as far as is known") {
  const json concurrent = {{"u", 1}, {"r", 0}, {"concurrent", true}};
  const json rolling = {Crash("x", "a0", "1ms", "100us"), Crash("y", "a1", "2ms", "100us")};
  CHECK(cli::PrepareDocument(Document(rolling, concurrent), kPath, {}).ok());
  CHECK(Refused(Document(rolling))
            .rfind("/faults/1/crash/target: overspends the budget: 2 of a fail", 0) == 0);
  const json overlapping = {Crash("x", "a0", "1ms", "1100us"), Crash("y", "a1", "2ms", "100us")};
  CHECK(Refused(Document(overlapping, concurrent)) ==
        "/faults/1/crash/target: overspends the budget: 2 of a are down (a0, a1) at 2ms, u = 1; "
        "where "
        "that is the point, say \"negative_control\": true");
  const json for_good = {Crash("x", "a0", "1ms", ""), Crash("y", "a1", "9ms", "100us")};
  CHECK(Refused(Document(for_good, concurrent)).rfind("/faults/1/crash/target", 0) == 0);
  // When one strikes that waits is not known.
  json waiting = for_good;
  waiting[1]["crash"]["before_effect"] = 1;
  CHECK(cli::PrepareDocument(Document(waiting, concurrent), kPath, {}).ok());
}

TEST_CASE("scenario: a concurrent budget is refused where the protocol does not bear it") {
  json document = *ReadJsonFile("scenarios/smoke/picsou.json");
  document["clusters"][1]["budget"]["concurrent"] = true;
  const auto prepared = cli::PrepareDocument(document, "scenarios/smoke/picsou.json", {});
  REQUIRE_FALSE(prepared.ok());
  CHECK(
      std::string(prepared.status().message()) ==
      "scenarios/smoke/picsou.json: /clusters/1/budget/concurrent: want a budget of the whole run: "
      "this protocol does not say when a replica that was down takes part again");
}

TEST_CASE("scenario: a run that overspends a concurrent budget is unknown, and says why") {
  const json concurrent = {{"u", 1}, {"r", 0}, {"concurrent", true}};
  // a0 is up when a1 crashes, and has not rejoined.
  json document =
      Document({Crash("x", "a0", "100us", "50us"), Crash("y", "a1", "160us", "50us")}, concurrent);
  document["run"]["for"] = "1ms";
  const auto prepared = cli::PrepareDocument(document, kPath, {});
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  const auto result = cli::Run(*prepared, {});
  REQUIRE(result.ok());
  CHECK(result->verdict == analysis::Verdict::kUnknown);
  bool is_told = false;
  for (const json& oracle : result->summary["oracles"]) {
    if (oracle["oracle"] != "CB") continue;
    is_told = oracle["findings"][0]["text"] == "2 of a are down at once (a0, a1), and u = 1";
  }
  CHECK(is_told);
}

TEST_CASE("round_breach: a message that would be as late without it is not changed") {
  const auto changed = [](const std::string& bound, std::uint64_t round) {
    json document = Document({{{"id", "f"},
                               {"round_breach",
                                {{"link", {{"src", "a0"}, {"dst", "a1"}}},
                                 {"msg", {{"type", "chora.round"}}},
                                 {"round", round},
                                 {"bound", bound},
                                 {"over_by", "0ns"}}}}});
    document["run"]["for"] = "1ms";
    const auto prepared = cli::PrepareDocument(document, kPath, {});
    REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
    const auto result = cli::Run(*prepared, {});
    REQUIRE(result.ok());
    return result->summary["receipts"][0]["changed"].get<int>();
  };
  CHECK(changed("1860ns", 100) == 1);
  CHECK(changed("1ns", 100) == 0);
  CHECK(changed("1860ns", 100'000) == 0);
}

}  // namespace lockstep::tests
