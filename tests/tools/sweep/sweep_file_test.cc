// Sweep files: what is read from them, and what is said of wrong ones.

#include "tools/sweep/sweep_file.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "protocols/parameters/parameters.h"
#include "tests/support/json_schema.h"
#include "tests/support/process.h"
#include "tests/tools/sweep/sweeps.h"
#include "tools/sweep/numbers.h"
#include "tools/sweep/plan.h"
#include "tools/sweep/pointers.h"

// Last: its CHECK takes the place of ours.
#include "tests/support/doctest.h"

namespace lockstep::sweep {
namespace {

using nlohmann::json;
using tests::ReadSweepWith;
using tests::WhyNot;

Sweep Read(const json& keys) {
  absl::StatusOr<Sweep> sweep = ReadSweepWith(keys);
  REQUIRE_MESSAGE(sweep.ok(), std::string(sweep.status().message()));
  // Editors, which know only the schema, say the same.
  const absl::Status shape = tests::CheckSweepSchema(tests::SweepWith(keys), "f.json");
  CHECK_MESSAGE(shape.ok(), std::string(shape.message()));
  return *std::move(sweep);
}

json Json(const char* text) { return ParseJson(text, "test").value(); }
Sweep Read(const char* keys) { return Read(Json(keys)); }

// What the reader says of a file whose shape the schema refuses as well.
std::string Shape(const char* keys) {
  CHECK_FALSE(tests::CheckSweepSchema(tests::SweepWith(Json(keys)), "f.json").ok());
  return WhyNot(Json(keys));
}
// The same of a file of a good shape.
std::string Meaning(const char* keys) {
  CHECK(tests::CheckSweepSchema(tests::SweepWith(Json(keys)), "f.json") == absl::OkStatus());
  return WhyNot(Json(keys));
}

bool Has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

// What an axis is called at each value, and what it puts there.
std::vector<std::string> ShownOf(const Axis& axis) {
  std::vector<std::string> shown;
  for (const AxisValue& value : axis.values) shown.push_back(value.shown.dump());
  return shown;
}
std::vector<std::string> PutsOf(const Axis& axis) {
  std::vector<std::string> puts;
  for (const AxisValue& value : axis.values) puts.push_back(value.changes.at(0).second);
  return puts;
}

Axis AxisOf(const char* axis) {
  const json keys = {{"axes", json::array({Json(axis)})}};
  return Read(keys).axes.at(0);
}

using Lines = std::vector<std::string>;

TEST_CASE("sweep file: every key is read") {
  const Sweep sweep = Read(R"json({
    "set": { "/run/for": "300ms" },
    "axes": [
      { "name": "n", "at": ["/clusters/0/size", "/clusters/1/size"], "values": [4, 7, 10] },
      { "name": "loss", "at": "/network/cross/loss", "from": 0.0001, "to": 0.1, "count": 4,
        "scale": "log", "as": "ratio" }
    ],
    "derive": [ { "name": "u", "is": "floor((n - 1) / 3)", "at": ["/clusters/0/budget/u"] } ],
    "where": ["n ≥ 2u + u + 1"],
    "seeds": { "first": 1, "count": 30,
               "until": { "metric": "published_per_s", "within": "2%", "least": 3, "step": 3 } },
    "bisect": { "axis": "loss", "holds": "published_per_s >= 0.9 * first.published_per_s" },
    "limits": { "wall": "30s", "simulated": "10s", "events": 100000000, "memory": "1GiB" },
    "record": { "a_to_b_per_s": "/streams/0/as_published/messages_per_s" },
    "expect": [ { "verdict": "holds", "when": "loss == 0" },
                { "verdict": ["holds", "not exercised"] },
                { "that": "published_per_s >= 100 and a_to_b_per_s > 1", "when": "loss <= 0.01",
                  "why": "It is fast." } ]
  })json");
  CHECK(sweep.set == std::vector<sim::Override>{{"/run/for", "\"300ms\""}});
  CHECK(sweep.axes[0].values[1].changes ==
        std::vector<sim::Override>{{"/clusters/0/size", "7"}, {"/clusters/1/size", "7"}});
  CHECK(ShownOf(sweep.axes[1]) == Lines{"0.0001", "0.001", "0.01", "0.1"});
  CHECK(sweep.seeds.first == 1);
  CHECK(sweep.seeds.count == 30);
  CHECK(sweep.seeds.until->half_width == 0.02);
  CHECK(sweep.seeds.until->is_relative);
  CHECK(sweep.seeds.until->least == 3);
  CHECK(sweep.seeds.until->step == 3);
  CHECK(sweep.bisection->axis == 1);
  CHECK(sweep.limits.wall == core::Duration::Seconds(30));
  CHECK(*sweep.limits.simulated == core::Duration::Seconds(10));
  CHECK(*sweep.limits.events == 100'000'000);
  CHECK(sweep.limits.memory->value() == 1 << 30);
  CHECK(sweep.record[0].first == "a_to_b_per_s");
  CHECK(sweep.expect[1].verdicts == Lines{"holds", "not exercised"});
  CHECK(sweep.expect[2].that->text() == "published_per_s >= 100 and a_to_b_per_s > 1");
  CHECK(sweep.expect[2].pointer == "/expect/2");
  CHECK(Candidates(sweep) == 12);
}

TEST_CASE("sweep file: the example of scenarios/README.md is a sweep of 36 runs") {
  const std::string text = ReadTextFile("scenarios/README.md").value();
  const std::string fence = "```";
  const std::size_t begin = text.find("{\n  \"lockstep_sweep\"");
  REQUIRE(begin != std::string::npos);
  const Sweep sweep = Read(Json(text.substr(begin, text.find(fence, begin) - begin).c_str()));
  CHECK(Plan::Make(sweep)->runs_max() == 3 * 4 * 3);
}

TEST_CASE("sweep file: what is left out is one point, one seed, ten minutes") {
  const Sweep sweep = Read("{}");
  CHECK(Candidates(sweep) == 1);
  CHECK(sweep.seeds.first == 7);  // of the base scenario
  CHECK(sweep.seeds.count == 1);
  CHECK(sweep.limits.wall == core::Duration::Seconds(600));
  CHECK_FALSE(sweep.limits.memory.has_value());
}

TEST_CASE("sweep file: seeds begin where the base scenario says, unless the sweep does") {
  CHECK(Read(R"({"seeds": 3})").seeds.count == 3);
  CHECK(Read(R"({"seeds": {"count": 3}})").seeds.first == 7);
  CHECK(Read(R"({"seeds": {"count": 3}, "set": {"/run/seed": 9}})").seeds.first == 9);
  CHECK(Read(R"({"set": {"/run": {"for": "1s", "seed": 8}}})").seeds.first == 8);
  const char* no_seed = R"({"scenario": {"lockstep": 1}})";
  CHECK(Has(Meaning(no_seed), "/seeds: the base scenario has no seed at /run/seed"));
  CHECK(Read(R"({"scenario": {"lockstep": 1}, "seeds": {"first": 5}})").seeds.first == 5);
}

TEST_CASE("sweep file: wrong seeds and stop rules are refused") {
  CHECK(Has(Shape(R"({"seeds": 0})"), "/seeds: want a whole number"));
  CHECK(Has(Shape(R"({"seeds": "3"})"), "/seeds: want a number of seeds"));
  CHECK(Has(Meaning(R"({"seeds": {"first": 9223372036854775807, "count": 2}})"),
            "/seeds: want seeds of at most"));
  CHECK(Has(Meaning(R"({"seeds": {"count": 9, "until": {"metric": "publshed_per_s",
                    "within": 3}}})"),
            "did you mean \"published_per_s\"?"));
  CHECK(Has(Shape(R"({"seeds": {"count": 9, "until": {"metric": "events", "within": "2"}}})"),
            "/seeds/until/within: want half"));
  CHECK(Has(Shape(R"({"seeds": {"count": 9, "until": {"metric": "events", "within": 0}}})"),
            "/seeds/until/within: want half"));
  CHECK(Has(Meaning(R"({"seeds": {"until": {"metric": "events", "within": 1}}})"),
            "/seeds/until: wants a \"count\" of seeds of at least 2"));
  CHECK(Has(Meaning(R"({"seeds": {"count": 5, "until": {"metric": "events", "within": 1,
                    "least": 6}}})"),
            "/seeds/until/least: want a whole number from 2 to 5"));
}

