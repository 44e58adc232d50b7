// Bad descriptions of faults: each is refused with its place, or runs; none ends the program.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "protocols/core/random.h"
#include "protocols/parameters/parameters.h"
#include "sim/fault/engine/kinds.h"
#include "sim/world.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

// Each step is an event of the queue.
constexpr std::uint64_t kStepsMost = 20'000;

std::vector<std::string> FaultScenarios() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator("scenarios/faults"))
    files.push_back(entry.path().generic_string());
  std::sort(files.begin(), files.end());
  return files;
}

void AddInnerPlaces(const json& value, const json::json_pointer& at,
                    std::vector<json::json_pointer>& places) {
  places.push_back(at);
  if (value.is_object())
    for (const auto& [key, child] : value.items()) AddInnerPlaces(child, at / key, places);
  if (value.is_array())
    for (std::size_t i = 0; i < value.size(); ++i) AddInnerPlaces(value[i], at / i, places);
}

// Something that somebody might write there, or nobody.
json Anything(core::Random& random) {
  static const json kValues = json::parse(
      R"([null, true, false, -1, 0, 1, 2, 3, 1.5, 1000, 18446744073709551615, 9223372036854775808,
          "", "x", "a0", "b3", "a9", "c0", "0s", "1ps", "1us", "5ms", "100ms", "1s", "9000000s",
          "-1ms", "1kB", "1Gbps", "1bps", [], {}, [1], [1, 2], [2, 1], [0, 1], [1, 1], ["a0"],
          ["a0", "b0"], [["a0"], ["b0"]], {"cluster": "a"}, {"cluster": "b", "spec": "minority"},
          {"cluster": "a", "mod": 2, "is": 1}, {"src": "a0"}, {"class": "cross"},
          {"type": "picsou.batch"}, {"field": "ack.cumulative", "min": 3}, {"nth": 0},
          {"note": "quacked"}, {"effect": "send", "nth_of_call": 0}, "inf", "ahead", "halves",
          "bridge", "groups", "clog", "out", "machine", "amnesia", "monotonic", "missed"])");
  return kValues[random.Below(kValues.size())];
}

// A key that may stand beside a fault, or in one.
std::string SomeKey(core::Random& random) {
  static const std::vector<std::string> kKeys = {
      "at",     "for",  "until",  "every", "poisson", "on",     "count", "prob",   "expect_effect",
      "target", "link", "msg",    "to",    "field",   "op",     "value", "groups", "shape",
      "mode",   "by",   "period", "bound", "factor",  "copies", "age",   "lag",    "restart_after"};
  return kKeys[random.Below(kKeys.size())];
}

void SpoilFaults(json& faults, core::Random& random) {
  std::vector<json::json_pointer> places;
  AddInnerPlaces(faults, json::json_pointer(), places);
  const json::json_pointer place = places[random.Below(places.size())];
  json& value = faults[place];
  switch (random.Below(5)) {
    case 0:
      value = Anything(random);
      return;
    case 1:
      if (value.is_object()) value[SomeKey(random)] = Anything(random);
      return;
    case 2:
      if (value.is_object() && !value.empty()) {
        auto member = value.begin();
        std::advance(member, static_cast<std::ptrdiff_t>(random.Below(value.size())));
        value.erase(member);
      }
      return;
    case 3:
      if (value.is_string()) value = value.get<std::string>() + "s";
      if (value.is_number_unsigned()) value = value.get<std::uint64_t>() + 1;
      return;
    default: {
      // Another kind, with what it is given here.
      json& entry = faults[random.Below(faults.size())];
      const auto kinds = sim::FaultKinds();
      if (entry.is_object())
        entry[std::string(kinds[random.Below(kinds.size())]->name)] = {{"target", "a1"}};
    }
  }
}

}  // namespace

TEST_CASE("faults: spoilt descriptions are refused with their place, or run (LOCKSTEP_SPOILT=n)") {
  const char* const asked = std::getenv("LOCKSTEP_SPOILT");
  const int runs = asked == nullptr ? 400 : std::atoi(asked);
  const std::vector<std::string> files = FaultScenarios();
  core::Random random(5);
  int refused = 0;
  int ran = 0;
  for (int i = 0; i < runs; ++i) {
    const std::string& path = files[random.Below(files.size())];
    json document = ReadJsonFile(path).value();
    if (!document.contains("faults")) continue;
    document["negative_control"] = random.Below(2) == 0;
    const std::uint64_t changes = 1 + random.Below(3);
    for (std::uint64_t change = 0; change < changes; ++change)
      if (document["faults"].is_array() && !document["faults"].empty())
        SpoilFaults(document["faults"], random);
    CAPTURE(i);
    const std::string text = document["faults"].dump();
    CAPTURE(text);
    const auto prepared = cli::PrepareDocument(document, path, {});
    if (!prepared.ok()) {
      ++refused;
      const std::string why(prepared.status().message());
      CHECK_MESSAGE(why.rfind(path + ": /", 0) == 0, why);
      CHECK(prepared.status().code() != absl::StatusCode::kInternal);
      continue;
    }
    ++ran;
    sim::World world(prepared->scenario, *prepared->program, {});
    world.Run(prepared->scenario.end, kStepsMost);
    world.Finish(/*is_cut=*/true);
  }
  CHECK(refused > runs / 3);
  CHECK(ran > runs / 20);
}

}  // namespace lockstep::tests
