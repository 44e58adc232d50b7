// Metrics: numbers of summaries that are known, and names of all that the smoke scenarios give.

#include "analysis/metrics.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "sim/trace/event.h"
#include "tests/analysis/events.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::MetricsOf;
using nlohmann::json;

json SummaryOf(const Story& story) {
  analysis::Judge judge(story.recipe());
  story.Tell(judge);
  return judge.Summary();
}

// Streams as Traffic and Latency write them, with the second one in the other direction.
json TwoStreams() {
  const auto stream = [](double scale) {
    return json{{"stream", "a -> b"},
                {"as_published", {{"messages_per_s", 100 * scale}, {"payload_mbps", 8 * scale}}},
                {"as_delivered", {{"messages_per_s", 90 * scale}, {"payload_mbps", 7 * scale}}},
                {"delivered", 1000},
                {"sends_per_message", 1 + scale},
                {"latency",
                 {{"count", 10},
                  {"p50_us", 10 / scale},
                  {"p90_us", 20},
                  {"p99_us", 30 * scale},
                  {"p999_us", 40},
                  {"max_us", 50 * scale}}}};
  };
  return {{"end_ps", 3'000'000'000'000},
          {"warmup_ps", 1'000'000'000'000},
          {"hosts_measured_ps", 2'000'000'000'000},
          {"streams", {stream(1), stream(3)}},
          {"drops", {{"queue", {{"count", 5}, {"bytes", 10}}}, {"loss", {{"count", 7}}}}},
          {"hosts",
           {{{"egress_bytes", 1'000'000}, {"ingress_bytes", 0}, {"messages_handled", 3}},
            {{"egress_bytes", 3'000'000}, {"ingress_bytes", 500'000}, {"messages_handled", 4}}}}};
}

TEST_CASE("metrics: of several streams and hosts, the mean, the sum or the worst") {
  const std::map<std::string, double> expected = {
      {"published_per_s", 200}, {"published_mbps", 16},  {"delivered_per_s", 180},
      {"delivered_mbps", 14},   {"delivered", 2000},     {"sends_per_message", 3},
      {"latency_count", 20},    {"latency_p50_us", 10},  {"latency_p90_us", 20},
      {"latency_p99_us", 90},   {"latency_p999_us", 40}, {"latency_max_us", 150},
      {"dropped", 12},          {"dropped_queue", 5},    {"dropped_loss", 7},
      {"egress_mbps_max", 12},  {"egress_mbps_mean", 8}, {"ingress_mbps_max", 2},
      {"ingress_mbps_mean", 1}, {"messages_handled", 7},
  };
  CHECK(MetricsOf(TwoStreams()) == expected);
}

TEST_CASE("metrics: what was not measured is left out") {
  json summary = TwoStreams();
  summary["end_ps"] = summary["warmup_ps"];
  summary["hosts_measured_ps"] = 0;
  summary["drops"] = json::object();
  for (json& stream : summary["streams"]) {
    stream.erase("latency");
    stream["delivered"] = 0;
  }
  const std::map<std::string, double> expected = {{"delivered", 0}, {"dropped", 0}};
  CHECK(MetricsOf(summary) == expected);

  // A stream that delivers nothing has no sends for each message, and takes no part in the mean.
  summary["streams"][1]["delivered"] = 1;
  CHECK(MetricsOf(summary).at("sends_per_message") == 4);
}

TEST_CASE("metrics: without streams there are still hosts") {
  json summary = TwoStreams();
  summary["streams"] = json::array();
  const auto metrics = MetricsOf(summary);
  CHECK(metrics.count("delivered") == 0);
  CHECK(metrics.count("published_per_s") == 0);
  CHECK(metrics.at("messages_handled") == 7);
}

TEST_CASE("metrics: bubbles are those of the busiest host, messages are per request answered") {
  json summary = TwoStreams();
  CHECK(MetricsOf(summary).count("bubble_fraction") == 0);
  CHECK(MetricsOf(summary).count("messages_per_command") == 0);
  summary["hosts_measured_ps"] = 2'000'000'000'000;
  summary["hosts"] = {{{"messages_handled", 300}, {"protocol_busy_ps", 500'000'000'000}},
                      {{"messages_handled", 100}, {"protocol_busy_ps", 1'500'000'000'000}}};
  summary["clients"] = {{{"returned_per_s", 20}}, {{"returned_per_s", 30}}};
  const auto metrics = MetricsOf(summary);
  CHECK(metrics.at("bubble_fraction") == 0.25);
  CHECK(metrics.at("messages_per_command") == 4);
}

TEST_CASE("metrics: those of a story are what its events say") {
  Story story(TwoClusters(4, 1));
  story.AtMs(1000).Metric(B(0), trace::Metric::kIngressBytes, 1);  // Of the warm-up.
  story.AtMs(2000).Passed(A(0), B(0), {0, 100, 1}).Offered(A(1), B(0), {0, 25, 1});
  story.AtMs(2040).Delivered(B(0), {0, 100, 1});
  story.AtMs(3000).Metric(B(0), trace::Metric::kIngressBytes, 500'000).End();
  const auto metrics = MetricsOf(SummaryOf(story));
  CHECK(metrics.at("delivered") == 100);
  CHECK(metrics.at("delivered_per_s") == 50);
  CHECK(metrics.at("sends_per_message") == 1.25);
  CHECK(metrics.at("resends_per_message") == 0.25);
  CHECK(metrics.at("latency_max_us") == 40'000);
  CHECK(metrics.at("ingress_mbps_max") == 2);
}

TEST_CASE("metrics: the known ones are sorted, fit SQL, and cover every cause of a drop") {
  std::set<std::string> names;
  std::string before;
  for (const analysis::MetricInfo& info : analysis::KnownMetrics()) {
    const std::string name(info.name);
    CAPTURE(name);
    CHECK(before < name);
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos);
    CHECK_FALSE(info.unit.empty());
    CHECK_FALSE(info.meaning.empty());
    before = name;
    names.insert(name);
  }
  for (const std::string_view cause : trace::kDropCauses) {
    CHECK(names.count("dropped_" + std::string(cause)) == 1);
  }
}

TEST_CASE("metrics: every smoke scenario gives known ones only") {
  std::set<std::string> known;
  for (const analysis::MetricInfo& info : analysis::KnownMetrics()) known.emplace(info.name);
  std::set<std::string> seen;
  for (const auto& entry : std::filesystem::directory_iterator("scenarios/smoke")) {
    if (entry.path().extension() != ".json") continue;
    CAPTURE(entry.path().string());
    const auto prepared = cli::Prepare(entry.path().string(), {});
    REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
    const auto result = cli::Run(*prepared, {});
    REQUIRE(result.ok());
    for (const auto& measured : MetricsOf(result->summary)) {
      const std::string& name = measured.first;
      CHECK_MESSAGE(known.count(name) == 1, name);
      seen.insert(name);
    }
  }
  for (const char* name : {"published_per_s", "delivered_mbps", "latency_p99_us", "dropped",
                           "egress_mbps_max", "delivered_per_s_p10", "premature_per_message"}) {
    CHECK_MESSAGE(seen.count(name) == 1, name);
  }
}

TEST_CASE("metrics: what oracles count is summed, and its ratio averaged") {
  json summary = TwoStreams();
  CHECK(MetricsOf(summary).count("resends") == 0);
  const json row = {{"oracle", "R2"}, {"counts", {{"resends", 12}}}};
  summary["oracles"] = {row, row, {{"oracle", "I"}}};
  summary["oracles"][1]["per_message"] = {{"resends_per_message", 0.5}};
  CHECK(MetricsOf(summary).at("resends") == 24);
  CHECK(MetricsOf(summary).at("resends_per_message") == 0.5);
}

TEST_CASE("metrics: which share of the messages needed more resends than so many") {
  json summary = TwoStreams();
  CHECK(MetricsOf(summary).count("over_0_resends") == 0);
  // Of one stream 8 by their first send, 1 by the second, 1 by the tenth; of the other all at once.
  summary["oracles"] = {{{"oracle", "R2"}, {"settled_by_attempt", {8, 1, 0, 0, 0, 0, 0, 0, 0, 1}}},
                        {{"oracle", "R2"}, {"settled_by_attempt", {5}}},
                        {{"oracle", "I"}}};
  const auto metrics = MetricsOf(summary);
  CHECK(metrics.at("over_0_resends") == doctest::Approx(0.1));
  CHECK(metrics.at("over_1_resends") == doctest::Approx(0.05));
  CHECK(metrics.at("over_8_resends") == doctest::Approx(0.05));
  CHECK(metrics.at("over_12_resends") == 0);
  CHECK(metrics.at("needed_resends_max") == 9);
}

TEST_CASE("metrics: of each oracle the worst verdict, of each receipt what it says") {
  const json summary = {{"oracles",
                         {{{"oracle", "I"}, {"verdict", "holds"}},
                          {{"oracle", "L"}, {"verdict", "unknown"}},
                          {{"oracle", "I"}, {"verdict", "not exercised"}},
                          {{"oracle", "L"}, {"verdict", "violated"}},
                          {{"oracle", "I"}, {"verdict", "holds"}}}},
                        {"receipts",
                         {{{"id", "dead"},
                           {"kind", "crash"},
                           {"touched", 3},
                           {"changed", 2},
                           {"expect_effect", 1},
                           {"last", {{"node", "a0"}}}}}}};
  CHECK(analysis::OraclesOf(summary) == json{{"I", "not exercised"}, {"L", "violated"}});
  CHECK(analysis::ReceiptsOf(summary) ==
        json::array({{{"id", "dead"}, {"kind", "crash"}, {"touched", 3}, {"changed", 2}}}));
  CHECK(analysis::OraclesOf(json::object()) == json::object());
  CHECK(analysis::ReceiptsOf(json::object()) == json::array());
}

}  // namespace
}  // namespace lockstep::tests