TEST_CASE("sweep file: a linear range has both ends, exactly, and six digits between") {
  const Axis thirds = AxisOf(R"({"name": "x", "at": "/x", "from": 0.5, "to": 1.5, "count": 4})");
  CHECK(ShownOf(thirds) == Lines{"0.5", "0.833333", "1.16667", "1.5"});
  CHECK(PutsOf(thirds) == ShownOf(thirds));
  CHECK(*thirds.values[1].number == 0.833333);
  const Axis down = AxisOf(R"({"name": "x", "at": "/x", "from": 9, "to": 1, "count": 3})");
  CHECK(ShownOf(down) == Lines{"9", "5", "1"});
  CHECK(ShownOf(AxisOf(R"({"name": "x", "at": "/x", "from": 0.123456789, "to": 1, "count": 2})")) ==
        Lines{"0.123456789", "1"});
}

TEST_CASE("sweep file: a range between whole numbers is whole, and equal neighbours are one") {
  const char* phi = R"({"name": "phi", "at": "/x", "from": 16, "to": 256, "count": 5,
                        "scale": "log"})";
  CHECK(PutsOf(AxisOf(phi)) == Lines{"16", "32", "64", "128", "256"});
  CHECK(PutsOf(AxisOf(R"({"name": "x", "at": "/x", "from": 1, "to": 4, "count": 10})")) ==
        Lines{"1", "2", "3", "4"});
  CHECK(PutsOf(AxisOf(R"({"name": "x", "at": "/x", "from": 1, "to": 65536, "count": 5,
                          "scale": "log"})")) == Lines{"1", "16", "256", "4096", "65536"});
}

