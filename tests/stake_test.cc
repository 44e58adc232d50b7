// Stake in whole runs: who takes it, who takes no notice of it, and who refuses it.

#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using sim::Override;

// Both clusters of a scenario of four and four replicas.
std::vector<Override> Heavy() {
  return {{"/clusters/0/stake", "[3, 1, 1, 1]"}, {"/clusters/1/stake", "[1, 1, 5, 1]"}};
}

std::string WhyRefused(const std::string& path, const std::vector<Override>& changes) {
  const auto prepared = cli::Prepare(path, changes);
  return prepared.ok() ? "none" : std::string(prepared.status().message());
}

std::string DigestAfter(const std::string& path, const std::vector<Override>& changes) {
  const auto prepared = cli::Prepare(path, changes);
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  const auto run = cli::Run(*prepared, {});
  REQUIRE_MESSAGE(run.ok(), std::string(run.status().message()));
  CHECK(run->summary["verdict"] == "holds");
  return run->summary["digest"];
}

}  // namespace

TEST_CASE("stake: one-shot, all-to-all and leader to leader run as if there were none") {
  for (const std::string name : {"one-shot", "all-to-all", "leader-to-leader"}) {
    CAPTURE(name);
    const std::string path = "scenarios/smoke/" + name + ".json";
    CHECK(DigestAfter(path, Heavy()) == DigestAfter(path, {}));
  }
}

TEST_CASE("stake: who counts replicas refuses it at either end, where it stands") {
  const std::string path = "scenarios/smoke/optimistic.json";
  const std::string why = "/stake: want none, or ones: this protocol counts replicas";
  for (const std::string cluster : {"/clusters/0", "/clusters/1"}) {
    CAPTURE(cluster);
    CHECK(WhyRefused(path, {{cluster + "/stake", "[2, 1, 1, 1]"}}).find(cluster + why) !=
          std::string::npos);
    CHECK(WhyRefused(path, {{cluster + "/stake", "[1, 1, 1, 1]"}}) == "none");
  }
  CHECK(WhyRefused("scenarios/smoke/chora.json", {{"/clusters/0/stake", "[1, 1, 2]"}})
            .find("/clusters/0" + why) != std::string::npos);
}

}  // namespace lockstep::tests
