// Simpler forms of a scenario, one change each.

#include "tools/shrink/candidates.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using nlohmann::json;
using shrink::Candidate;

json Example() {
  return json::parse(R"({
    "lockstep": 1, "name": "an example", "why": "to be made smaller",
    "run": { "for": "400ms", "warmup": "100ms", "seed": 3 },
    "profile": { "like": "profiles/p.json", "clocks": { "drift": { "value": 7, "source": "us" } } },
    "clusters": [
      { "name": "a", "size": 7, "budget": { "u": 2, "r": 1 },
        "stack": [ { "rsm": "file", "message_bytes": 1000 }, { "c3b": "picsou", "phi": 256 } ] },
      { "name": "b", "size": 4, "budget": { "u": 1, "r": 1 }, "stack": "like a" } ],
    "network": { "cross": { "transport": "stream", "delay": "25us", "jitter": "5us" } },
    "faults": [
      { "id": "dead", "crash": { "target": ["a5", "a6"] }, "at": "57ms" },
      { "id": "lost", "drop": { "link": { "class": "cross" } }, "prob": [3, 10] },
      { "id": "slow", "slow_cpu": { "target": { "cluster": "b" }, "factor": [3, 2] } } ],
    "phases": { "heal": "200ms", "settle": "150ms" },
    "expect": { "verdict": "violated", "oracle": "L" }
  })");
}

const Candidate* Named(const std::vector<Candidate>& candidates, const std::string& what) {
  const auto found = std::ranges::find(candidates, what, &Candidate::what);
  if (found == candidates.end()) {
    for (const Candidate& each : candidates) MESSAGE(each.what);
    FAIL_CHECK("no candidate: ", what);
    return nullptr;
  }
  return &*found;
}

// What `pointer` leads to in the candidate of this name.
json At(const std::vector<Candidate>& candidates, const std::string& what, const char* pointer) {
  const Candidate* const found = Named(candidates, what);
  const json::json_pointer place(pointer);
  if (found == nullptr || !found->document.contains(place)) return "nothing";
  return found->document.at(place);
}

}  // namespace

TEST_CASE("candidates: each is one change, has a name of its own, and says what it was before") {
  const json example = Example();
  std::vector<Candidate> all = shrink::SimplerValues(example);
  for (const auto& more : {shrink::ShorterRuns(example, Duration::Milliseconds(120)),
                           shrink::SmallerClusters(example)})
    all.insert(all.end(), more.begin(), more.end());
  std::set<std::string> names;
  for (const Candidate& candidate : all) {
    CAPTURE(candidate.what);
    CHECK(names.insert(candidate.what).second);
    CHECK(candidate.document != example);
    for (const char* kept : {"lockstep", "name", "why", "expect"})
      CHECK(candidate.document[kept] == example[kept]);
    CHECK(candidate.document["run"]["seed"] == 3);
  }
  CHECK(all.size() > 40);
}