TEST_CASE("sweep file: a logarithmic range has three digits, so libm's last bit decides nothing") {
  const char* x = R"({"name": "x", "at": "/x", "from": 0.1, "to": 100, "count": 7,
                      "scale": "log"})";
  CHECK(PutsOf(AxisOf(x)) == Lines{"0.1", "0.316", "1", "3.16", "10", "31.6", "100"});
}

TEST_CASE("sweep file: a unit is put behind the number, which formulas see without it") {
  const Axis delay = AxisOf(R"({"name": "delay", "at": "/d", "from": 10, "to": 1000, "count": 5,
                                "scale": "log", "unit": "us"})");
  CHECK(PutsOf(delay) == Lines{"\"10us\"", "\"31.6us\"", "\"100us\"", "\"316us\"", "\"1000us\""});
  CHECK(delay.values[1].shown == json(31.6));
  CHECK(*delay.values[0].number == 10);
  // What has no smaller part is whole, and no other part than those there are is asked for.
  CHECK(PutsOf(AxisOf(R"({"name": "b", "at": "/b", "from": 1, "to": 4, "count": 3,
                          "unit": "KiB"})")) == Lines{"\"1KiB\"", "\"3KiB\"", "\"4KiB\""});
  CHECK(PutsOf(AxisOf(R"({"name": "b", "at": "/b", "from": 1, "to": 1.001, "count": 4,
                          "unit": "ns"})")) == Lines{"\"1ns\"", "\"1.001ns\""});
}

TEST_CASE("sweep file: a ratio is put as numerator and denominator") {
  const Axis loss = AxisOf(R"({"name": "loss", "at": "/l", "from": 0.0001, "to": 0.1, "count": 7,
                               "scale": "log", "as": "ratio"})");
  CHECK(PutsOf(loss) == Lines{"[1, 10000]", "[316, 1000000]", "[1, 1000]", "[316, 100000]",
                              "[1, 100]", "[316, 10000]", "[1, 10]"});
  CHECK(*loss.values[2].number == 0.001);
  const Axis linear = AxisOf(R"({"name": "loss", "at": "/l", "from": 0, "to": 1, "count": 3,
                                 "as": "ratio"})");
  CHECK(PutsOf(linear) == Lines{"[0, 1]", "[5, 10]", "[1, 1]"});
}

