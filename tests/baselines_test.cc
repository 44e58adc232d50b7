// Picsou and what it is compared with, as whole runs: what a delivered byte costs the busiest host,
// and what becomes of a stream when its leader dies.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "analysis/verdict.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

// 5 000 messages of 10 kB a second in each direction.
constexpr double kBytesPerSecond = 5'000.0 * 10'000;

json SummaryOf(const std::string& path, const std::vector<sim::Override>& overrides) {
  const auto prepared = cli::Prepare(path, overrides);
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  const auto run = cli::Run(*prepared, {});
  REQUIRE_MESSAGE(run.ok(), std::string(run.status().message()));
  return run->summary;
}

// Bytes that leave the busiest host for each byte that is delivered, each in one direction.
double EgressOfBusiest(const std::string& path, std::uint32_t n, std::uint32_t u,
                       const std::string& layer) {
  std::vector<sim::Override> changes = {{"/clusters/0/stack/1", layer}};
  for (const std::string cluster : {"/clusters/0", "/clusters/1"}) {
    changes.push_back({cluster + "/size", std::to_string(n)});
    changes.push_back({cluster + "/budget/u", std::to_string(u)});
  }
  const json summary = SummaryOf(path, changes);
  CHECK(summary["verdict"] == "holds");
  for (const json& stream : summary["streams"])
    CHECK(stream["as_delivered"]["messages_per_s"].get<double>() > 4'900);
  double most = 0;
  for (const json& host : summary["hosts"])
    most = std::max(most, host["egress_bytes"].get<double>());
  return most / (summary["hosts_measured_ps"].get<double>() / 1e12) / kBytesPerSecond;
}

// The oracle's verdict on the stream that a cluster sends.
std::string VerdictOf(const json& summary, const std::string& oracle, const std::string& stream) {
  for (const json& row : summary["oracles"])
    if (row["oracle"] == oracle && row["stream"] == stream) return row["verdict"];
  return "none";
}

}  // namespace

TEST_CASE("baselines: the egress of the busiest host for each byte is what its pattern makes of it") {
  struct Pattern {
    std::string name;
    std::string more;
    double (*expected)(double n, double u);
  };
  const std::vector<Pattern> patterns = {
      {"one-shot", "", [](double n, double) { return 1 / n; }},
      {"picsou", R"(, "phi": 256, "repeat_interval": "50ms")", [](double, double) { return 1.0; }},
      {"all-to-all", "", [](double n, double) { return n; }},
      {"ll", "", [](double n, double) { return n; }},
      {"otu", "", [](double n, double u) { return n + u; }}};
  for (const Pattern& pattern : patterns) {
    const std::string layer =
        R"({"c3b": ")" + pattern.name + R"(", "batch_bytes": 20000)" + pattern.more + "}";
    for (const std::uint32_t n : {4U, 7U}) {
      const std::uint32_t u = (n - 1) / 3;
      CAPTURE(pattern.name);
      CAPTURE(n);
      const double expected = pattern.expected(n, u);
      const double measured = EgressOfBusiest("scenarios/smoke/one-shot.json", n, u, layer);
      // Headers of packets and what is acknowledged come on top: 4 % of data, and small change.
      CHECK(measured > expected);
      CHECK(measured < expected * 1.08 + 0.05);
    }
  }
}

TEST_CASE("baselines: a dead leader ends leader to leader, and its promise says so") {
  const std::string path = "scenarios/faults/leader-to-leader-crash.json";
  const json dead = SummaryOf(path, {});
  for (const json& stream : dead["streams"]) CHECK(stream["as_delivered"]["messages_per_s"] == 0);
  CHECK(VerdictOf(dead, "L", "a -> b") == "not exercised");
  CHECK(VerdictOf(dead, "L", "b -> a") == "not exercised");
  // A follower is missed by nobody.
  const json follower = SummaryOf(path, {{"/faults/0/crash/target", "a1"}, {"/expect", "{}"}});
  CHECK(follower["verdict"] == "holds");
  for (const json& stream : follower["streams"])
    CHECK(stream["as_delivered"]["messages_per_s"].get<double>() > 4'900);
}

TEST_CASE(
    "baselines: optimistic transmission goes on with the next leader, its artifact does not") {
  const std::string path = "scenarios/faults/optimistic-crash.json";
  const json next = SummaryOf(path, {});
  CHECK(next["verdict"] == "holds");
  CHECK(next["notes"]["leads"]["count"] == 1);
  const json stops =
      SummaryOf(path, {{"/clusters/0/stack/1", R"({"c3b": "otu", "variant": "artifact"})"}});
  CHECK(VerdictOf(stops, "T", "a -> b") == "violated");
  CHECK(VerdictOf(stops, "T", "b -> a") == "holds");
  CHECK_FALSE(stops["notes"].contains("leads"));
}

TEST_CASE("baselines: as many dead leaders as the budget has are replaced one after the other") {
  std::vector<sim::Override> changes = {{"/clusters/0/size", "7"},
                                        {"/clusters/0/budget", R"({"u": 2, "r": 2})"},
                                        {"/faults/0/crash/target", R"(["a0", "a1"])"}};
  const json two = SummaryOf("scenarios/faults/optimistic-crash.json", changes);
  CHECK(two["verdict"] == "holds");
  // View 1 is nobody's, replica 2 leads in view 2.
  CHECK(two["notes"]["leads"]["count"] == 1);
  // A stream that rests has no leader that fails.
  const json rests =
      SummaryOf("scenarios/smoke/optimistic.json",
                {{"/clusters/0/stack/0/rate", "20"}, {"/clusters/0/stack/1/timeout", "5ms"}});
  CHECK(rests["verdict"] == "holds");
  CHECK_FALSE(rests["notes"].contains("suspects"));
}

TEST_CASE("baselines: a broker of Kafka sends what it leads to all receivers and two followers") {
  for (const std::uint32_t n : {4U, 7U}) {
    const std::uint32_t u = (n - 1) / 3;
    CAPTURE(n);
    // The first of three leads one partition in three, and the one that is left over.
    const double led = (n + 2) / 3;
    const double expected = led / n * (n + 2);
    const double measured =
        EgressOfBusiest("scenarios/smoke/kafka.json", n, u, R"({"c3b": "kafka"})");
    CHECK(measured > expected);
    CHECK(measured < expected * 1.08 + 0.05);
  }
}

TEST_CASE("baselines: a dead producer of Kafka silences a partition, a dead broker is overspent") {
  const json crash = SummaryOf("scenarios/faults/kafka-crash.json", {});
  CHECK(crash["verdict"] == "holds");
  for (const json& stream : crash["streams"]) {
    // Three of four partitions.
    CHECK(stream["as_delivered"]["messages_per_s"].get<double>() > 0.98 * 3'750);
    CHECK(stream["as_delivered"]["messages_per_s"].get<double>() < 1.02 * 3'750);
  }
  const std::string control = "scenarios/faults/control-kafka-broker.json";
  const auto refused = cli::Prepare(control, {{"/negative_control", "false"}});
  REQUIRE_FALSE(refused.ok());
  CHECK(std::string(refused.status().message()).find("overspends the budget") != std::string::npos);
}

}  // namespace lockstep::tests
