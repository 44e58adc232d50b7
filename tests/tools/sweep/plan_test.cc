// Points of sweeps: their order, their numbers, and what is drawn.

#include "tools/sweep/plan.h"

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"

#include "sim/scenario/scenario.h"
#include "tests/tools/sweep/sweeps.h"

// Last: its CHECK takes the place of ours.
#include "tests/support/doctest.h"

namespace lockstep::sweep {
namespace {

using nlohmann::json;
using tests::ReadSweepWith;

Sweep Read(const json& keys) {
  absl::StatusOr<Sweep> sweep = ReadSweepWith(keys);
  REQUIRE_MESSAGE(sweep.ok(), std::string(sweep.status().message()));
  return *std::move(sweep);
}

Plan PlanOf(const Sweep& sweep) {
  absl::StatusOr<Plan> plan = Plan::Make(sweep);
  REQUIRE_MESSAGE(plan.ok(), std::string(plan.status().message()));
  return *std::move(plan);
}

std::string PlanError(const json& keys) {
  const Sweep sweep = Read(keys);
  return std::string(Plan::Make(sweep).status().message());
}

// "4 16", ... : the settings of each point.
std::vector<std::string> Shown(const Plan& plan) {
  std::vector<std::string> shown;
  for (std::uint64_t i = 0; i < plan.points(); ++i) {
    const Point point = plan.At(i);
    CHECK(point.index == i);
    std::string& line = shown.emplace_back();
    for (const Setting& setting : point.settings)
      line += (line.empty() ? "" : " ") + setting.shown.dump();
  }
  return shown;
}

std::vector<std::string> ShownOf(const json& keys) {
  const Sweep sweep = Read(keys);
  return Shown(PlanOf(sweep));
}

json List(const std::string& name, const json& values) {
  return {{"name", name}, {"at", "/x/" + name}, {"values", values}};
}

using Lines = std::vector<std::string>;

TEST_CASE("plan: in a grid the last axis varies fastest") {
  CHECK(ShownOf({{"axes", {List("a", {1, 2}), List("b", {"x", "y", "z"})}}}) ==
        Lines{"1 \"x\"", "1 \"y\"", "1 \"z\"", "2 \"x\"", "2 \"y\"", "2 \"z\""});
  CHECK(ShownOf(json::object()) == Lines{""});
}

TEST_CASE("plan: a bisected axis varies fastest, so that its points stand together") {
  const Sweep sweep = Read({{"axes", {List("a", {1, 2, 3}), List("b", {4, 5})}},
                            {"bisect", {{"axis", "a"}, {"holds", "published_per_s > 1"}}}});
  const Plan plan = PlanOf(sweep);
  CHECK(Shown(plan) == Lines{"1 4", "2 4", "3 4", "1 5", "2 5", "3 5"});
  CHECK(plan.group_size() == 3);
  CHECK(plan.groups() == 2);
}

TEST_CASE("plan: a zip takes the i-th value of each axis") {
  CHECK(ShownOf({{"axes", {List("a", {1, 1, 3}), List("b", {4, 5, 6})}}, {"sample", "zip"}}) ==
        Lines{"1 4", "1 5", "3 6"});
}

TEST_CASE("plan: points that where refuses have no number") {
  const Sweep sweep = Read({{"axes", {List("n", {4, 5, 7}), List("u", {1, 2})}},
                            {"derive", {{{"name", "r"}, {"is", "u"}}}},
                            {"where", {"n ≥ 2u+r+1"}},
                            {"seeds", 3}});
  const Plan plan = PlanOf(sweep);
  CHECK(Shown(plan) == Lines{"4 1 1", "5 1 1", "7 1 1", "7 2 2"});
  CHECK(plan.refused() == 2);
  CHECK(plan.runs_max() == 4 * 3);
  CHECK(plan.names() == Lines{"n", "u", "r"});
}

TEST_CASE("plan: an error of a formula names it and the point") {
  const json axes = {List("n", {4, 7}), List("p", {"x"})};
  const std::string file = tests::kSweepPath;
  CHECK(PlanError({{"axes", axes}, {"where", {"p > 1"}}}) ==
        file + ": /where/0: at n = 4, p = \"x\": \">\" wants numbers, not \"x\"");
  CHECK(PlanError({{"axes", axes}, {"derive", {{{"name", "d"}, {"is", "1 / (n - 7)"}}}}}) ==
        file + ": /derive/0/is: at n = 7, p = \"x\": division by zero");
  CHECK(PlanError({{"axes", axes}, {"where", {"n > 7"}}}) ==
        file + ": /where: refuses all 2 points");
  CHECK(PlanError({{"axes", axes}, {"where", {"n + 1"}}}) ==
        file + ": /where/0: at n = 4, p = \"x\": want a formula that is true or false, not 5");
}

TEST_CASE("plan: a derived value may have none where the point is refused") {
  CHECK(ShownOf({{"axes", {List("n", {4, 7})}},
                 {"derive", {{{"name", "d"}, {"is", "3 / (n - 7)"}}}},
                 {"where", {"n != 7"}}}) == Lines{"4 -1"});
}

TEST_CASE("plan: changes are those for all runs, then those of the point, what is wider first") {
  const Sweep sweep =
      Read({{"set", {{"/run/for", "300ms"}}},
            {"axes",
             {{{"name", "phi"}, {"at", "/c/0/stack/1/phi"}, {"values", {16}}},
              {{"name", "protocol"},
               {"values", {{{"label", "p"}, {"set", {{"/c/0/stack/1", {{"c3b", "p"}}}}}}}}},
              {{"name", "n"}, {"at", {"/c/0/size", "/c/1/size"}}, {"values", {4}}}}},
            {"derive", {{{"name", "u"}, {"is", "floor((n - 1) / 3)"}, {"at", "/c/0/budget/u"}}}}});
  const std::vector<sim::Override> expected = {
      {"/run/for", "\"300ms\""},           {"/c/0/size", "4"},     {"/c/1/size", "4"},
      {"/c/0/stack/1", "{\"c3b\":\"p\"}"}, {"/c/0/budget/u", "1"}, {"/c/0/stack/1/phi", "16"}};
  CHECK(PlanOf(sweep).At(0).changes == expected);
}

TEST_CASE("plan: an axis with a condition changes the scenario only where it is true") {
  const Sweep sweep = Read(
      {{"axes",
        {{{"name", "phi"}, {"at", "/x/phi"}, {"values", {16}}, {"when", "protocol == 'picsou'"}},
         List("protocol", {"picsou", "one-shot"})}}});
  const Plan plan = PlanOf(sweep);
  CHECK(plan.At(0).changes.size() == 2);
  CHECK(plan.At(1).changes == std::vector<sim::Override>{{"/x/protocol", "\"one-shot\""}});
}

TEST_CASE("plan: formulas look up what a point shows") {
  const Sweep sweep = Read({{"axes",
                             {List("n", {4}), List("p", {"x"}), List("b", {true}),
                              List("loss", json::array({json::array({1, 8})}))}}});
  const Point point = PlanOf(sweep).At(0);
  const auto holds = [&](const char* text) {
    return Expression::Parse(text).value().Holds(LookupIn(point)).value();
  };
  CHECK(holds("n == 4 and p == 'x' and b and loss == 0.125"));
  CHECK_FALSE(Expression::Parse("q").value().Evaluate(LookupIn(point)).ok());
}

json Drawn(const json& sample, const json& axes) { return {{"sample", sample}, {"axes", axes}}; }

json LogRange(const std::string& name) {
  return {{"name", name}, {"at", "/x/" + name}, {"from", 0.001}, {"to", 1000}, {"scale", "log"}};
}

TEST_CASE("plan: what is drawn is the same on every machine") {
  const json axes = {LogRange("x"),
                     List("l", {"a", "b", "c"}),
                     {{"name", "w"}, {"at", "/x/w"}, {"from", 1}, {"to", 6}}};
  CHECK(absl::StrJoin(ShownOf(Drawn({{"random", 3}, {"seed", 3}}, axes)), "; ") ==
        R"(79 "c" 3; 1.78 "a" 2; 0.0277 "a" 4)");
  CHECK(absl::StrJoin(ShownOf(Drawn({{"latin_hypercube", 3}, {"seed", 3}}, axes)), "; ") ==
        R"(0.131 "b" 1; 0.0794 "c" 4; 797 "a" 6)");
}

TEST_CASE("plan: an axis more leaves the draws of the others as they are") {
  for (const char* kind : {"random", "latin_hypercube"}) {
    const json sample = {{kind, 20}, {"seed", 5}};
    const Sweep few = Read(Drawn(sample, json::array({LogRange("x")})));
    const Sweep more = Read(Drawn(sample, {LogRange("a"), LogRange("x")}));
    const Plan few_plan = PlanOf(few);
    const Plan more_plan = PlanOf(more);
    for (std::uint64_t i = 0; i < 20; ++i)
      CHECK(few_plan.At(i).settings[0].shown == more_plan.At(i).settings[1].shown);
    CHECK(Shown(few_plan) !=
          ShownOf(Drawn({{kind, 20}, {"seed", 6}}, json::array({LogRange("x")}))));
  }
}

TEST_CASE("plan: a random sample stays in its range, and takes every value of a list") {
  const Sweep sweep = Read(Drawn({{"random", 500}, {"seed", 1}},
                                 {LogRange("x"),
                                  List("l", {1, 2, 3}),
                                  {{"name", "w"}, {"at", "/x/w"}, {"from", 6}, {"to", 1}}}));
  const Plan plan = PlanOf(sweep);
  std::set<double> listed;
  std::set<double> whole;
  int low = 0;
  for (std::uint64_t i = 0; i < plan.points(); ++i) {
    const Point point = plan.At(i);
    const double x = *point.settings[0].number;
    CHECK(x >= 0.001);
    CHECK(x <= 1000);
    low += x < 1 ? 1 : 0;
    listed.insert(*point.settings[1].number);
    whole.insert(*point.settings[2].number);
  }
  // Half of a logarithmic range lies below 1: 250 of 500, standard deviation 11.
  CHECK(std::abs(low - 250) < 55);
  CHECK(listed == std::set<double>{1, 2, 3});
  CHECK(whole == std::set<double>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("plan: a Latin hypercube has one sample in each stratum of each axis") {
  constexpr int kSamples = 50;
  const json linear = {{"name", "y"}, {"at", "/x/y"}, {"from", 0.5}, {"to", 50.5}};
  const Sweep sweep = Read(Drawn({{"latin_hypercube", kSamples}, {"seed", 9}},
                                 {linear, LogRange("x"), List("l", {0, 1, 2, 3, 4})}));
  const Plan plan = PlanOf(sweep);
  std::map<int, int> linear_strata;
  std::map<int, int> log_strata;
  std::map<double, int> listed;
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    const Point point = plan.At(i);
    linear_strata[static_cast<int>(std::floor(*point.settings[0].number - 0.5))]++;
    log_strata[static_cast<int>(
        std::floor((std::log10(*point.settings[1].number) + 3) / 6 * kSamples))]++;
    listed[*point.settings[2].number]++;
  }
  CHECK(linear_strata.size() == kSamples);
  CHECK(log_strata.size() == kSamples);
  CHECK(listed == std::map<double, int>{{0, 10}, {1, 10}, {2, 10}, {3, 10}, {4, 10}});
}

TEST_CASE("plan: points of a scenario of the tree are scenarios that are read") {
  const char* layer = "/clusters/0/stack/1";
  const Sweep sweep =
      Read({{"scenario", "smoke/picsou.json"},
            {"set", {{"/run/for", "300ms"}}},
            {"axes",
             {{{"name", "n"}, {"at", {"/clusters/0/size", "/clusters/1/size"}}, {"values", {4, 7}}},
              {{"name", "phi"},
               {"at", "/clusters/0/stack/1/phi"},
               {"from", 16},
               {"to", 256},
               {"count", 2},
               {"scale", "log"},
               {"when", "protocol == 'picsou'"}},
              {{"name", "delay"},
               {"at", "/network/cross/delay"},
               {"from", 10},
               {"to", 1000},
               {"count", 4},
               {"scale", "log"},
               {"unit", "us"}},
              {{"name", "loss"},
               {"at", "/network/cross/loss"},
               {"from", 0.0001},
               {"to", 0.1},
               {"count", 3},
               {"scale", "log"},
               {"as", "ratio"}},
              {{"name", "protocol"},
               {"values",
                {{{"label", "picsou"}, {"set", json::object()}},
                 {{"label", "one-shot"}, {"set", {{layer, {{"c3b", "one-shot"}}}}}}}}}}},
            {"derive",
             {{{"name", "u"},
               {"is", "floor((n - 1) / 3)"},
               {"at", {"/clusters/0/budget/u", "/clusters/1/budget/u"}}}}},
            {"where", {"protocol == 'picsou' or phi == 16"}}});
  CHECK(sweep.base_path == "scenarios/smoke/picsou.json");
  const Plan plan = PlanOf(sweep);
  CHECK(plan.points() == 2 * 4 * 3 * (2 + 1));
  for (std::uint64_t i = 0; i < plan.points(); ++i) {
    const Point point = plan.At(i);
    const auto scenario = sim::ReadScenario(sweep.base_path, point.changes);
    REQUIRE_MESSAGE(scenario.ok(), std::string(scenario.status().message()));
    CHECK(scenario->clusters[1].size == *point.settings[0].number);
    CHECK(scenario->clusters[1].u == *point.settings[5].number);
    const bool is_picsou = point.settings[4].shown == "picsou";
    CHECK(scenario->stacks[1][1].contains("phi") == is_picsou);
    if (is_picsou) CHECK(scenario->stacks[1][1]["phi"] == *point.settings[1].number);
  }
}

TEST_CASE("plan: the document read back gives the same points") {
  for (const json& sample : {json("grid"), json{{"random", 9}, {"seed", 1}},
                             json{{"latin_hypercube", 9}, {"seed", 1}}}) {
    json range = LogRange("x");
    if (sample == "grid") range["count"] = 4;
    const Sweep sweep = Read({{"sample", sample},
                              {"axes", {List("n", {4, 7}), range}},
                              {"derive", {{{"name", "d"}, {"is", "n / 3"}, {"at", "/x/d"}}}},
                              {"where", {"n + x > 4.1"}}});
    const auto text = json::parse(sweep.document.dump());
    const absl::StatusOr<Sweep> again = ReadSweepDocument(text, "elsewhere.json", tests::Metrics());
    REQUIRE(again.ok());
    CHECK(again->document == sweep.document);
    const Plan one = PlanOf(sweep);
    const Plan other = PlanOf(*again);
    REQUIRE(one.points() == other.points());
    for (std::uint64_t i = 0; i < one.points(); ++i) {
      CHECK(one.At(i).changes == other.At(i).changes);
      CHECK(one.At(i).settings.back().shown == other.At(i).settings.back().shown);
    }
  }
}

TEST_CASE("plan: of a million points, a filter keeps those that a count of our own keeps") {
  json values = json::array();
  for (int i = 0; i < 100; ++i) values.push_back(i);
  const Sweep sweep = Read({{"axes", {List("n", values), List("u", values), List("r", values)}},
                            {"where", {"n ≥ 2u+r+1", "r <= u"}}});
  const Plan plan = PlanOf(sweep);
  std::uint64_t expected = 0;
  for (int n = 0; n < 100; ++n)
    for (int u = 0; u < 100; ++u)
      for (int r = 0; r <= u; ++r) expected += n >= 2 * u + r + 1 ? 1U : 0U;
  CHECK(plan.points() == expected);
  CHECK(plan.At(expected - 1).changes.size() == 3);
}

}  // namespace
}  // namespace lockstep::sweep