TEST_CASE("sweep file: wrong ranges are refused, with the remedy") {
  const auto wrong = [](const std::string& keys) {
    return WhyNot(
        {{"axes", json::array({Json((R"({"name": "x", "at": "/x", )" + keys + "}").c_str())})}});
  };
  CHECK(wrong(R"("from": "10us", "to": 3, "count": 2)") ==
        "/axes/0/from: want a number; a unit goes into \"unit\", as in \"unit\": \"us\", not "
        "\"10us\"");
  CHECK(Has(wrong(R"("from": 1, "count": 2)"), "/axes/0/to: is missing; want a number"));
  CHECK(Has(wrong(R"("from": 1, "to": 2)"), "/axes/0/count: is missing"));
  CHECK(Has(wrong(R"("from": 1, "to": 2, "count": 0)"), "/axes/0/count: want a whole number"));
  CHECK(Has(wrong(R"("from": 1, "to": 2, "count": 100001)"), "/axes/0/count: want"));
  CHECK(Has(wrong(R"("from": 1, "to": 2, "count": 1)"), "/axes/0/count: want at least 2"));
  CHECK(Has(wrong(R"("from": 0, "to": 2, "count": 2, "scale": "log")"),
            "/axes/0/from: want a number above zero"));
  CHECK(Has(wrong(R"("from": 1e16, "to": 2, "count": 2)"), "/axes/0/from: want a number between"));
  CHECK(
      Has(wrong(R"("from": 1, "to": 2, "count": 2, "unit": "days")"), "/axes/0/unit: want \"s\""));
  CHECK(Has(wrong(R"("from": 1.5, "to": 2, "count": 2, "unit": "MiB")"),
            "/axes/0/from: want a whole number of MiB"));
  CHECK(Has(wrong(R"("from": -1, "to": 2, "count": 2, "unit": "us")"),
            "/axes/0/from: want a quantity that is not negative"));
  CHECK(Has(wrong(R"("from": -1, "to": 1, "count": 2, "as": "ratio")"),
            "/axes/0/from: want a ratio"));
  CHECK(Has(wrong(R"("from": 0, "to": 1, "count": 2, "as": "ratio", "unit": "s")"),
            "/axes/0/as: a quantity with a \"unit\" is no ratio"));
  CHECK(Has(wrong(R"("from": 0, "to": 1, "count": 2, "values": [1])"), "want either \"values\""));
  CHECK(Has(wrong(R"("form": 0, "to": 1, "count": 2)"), "did you mean \"from\"?"));
  CHECK(Has(wrong(R"("values": [1], "unit": "us")"), "/axes/0/unit: unknown key"));
}

TEST_CASE("sweep file: a list holds numbers, texts, truths and ratios") {
  const Axis axis =
      AxisOf(R"({"name": "x", "at": "/x", "values": [4, 0.5, "10us", true, [1, 1000]]})");
  CHECK(ShownOf(axis) == Lines{"4", "0.5", "\"10us\"", "true", "0.001"});
  CHECK(PutsOf(axis) == Lines{"4", "0.5", "\"10us\"", "true", "[1,1000]"});
  CHECK(*axis.values[4].number == 0.001);
  CHECK_FALSE(axis.values[2].number.has_value());
}

TEST_CASE("sweep file: a value may set many places") {
  const Axis axis = AxisOf(R"({"name": "protocol", "values": [
      {"label": "picsou", "set": {"/c/0": {"c3b": "picsou"}, "/c/1": "like a"}},
      {"label": 3, "set": {"/c/0": 1}}]})");
  CHECK(ShownOf(axis) == Lines{"\"picsou\"", "3"});
  CHECK(axis.values[0].changes ==
        std::vector<sim::Override>{{"/c/0", "{\"c3b\":\"picsou\"}"}, {"/c/1", "\"like a\""}});
  CHECK(*axis.values[1].number == 3);
}

TEST_CASE("sweep file: wrong lists are refused, with the place") {
  CHECK(Has(Shape(R"({"axes": [{"name": "x", "at": "/x", "values": []}]})"),
            "/axes/0/values: want an array of 1 to 100000 values"));
  CHECK(Has(Shape(R"({"axes": [{"name": "x", "at": "/x", "values": [1, null]}]})"),
            "/axes/0/values/1: want a number, a text"));
  CHECK(Has(Shape(R"({"axes": [{"name": "x", "at": "/x", "values": [[1, 0]]}]})"),
            "/axes/0/values/0: want"));
  CHECK(Has(Shape(R"({"axes": [{"name": "x", "at": "run/for", "values": [1]}]})"),
            "/axes/0/at: want a JSON pointer such as \"/run/for\""));
  CHECK(Has(Shape(R"({"axes": [{"name": "x", "at": ["/a", "b"], "values": [1]}]})"),
            "/axes/0/at/1: want a JSON pointer"));
  CHECK(Has(Shape(R"({"axes": [{"name": "x", "values": [1, {"label": "a", "set": {"/x": 1}}]}]})"),
            "/axes/0/values: want either plain values or"));
  CHECK(Has(Shape(R"({"axes": [{"name": "x", "values": [{"label": "a", "set": {"x": 1}}]}]})"),
            "/axes/0/values/0/set/x: want a JSON pointer"));
  CHECK(Has(Shape(R"({"axes": [{"name": "x", "values": [{"label": "a"}]}]})"),
            "/axes/0/values/0/set: is missing"));
  CHECK(Has(Meaning(R"({"axes": [{"name": "x", "at": "/x", "values": [1, 2, 1.0]}]})"),
            "/axes/0/values/2: is there already"));
  CHECK(Has(Meaning(R"({"axes": [{"name": "x", "values": [1, 2]}]})"),
            "/axes/0: changes nothing; want \"at\""));
  CHECK(Has(Meaning(R"({"axes": [{"name": "x", "at": "/run/seed", "values": [1, 2]}]})"),
            "/axes/0/at: seeds are the sweep's own"));
}