TEST_CASE("candidates: a run is cut behind its violation, and its phases are halved") {
  const json example = Example();
  const auto shorter = shrink::ShorterRuns(example, Duration::Picoseconds(123'456'789'012));
  const std::string cut = "/run/for: 400ms -> 124ms (behind the violation)";
  CHECK(At(shorter, cut, "/run/for") == "124ms");
  CHECK(At(shorter, cut, "/phases/heal") == "124ms");
  const std::string halves = "/run/for: 400ms -> 175ms (heal and settle halved)";
  CHECK(At(shorter, halves, "/phases/heal") == "100ms");
  CHECK(At(shorter, halves, "/phases/settle") == "75ms");
  CHECK(At(shorter, "/run/for: 400ms -> 350ms (its phases)", "/run/for") == "350ms");
  // What a run has by default is written down, and a warm-up does not outlast it.
  json bare = example;
  bare.erase("phases");
  const auto of_bare = shrink::ShorterRuns(bare, Duration::Milliseconds(50));
  CHECK(At(of_bare, "/run/for: 400ms -> 200ms (heal and settle halved)", "/phases/settle") ==
        "100ms");
  CHECK(At(of_bare, "/run/for: 400ms -> 50100us (behind the violation)", "/run/warmup") ==
        "nothing");
}

TEST_CASE(
    "candidates: a smaller cluster has a budget that it may have, and faults at hosts it has") {
  const auto smaller = shrink::SmallerClusters(Example());
  const std::string four = "cluster a: 7 -> 4 hosts";
  CHECK(At(smaller, four, "/clusters/0/size") == 4);
  CHECK(At(smaller, four, "/clusters/0/budget") == json({{"u", 1}, {"r", 1}}));
  CHECK(At(smaller, four, "/faults/0/crash/target") == json({"a3", "a2"}));
  CHECK(At(smaller, "cluster a: 7 -> 6 hosts", "/faults/0/crash/target") == json({"a5", "a4"}));
  CHECK(At(smaller, "no cluster b", "/clusters").size() == 1);
  const std::string all = "clusters of at most 3 hosts";
  CHECK(At(smaller, all, "/clusters/0/size") == 3);
  CHECK(At(smaller, all, "/clusters/1/size") == 3);
  CHECK(At(smaller, all, "/clusters/1/budget") == json({{"u", 1}, {"r", 0}}));
  for (const Candidate& candidate : smaller) {
    CAPTURE(candidate.what);
    for (const json& cluster : candidate.document["clusters"]) {
      const json& budget = cluster["budget"];
      CHECK(2 * budget["u"].get<int>() + budget["r"].get<int>() + 1 <= cluster["size"].get<int>());
      CHECK(budget["r"].get<int>() <= budget["u"].get<int>());
    }
  }
}

TEST_CASE("candidates: stake is left out, or made one, with a budget that is still borne") {
  json example = Example();
  example["clusters"][0]["stake"] = {5U, 1U, 1U, 3U, 1U, 1U, 1U};
  example["clusters"][0]["budget"] = {{"u", 5U}, {"r", 2U}};
  const auto smaller = shrink::SmallerClusters(example);
  CHECK_FALSE(At(smaller, "cluster a: no stake", "/clusters/0").contains("stake"));
  CHECK(At(smaller, "cluster a: no stake", "/clusters/0/budget") == json({{"u", 2}, {"r", 2}}));
  CHECK(At(smaller, "cluster a: stake of replica 0 -> 1", "/clusters/0/stake") ==
        json({1, 1, 1, 3, 1, 1, 1}));
  CHECK(At(smaller, "cluster a: stake of replica 3 -> 1", "/clusters/0/budget") ==
        json({{"u", 4}, {"r", 2}}));
  CHECK(At(smaller, "cluster a: 7 -> 4 hosts", "/clusters/0/stake") == json({5, 1, 1, 3}));
  for (const Candidate& candidate : smaller)
    CHECK(candidate.what != "cluster a: stake of replica 1 -> 1");
  // A list that is too short is none, so no element of it is left out.
  for (const Candidate& candidate : shrink::SimplerValues(example)) {
    CAPTURE(candidate.what);
    const json& cluster = candidate.document["clusters"][0];
    CHECK((!cluster.contains("stake") || cluster["stake"].size() == 7));
  }
}

TEST_CASE("candidates: values are left out, or smaller, or rounder") {
  const auto simpler = shrink::SimplerValues(Example());
  CHECK(At(simpler, "without /faults/0/at", "/faults/0/at") == "nothing");
  CHECK(At(simpler, "/faults/0/at: \"57ms\" -> \"20ms\"", "/faults/0/at") == "20ms");
  CHECK(At(simpler, "/faults/0/at: \"57ms\" -> \"50ms\"", "/faults/0/at") == "50ms");
  CHECK(At(simpler, "without /faults/0/crash/target/1", "/faults/0/crash/target") == json({"a5"}));
  CHECK(At(simpler, "/faults/1/prob: [3,10] -> [1,3]", "/faults/1/prob") == json({1, 3}));
  CHECK(At(simpler, "without /faults/1/prob", "/faults/1/prob") == "nothing");
  CHECK(At(simpler, "/faults/2/slow_cpu/target: {\"cluster\":\"b\"} -> \"b3\"",
           "/faults/2/slow_cpu/target") == "b3");
  CHECK(At(simpler, "/clusters/0/stack/0/message_bytes: 1000 -> 100",
           "/clusters/0/stack/0/message_bytes") == 100);
  CHECK(At(simpler, "without /profile/clocks", "/profile/clocks") == "nothing");
  CHECK(At(simpler, "without /network/cross/jitter", "/network/cross/jitter") == "nothing");
  for (const Candidate& candidate : simpler) {
    CAPTURE(candidate.what);
    if (candidate.what == "without /faults") continue;
    // Numbers of machines and wires stay, and so does who is who.
    const json drift =
        candidate.document.value(json::json_pointer("/profile/clocks/drift/value"), 7);
    CHECK(drift == 7);
    const std::string delay =
        candidate.document.value(json::json_pointer("/network/cross/delay"), "25us");
    CHECK(delay == "25us");
    for (const json& fault : candidate.document["faults"]) CHECK(fault.contains("id"));
    CHECK(candidate.document["clusters"].size() == 2);
  }
}

TEST_CASE("candidates: parameters of faults stay within what their table allows") {
  json scenario = Example();
  scenario["faults"] = json::parse(R"([
    { "id": "late", "crash": { "target": "a5", "before_effect": 7, "restart_after": "3ms" },
      "at": "9ms" } ])");
  std::set<std::string> names;
  for (const Candidate& candidate : shrink::SimplerValues(scenario)) names.insert(candidate.what);
  for (const char* to : {"1", "3", "6"})
    CHECK(names.contains(std::string("/faults/0/crash/before_effect: 7 -> ") + to));
  CHECK_FALSE(names.contains("/faults/0/crash/before_effect: 7 -> 0"));
  CHECK_FALSE(names.contains("without /faults/0/crash/target"));
  CHECK(names.contains("without /faults/0/crash/before_effect"));
  CHECK(names.contains("without /faults/0/at"));
  CHECK(names.contains("/faults/0/crash/restart_after: \"3ms\" -> \"1ms\""));
}

TEST_CASE("candidates: what is no scenario has none, and harms nobody") {
  for (const char* text : {"{}", "[]", "7", R"({"clusters": 3, "run": []})",
                           R"({"clusters": [1, {"size": "x"}], "run": {"for": 5}})",
                           R"({"faults": [[[]]], "clusters": [{"size": 3, "name": 5}]})"}) {
    CAPTURE(text);
    const json document = json::parse(text);
    CHECK(shrink::ShorterRuns(document, Duration()).empty());
    shrink::SmallerClusters(document);
    shrink::SimplerValues(document);
  }
}

}  // namespace lockstep::tests
