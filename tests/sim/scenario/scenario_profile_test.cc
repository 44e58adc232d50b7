// Where a scenario's profile comes from, and what it says of the network.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/scenario.h"

// Last: CHECK becomes doctest's.
#include "tests/sim/scenario/two_clusters.h"

namespace lockstep::sim {
namespace {

TEST_CASE("override: a number of the profile can be set though only its file is named") {
  const Scenario s = Read({{"/profile/nic/rate/value", "10Gbps"}});
  CHECK(s.profile.nic.rate_bps == 10'000'000'000);
  CHECK(ErrorOf("/profile/nic/rate/value", "fast") ==
        "scenarios/profiles/gcp-c2-standard-8.json: /nic/rate/value: want a rate "
        "with its unit, such as \"7.5Gbps\" (bps, kbps, Mbps, Gbps), not \"fast\"");
}

TEST_CASE("scenario: a profile may be like a file's, with changes") {
  const std::string file = "../../scenarios/profiles/gcp-c2-standard-8.json";
  const auto like = [&](const std::string& changes) {
    return R"({"like": ")" + file + "\"" + changes + "}";
  };
  const Scenario s = Read({{"/profile", like(R"(, "noise": {"use": "none"}, "name": "quiet")")}});
  CHECK(s.profile.name == "quiet");
  CHECK(s.profile.noise.per_second == 0);
  CHECK(s.profile.nic.rate_bps == 15'000'000'000);
  CHECK_FALSE(s.document.at("profile").contains("like"));
  CHECK(s.document.at("profile").at("noise").at("use") == "none");
  CHECK(ErrorOf("/profile", like(R"(, "noise": {"use": "loud"})")) ==
        "/profile/noise/use: want \"none\" or \"pinned\", not \"loud\"");
  CHECK(ErrorOf("/profile", R"({"like": 7})") ==
        "/profile/like: want the file of a profile, not 7");
  CHECK(Contains(ErrorOf("/profile", R"({"like": "nowhere.json"})"),
                 "/profile/like: tests/data/nowhere.json: cannot be read"));
  CHECK(ErrorOf({{"/profile", like("")}, {"/profile/noise/use", "loud"}}) ==
        "/profile/noise/use: want \"none\" or \"pinned\", not \"loud\"");
}

TEST_CASE("scenario: the profile says of the network what the scenario does not") {
  const Override geo = {"/profile", "../../scenarios/profiles/gcp-geo.json"};
  // All of it is the profile's.
  const Override empty = {"/network", "{}"};
  const Scenario all = Read({geo, empty});
  CHECK(all.network.cross.pair_rate_bps == 170'000'000);
  CHECK(all.network.cross.delay == core::Duration::Microseconds(66'500));
  CHECK(all.document.at("network").at("cross").at("delay") == "66500us");
  // The scenario's own comes first, also where it takes something away.
  const Scenario some =
      Read({{"/network", R"({"cross": {"pair_rate": null, "jitter": "1ms"}})"}, geo});
  CHECK(some.network.cross.pair_rate_bps == 0);
  CHECK(some.network.cross.jitter == core::Duration::Milliseconds(1));
  const Scenario changed = Read(
      {geo, empty, {"/profile/network/cross/delay", "50ms"}, {"/network/cross/jitter", "1ms"}});
  CHECK(changed.network.cross.delay == core::Duration::Milliseconds(50));
  CHECK(changed.network.cross.jitter == core::Duration::Milliseconds(1));
  // A recipe is read as it was run.
  for (const Scenario* run : {&some, &changed}) {
    const absl::StatusOr<Scenario> again = ReadScenarioDocument(run->document, "recipe.json");
    REQUIRE(again.ok());
    CHECK(again->document == run->document);
    CHECK(again->network.cross.delay == run->network.cross.delay);
    CHECK(again->network.cross.pair_rate_bps == run->network.cross.pair_rate_bps);
  }
}

TEST_CASE("scenario: what is wrong in the profile's network is not blamed on the scenario") {
  const Override geo = {"/profile", "../../scenarios/profiles/gcp-geo.json"};
  const Override empty = {"/network", "{}"};
  const std::string file = "scenarios/profiles/gcp-geo.json: ";
  CHECK(ErrorOf({geo, empty, {"/profile/network/cross/delay", "soon"}})
            .find(file + "/network/cross/delay: want a time with its unit") == 0);
  CHECK(ErrorOf({geo, empty, {"/profile/network/cross/dealy", "1ms"}})
            .find(file + "/network/cross/dealy: unknown key; did you mean \"delay\"?") == 0);
  CHECK(ErrorOf({geo, empty, {"/profile/network/crss", "{}"}}).find(file + "/network/crss: ") == 0);
  // Whoever said it last is told, and so is who left out what is missing.
  CHECK(ErrorOf({geo, empty, {"/network/cross/delay", "soon"}}).find("/network/cross/delay: ") ==
        0);
  CHECK(ErrorOf({geo, {"/network", R"({"cross": {"delay": "soon"}})"}})
            .find("/network/cross/delay: ") == 0);
  CHECK(ErrorOf({geo, {"/network", R"({"cross": {"delay": null}})"}})
            .find("/network/cross/delay: is missing") == 0);
  // A profile that stands in the scenario is a part of it.
  const std::string like = R"({"like": "../../scenarios/profiles/gcp-geo.json",
                               "network": {"cross": {"delay": "soon"}}})";
  CHECK(ErrorOf({{"/profile", like}, empty}).find("/profile/network/cross/delay: ") == 0);
}

// A profile of two sites says how these are connected; that is no word of the scenario's.
TEST_CASE("scenario: one cluster may have a profile that knows of cross links") {
  const nlohmann::json document = nlohmann::json::parse(R"({
    "lockstep": 1, "name": "n", "why": "w", "run": {"for": "1s", "seed": 1},
    "profile": "profiles/etcd-pair.json",
    "clusters": [{"name": "a", "size": 1, "budget": {"u": 0, "r": 0},
                  "stack": [{"protocol": "x"}]}]})");
  const std::string path = "scenarios/smoke/new.json";
  const auto scenario = ReadScenarioDocument(document, path, {});
  REQUIRE_MESSAGE(scenario.ok(), std::string(scenario.status().message()));
  // As the recipe of a trace has it.
  CHECK(!scenario->document["network"].contains("cross"));
  CHECK(ReadScenarioDocument(scenario->document, path, {}).ok());
  const auto changed = ReadScenarioDocument(document, path, {{"/network/cross/delay", "1ms"}});
  REQUIRE(!changed.ok());
  CHECK(Contains(std::string(changed.status().message()), "/network/cross: has no meaning here"));
}

}  // namespace
}  // namespace lockstep::sim