TEST_CASE("sweep file: two axes at one place are refused, unless a condition tells them apart") {
  CHECK(Has(Meaning(R"({"axes": [{"name": "x", "at": "/x", "values": [1]},
                                 {"name": "y", "at": ["/y", "/x"], "values": [1]}]})"),
            "/axes/1: puts a value at /x, as \"x\" does"));
  Read(R"({"axes": [{"name": "x", "at": "/x", "values": [1]},
                    {"name": "y", "at": "/x", "values": [1], "when": "x > 1"}]})");
  Read(R"({"axes": [{"name": "x", "at": "/faults/-", "values": [1]},
                    {"name": "y", "at": "/faults/-", "values": [1]}]})");
  CHECK(Has(Meaning(R"({"axes": [{"name": "x", "at": "/x", "values": [1], "when": "z"}]})"),
            "/axes/0/when: \"z\" is not known here"));
}

TEST_CASE("sweep file: names are those of columns, and each is taken once") {
  const auto named = [](const std::string& name) {
    return WhyNot({{"axes", {{{"name", name}, {"at", "/x"}, {"values", {1, 2}}}}}});
  };
  CHECK(named("n_1").empty());
  CHECK(named(std::string(64, 'n')).empty());
  CHECK(Has(named(std::string(65, 'n')), "/axes/0/name: want a name of at most 64"));
  CHECK(Has(named("1n"), "/axes/0/name: want a name"));
  CHECK(Has(named("a-b"), "/axes/0/name: want a name"));
  CHECK(Has(named("min"), "/axes/0/name: formulas read \"min\" as a word of their own"));
  for (const char* reserved :
       {"run",    "point",     "seed",        "outcome", "error",    "recipe",       "digest",
        "events", "verdict",   "as_expected", "oracles", "receipts", "simulated_ps", "wall_us",
        "steps",  "memory_kb", "runs",        "failed",  "judged",   "Seed"})
    CHECK(Has(named(reserved), "is a column of results already"));
  CHECK(Has(named("Published_per_s"), "is a metric already"));
  CHECK(Has(Meaning(R"({"axes": [{"name": "n", "at": "/x", "values": [1]},
                                 {"name": "N", "at": "/y", "values": [1]}]})"),
            "/axes/1/name: \"N\" is an axis already"));
  CHECK(Has(Meaning(R"({"axes": [{"name": "n", "at": "/x", "values": [1]}],
                        "derive": [{"name": "n", "is": "1"}]})"),
            "/derive/0/name: \"n\" is an axis already"));
  CHECK(Has(Meaning(R"({"derive": [{"name": "d", "is": "1"}], "record": {"D": "/x"}})"),
            "/record/D: \"D\" is a derived value already"));
  CHECK(Has(Meaning(R"({"record": {"published_per_s": "/x"}})"), "is a metric already"));
  CHECK(Has(Shape(R"({"record": {"x": "streams"}})"), "/record/x: want a JSON pointer into"));
}

TEST_CASE("sweep file: a formula speaks of what is known where it stands") {
  const std::string axes = R"({"axes": [{"name": "n", "at": "/n", "values": [4, 7]}], )";
  const auto meaning = [&](const std::string& keys) {
    return Meaning((axes + keys + "}").c_str());
  };
  CHECK(meaning(R"x("where": ["n ≥ )"])x") ==
        "/where/0: column 7: want a number or a name, not \")\"");
  CHECK(meaning(R"("where": ["n > 1", "m > 1"])") ==
        "/where/1: \"m\" is not known here; there are: n");
  CHECK(Has(meaning(R"("where": ["published_per_s > 1"])"), "is not known here"));
  CHECK(Has(meaning(R"("derive": [{"name": "u", "is": "v"}, {"name": "v", "is": "n"}])"),
            "/derive/0/is: \"v\" is not known here"));
  CHECK(meaning(R"("derive": [{"name": "u", "is": "n"}, {"name": "v", "is": "u + n"}])").empty());
  CHECK(Has(meaning(R"("expect": [{"that": "publishd_per_s > 1"}])"),
            "/expect/0/that: \"publishd_per_s\" is not known here; did you mean "
            "\"published_per_s\"?"));
  CHECK(meaning(R"("expect": [{"that": "published_per_s > n or events > 1"}])").empty());
  CHECK(Has(meaning(R"("expect": [{"that": "first.events > 1"}])"), "is not known here"));
  CHECK(Has(meaning(R"("expect": [{"verdict": "holds", "when": "events > 1"}])"),
            "/expect/0/when: \"events\" is not known here"));
  CHECK(meaning(R"("record": {"z": "/z"}, "bisect": {"axis": "n", "holds": "z < 2 first.z"})")
            .empty());
  CHECK(Has(Shape((axes + R"("where": [3]})").c_str()), "/where/0: want a formula in quotes"));
  CHECK(Has(Shape((axes + R"("where": "n > 1"})").c_str()), "/where: want an array of formulas"));
}

TEST_CASE("sweep file: a bisection wants a grid, an axis, and points that come together") {
  const std::string axes = R"({"axes": [{"name": "n", "at": "/n", "values": [4, 7]},
                                        {"name": "one", "at": "/o", "values": [1]}], )";
  const auto meaning = [&](const std::string& keys) {
    return Meaning((axes + keys + "}").c_str());
  };
  const std::string bisect = R"("bisect": {"axis": "n", "holds": "events > 1"})";
  CHECK(meaning(bisect).empty());
  CHECK(meaning(bisect + R"(, "where": ["one > 0"])").empty());
  CHECK(Has(meaning(bisect + R"(, "where": ["n > 1"])"), "/where/0: may not use \"n\""));
  CHECK(Has(meaning(bisect + R"(, "derive": [{"name": "d", "is": "n"}], "where": ["d > 1"])"),
            "/where/0: may not use \"d\""));
  CHECK(Has(meaning(bisect + R"(, "sample": {"random": 3, "seed": 1})"),
            "/bisect: wants \"sample\": \"grid\""));
  CHECK(Has(meaning(R"("bisect": {"axis": "m", "holds": "events > 1"})"),
            "/bisect/axis: there is no axis \"m\""));
  CHECK(Has(meaning(R"("bisect": {"axis": "one", "holds": "events > 1"})"), "has one value"));
}

TEST_CASE("sweep file: samples say how many, with a seed, and take the whole of a range") {
  const std::string axes = R"({"axes": [{"name": "n", "at": "/n", "values": [4, 7]},
                                        {"name": "x", "at": "/x", "from": 1, "to": 2}], )";
  CHECK(Candidates(Read((axes + R"("sample": {"random": 100, "seed": 3}})").c_str())) == 100);
  CHECK(Read((axes + R"("sample": {"latin_hypercube": 5, "seed": 3}})").c_str()).sampling ==
        Sampling::kLatinHypercube);
  CHECK(Has(Shape((axes + R"("sample": {"random": 100}})").c_str()), "/sample/seed: is missing"));
  CHECK(Has(Shape((axes + R"("sample": "all"})").c_str()), "/sample: want \"grid\", \"zip\""));
  CHECK(Has(Shape((axes + R"("sample": {"random": 1, "latin_hypercube": 1, "seed": 1}})").c_str()),
            "/sample: want either \"random\" or \"latin_hypercube\""));
  CHECK(Has(Meaning(R"({"sample": {"random": 1, "seed": 1}})"), "/axes: is missing"));
  CHECK(Has(Meaning(R"({"axes": [{"name": "x", "at": "/x", "from": 1, "to": 2, "count": 2}],
                        "sample": {"random": 1, "seed": 1}})"),
            "/axes/0/count: has no meaning where samples are drawn"));
}

TEST_CASE("sweep file: a zip wants axes of one length, and may repeat values") {
  CHECK(Has(Meaning(R"({"axes": [{"name": "x", "at": "/x", "values": [1, 2]},
                                 {"name": "y", "at": "/y", "values": [1, 2, 3]}],
                        "sample": "zip"})"),
            "/axes/1: a zip wants as many values as \"x\" has, 2, not 3"));
  Read(R"({"axes": [{"name": "x", "at": "/x", "values": [1, 1]},
                    {"name": "y", "at": "/y", "values": [1, 2]}], "sample": "zip"})");
}

TEST_CASE("sweep file: there is an end to points and runs") {
  const std::string ranges =
      R"({"axes": [{"name": "x", "at": "/x", "from": 1, "to": 100000, "count": 100000},
                   {"name": "y", "at": "/y", "from": 1, "to": COUNT, "count": COUNT}])";
  const auto with = [&](const std::string& count) {
    std::string text = ranges;
    for (std::size_t at; (at = text.find("COUNT")) != std::string::npos;)
      text.replace(at, 5, count);
    return text;
  };
  CHECK(Meaning((with("100") + "}").c_str()).empty());
  CHECK(Has(Meaning((with("101") + "}").c_str()), "/axes: want a grid of at most 10000000 points"));
  CHECK(Has(Meaning((with("100") + R"(, "seeds": 1000000000})").c_str()),
            "/seeds: want at most 1000000000 runs in all, which is 100 for each"));
}

TEST_CASE("sweep file: limits and expectations are read strictly") {
  CHECK(Has(Shape(R"({"limits": {"wall": "0s"}})"), "/limits/wall: want a time above zero"));
  CHECK(Has(Shape(R"({"limits": {"events": 0}})"), "/limits/events: want a whole number"));
  CHECK(Has(Shape(R"({"limits": {"wal": "1s"}})"), "did you mean \"wall\"?"));
  CHECK(Has(Shape(R"({"limits": {"memory": "0B"}})"), "/limits/memory: want a size above zero"));
  CHECK(Has(Shape(R"({"expect": [{"verdict": "fine"}]})"), "/expect/0/verdict: want one of"));
  CHECK(Has(Shape(R"({"expect": [{"verdict": []}]})"), "/expect/0/verdict: want one of"));
  CHECK(Has(Shape(R"({"expect": [{"when": "true"}]})"), "/expect/0: want either \"verdict\""));
  CHECK(Has(Shape(R"({"expect": [{"verdict": "holds", "that": "true"}]})"),
            "/expect/0: want either \"verdict\" or \"that\""));
}

TEST_CASE("sweep file: unknown and missing keys are refused") {
  CHECK(Has(Shape(R"({"axis": []})"), "/axis: unknown key; did you mean \"axes\"?"));
  CHECK(Has(Shape(R"({"set": {"run/for": 1}})"), "/set/run~1for: want a JSON pointer"));
  CHECK(Has(Shape(R"({"set": []})"), "/set: want an object"));
  CHECK(Has(Shape(R"({"lockstep_sweep": 2})"), "/lockstep_sweep: want"));
  CHECK(Has(Shape(R"({"why": ""})"), "/why: want a text"));
  CHECK(Has(Shape(R"({"scenario": {"name": "x"}})"), "/scenario: want the file of a scenario"));
  CHECK(Has(Meaning(R"({"scenario": "smoke/nobody.json"})"),
            "/scenario: scenarios/smoke/nobody.json: cannot be read"));
}

// --- Files ---

// A folder of a sweep, its base and a profile, for one test.
class Folder {
 public:
  Folder() : root_(folder_.File("scenarios")) {
    std::filesystem::create_directories(root_ / "sweeps");
    Write("base.json", R"({"lockstep": 1, "run": {"seed": 5}, "profile": "p.json",
                           "network": {"topology": "m.dot"}})");
    Write("p.json", R"({"name": "p"})");
    Write("q.json", R"({"name": "q"})");
    Write("m.dot", "graph {}");
    Write("sweeps/s.json",
          tests::SweepWith(
              {{"scenario", "base.json"},
               {"axes",
                {{{"name", "profile"}, {"at", "/profile"}, {"values", {"q.json", "none.json"}}}}}})
              .dump());
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name) << text;
  }
  std::string path() const { return (root_ / "sweeps/s.json").string(); }
  Sweep ReadIt() const {
    absl::StatusOr<Sweep> sweep = ReadSweep(path(), tests::Metrics());
    REQUIRE_MESSAGE(sweep.ok(), std::string(sweep.status().message()));
    return *std::move(sweep);
  }
  std::filesystem::path root() const { return root_; }

 private:
  tests::TemporaryFolder folder_;  // of its own: tests run beside each other
  std::filesystem::path root_;
};

TEST_CASE("sweep file: its document holds the base scenario and what it names") {
  const Folder folder;
  const Sweep sweep = folder.ReadIt();
  CHECK(sweep.base_path == (folder.root() / "base.json").string());
  CHECK(sweep.base["profile"] == "p.json");
  CHECK(sweep.seeds.first == 5);
  const json& scenario = sweep.document["scenario"];
  CHECK(scenario["path"] == "base.json");
  CHECK(scenario["document"] == sweep.base);
  CHECK(scenario["files"]["p.json"]["name"] == "p");
  CHECK(scenario["files"]["q.json"]["name"] == "q");
  CHECK(scenario["files"]["none.json"].is_null());
  CHECK(scenario["files"]["m.dot"]["bytes"] == 8);
  // Where it lies is none of its business.
  CHECK(sweep.document.dump().find(folder.root().string()) == std::string::npos);
}

TEST_CASE("sweep file: an edited base, profile or map makes another sweep") {
  const Folder folder;
  const json before = folder.ReadIt().document;
  CHECK(folder.ReadIt().document == before);
  for (const char* name : {"base.json", "p.json", "q.json"}) {
    std::string text = ReadTextFile((folder.root() / name).string()).value();
    folder.Write(name, text.substr(0, text.size() - 1) + R"(, "about": 1})");
    CHECK(folder.ReadIt().document != before);
    folder.Write(name, text);
    CHECK(folder.ReadIt().document == before);
  }
  folder.Write("m.dot", "graph{ }");
  CHECK(folder.ReadIt().document != before);
}

TEST_CASE("sweep file: its document is read back without any file") {
  json document;
  std::string path;
  {
    const Folder folder;
    document = json::parse(folder.ReadIt().document.dump());
    path = folder.path();
  }
  const absl::StatusOr<Sweep> again = ReadSweepDocument(document, path, tests::Metrics());
  REQUIRE_MESSAGE(again.ok(), std::string(again.status().message()));
  CHECK(again->document == document);
  CHECK(again->base["profile"] == "p.json");
  CHECK(again->axes[0].values.size() == 2);
  CHECK(again->seeds.first == 5);
}

TEST_CASE("sweep file: a missing one, one that is no JSON and one that is no object are refused") {
  CHECK(ReadSweep("nobody.json", {}).status().message().find("nobody.json: cannot be read") == 0);
  const Folder folder;
  folder.Write("sweeps/s.json", "{");
  CHECK_FALSE(ReadSweep(folder.path(), {}).ok());
  folder.Write("sweeps/s.json", "[]");
  CHECK(ReadSweep(folder.path(), {}).status().message() ==
        folder.path() + ": want an object, not an empty array");
}

TEST_CASE("numbers: text is as short as it may be, without an exponent") {
  CHECK(TextOf(0.0001) == "0.0001");
  CHECK(TextOf(1e15) == "1000000000000000");
  CHECK(TextOf(31.6) == "31.6");
  CHECK(JsonOf(3.0).dump() == "3");
  CHECK(RoundToDigits(0.0012345, 3) == 0.00123);
  CHECK(RoundToDecimals(1.23456, 2) == 1.23);
  CHECK(RatioTextOf(0.0316) == "[316, 10000]");
  CHECK(RatioTextOf(12) == "[12, 1]");
  CHECK(RatioTextOf(0) == "[0, 1]");
}

TEST_CASE("pointers: slashes in front, and tildes before 0 and 1 only") {
  CHECK(IsPointer("/a/0/b~1c~0"));
  CHECK(IsPointer("/"));
  CHECK_FALSE(IsPointer(""));
  CHECK_FALSE(IsPointer("a/b"));
  CHECK_FALSE(IsPointer("/a~2"));
  CHECK_FALSE(IsPointer("/a~"));
}

}  // namespace
}  // namespace lockstep::sweep
