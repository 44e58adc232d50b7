// Figures that have panels: what they read, compare, print and refuse.

#include "tools/lockstep/panel.h"

#include <filesystem>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/figure.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

// A ring of three whose links lose all or nothing, or a message in five: what a run drops is known
// where it is none.
json SmallFigure() {
  const json sweep = {
      {"lockstep_sweep", 1},
      {"name", "rings"},
      {"why", "Tests."},
      {"scenario", std::filesystem::absolute("scenarios/smoke/pingpong.json").string()},
      {"set", {{"/run/for", "20ms"}}},
      {"axes",
       {{{"name", "loss"}, {"at", "/network/intra/loss"}, {"values", {{0, 1}, {1, 5}, {1, 2}}}},
        {{"name", "delay"}, {"at", "/network/intra/delay"}, {"values", {"25us", "250us"}}}}},
      {"seeds", {{"first", 1}, {"count", 2}}}};
  return {{"lockstep_figure", 1},
          {"title", "rings that lose"},
          {"note", "Nobody has published this."},
          {"reference", "reference.json"},
          {"panels",
           {{{"name", "lost"},
             {"title", "rings of three"},
             {"x_title", "loss"},
             {"y_title", "messages lost"},
             {"sweep", sweep},
             {"quick", {{"seeds", 1}, {"where", {"loss < 0.3"}}}},
             {"x", "loss"},
             {"y", "dropped / 2"},
             {"by", {"delay"}},
             {"reference", "/lost"},
             {"within", 2}}}}};
}

// The figure with its reference beside it; its path.
std::string WriteFigure(const TemporaryFolder& folder, const json& figure) {
  folder.Write("reference.json",
               R"({"lost": {"series": {"25us": [[0, 0], [0.2, 1e6]], "nobody": [[0, 1]]}}})");
  return folder.Write("figure.json", figure.dump());
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines = {""};
  for (const char c : text)
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back() += c;
  return lines;
}

std::string WhyRefused(const json& figure) {
  const TemporaryFolder folder;
  const auto read = cli::ReadFigure(WriteFigure(folder, figure));
  return read.ok() ? "" : std::string(read.status().message());
}

}  // namespace

TEST_CASE("panel: points are means over the seeds, by line, next to their reference") {
  const TemporaryFolder folder;
  const auto figure = cli::ReadFigure(WriteFigure(folder, SmallFigure()));
  REQUIRE_MESSAGE(figure.ok(), std::string(figure.status().message()));
  REQUIRE(figure->panels.size() == 1);
  // Rows as two seeds at point 2 (loss 0.2, delay 25us) would leave them.
  std::vector<analysis::RunRow> rows(2);
  rows[0].point = rows[1].point = 2;
  rows[0].metrics["dropped"] = 4;
  rows[1].metrics["dropped"] = 8;
  const auto points = cli::PointsOf(figure->panels[0], rows);
  REQUIRE(points.size() == 1);
  CHECK(points[0].line == "25us");
  CHECK(points[0].x == doctest::Approx(0.2));
  CHECK(points[0].y == doctest::Approx(3));
  CHECK(points[0].reference == 1e6);
  CHECK(points[0].is_outside);
  // Twice the reference is within a factor of 2, and a bit more is not.
  rows[1].metrics["dropped"] = 8e6 - 4;
  CHECK_FALSE(cli::PointsOf(figure->panels[0], rows)[0].is_outside);
  rows[1].metrics["dropped"] = 8e6 + 4;
  CHECK(cli::PointsOf(figure->panels[0], rows)[0].is_outside);
  // Where there should be nothing, anything is outside.
  rows[0].point = rows[1].point = 0;
  CHECK(cli::PointsOf(figure->panels[0], rows)[0].is_outside);
  rows[0].metrics["dropped"] = rows[1].metrics["dropped"] = 0;
  CHECK_FALSE(cli::PointsOf(figure->panels[0], rows)[0].is_outside);
}

TEST_CASE("panel: quantiles are points of their own, at the share that each is of") {
  const TemporaryFolder folder;
  json wanted = SmallFigure();
  json& panel = wanted["panels"][0];
  panel.erase("x");
  panel.erase("y");
  panel["by"] = {"loss"};
  panel["quantiles"] = {{0.5, "latency_p50_us"}, {0.99, "latency_p99_us"}};
  const auto figure = cli::ReadFigure(WriteFigure(folder, wanted));
  REQUIRE_MESSAGE(figure.ok(), std::string(figure.status().message()));
  analysis::RunRow row;
  row.metrics = {{"latency_p50_us", 3}, {"latency_p99_us", 7}};
  const auto points = cli::PointsOf(figure->panels[0], {row});
  REQUIRE(points.size() == 2);
  CHECK(points[0].line == "loss = 0");
  CHECK(points[0].x == 0.5);
  CHECK(points[1].x == 0.99);
  CHECK(points[1].y == 7);
}

TEST_CASE("panel: the table has a row for each x, a column for each line, and stars") {
  const TemporaryFolder folder;
  const std::string path = WriteFigure(folder, SmallFigure());
  const Finished quick = Lockstep({"figures", path, "--quick"});
  REQUIRE_MESSAGE(quick.exit_code == cli::kAsExpected, quick.err);
  const std::vector<std::string> lines = LinesOf(quick.out);
  REQUIRE(lines.size() > 7);
  CHECK(lines[0] == "rings that lose");
  CHECK(lines[2] == "rings of three: messages lost");
  Has(lines[4], "loss");
  Has(lines[4], "25us");
  Has(lines[4], "250us");
  Has(lines[5], "0 (0)");
  Has(lines[6], "(1.00 M)*");
  Has(quick.out, "Of 2 numbers with a reference (in parentheses), 1 are within a factor of 2;");
  Has(quick.out, "  4 runs, each with the verdict that is expected of it.\n");
  Has(quick.out, "Nobody has published this.\n");
  // In full it has the third loss, and two seeds.
  Has(Lockstep({"figures", path}).out, "  12 runs, each with");
}

TEST_CASE("panel: CSV and JSON hold each point, and JSON can be plotted") {
  const TemporaryFolder folder;
  const std::string path = WriteFigure(folder, SmallFigure());
  const Finished csv = Lockstep({"figures", path, "--quick", "--csv"});
  Has(csv.out,
      "panel,line,x,y,spread,reference,ratio,verdict,seed,digest,complaint_rule\n"
      "lost,25us,0,0,,0,,not judged,1,");
  Has(csv.out, "\nlost,25us,0.2,2,,1e+06,2e-06,not judged,1,");
  const Finished run = Lockstep({"figures", path, "--quick", "--json"});
  const json document = json::parse(run.out, nullptr, false);
  REQUIRE(document.is_object());
  const json& panel = document["panels"][0];
  CHECK(panel["points"].size() == 4);
  CHECK(panel["runs"].size() == 4);
  CHECK(panel["runs"][0]["verdict"] == "not judged");
  const std::string result = folder.Write("result.json", run.out);
  CHECK(Lockstep({"plot", "figure", result, "--csv"}).out == csv.out);
  const json spec = json::parse(Lockstep({"plot", "figure", result, "--spec"}).out, nullptr, false);
  REQUIRE(spec.is_object());
  CHECK(spec["hconcat"][0]["data"]["name"] == "part0.rows");
  CHECK(spec["datasets"]["part0.rows"].size() == 4);
}

TEST_CASE("panel: a run that is refused is told beside CSV and JSON, too") {
  const TemporaryFolder folder;
  json figure = SmallFigure();
  figure["panels"][0]["sweep"]["set"]["/clusters/0/nobody"] = 1;
  const std::string path = WriteFigure(folder, figure);
  const std::string told = "/clusters/0/nobody: unknown key";
  const Finished csv = Lockstep({"figures", path, "--quick", "--csv"});
  CHECK(csv.exit_code == cli::kRunsFailed);
  Has(csv.err, "lost\n  not as expected:\n");
  Has(csv.err, told);
  const Finished as_json = Lockstep({"figures", path, "--quick", "--json"});
  Has(as_json.err, told);
  const json document = json::parse(as_json.out, nullptr, false);
  REQUIRE(document.is_object());
  Has(document["panels"][0]["runs"][0]["error"], told);
  CHECK(Lockstep({"figures", path, "--quick"}).err.find(told) == std::string::npos);
}

TEST_CASE("panel: a point has its spread over the seeds, what else is measured, and its verdict") {
  const TemporaryFolder folder;
  json wanted = SmallFigure();
  wanted["panels"][0]["also"] = {"dropped", "latency_p50_us"};
  const auto figure = cli::ReadFigure(WriteFigure(folder, wanted));
  REQUIRE_MESSAGE(figure.ok(), std::string(figure.status().message()));
  std::vector<analysis::RunRow> rows(2);
  for (analysis::RunRow& row : rows) {
    row.point = 2;
    row.outcome = analysis::Outcome::kJudged;
    row.verdict = "holds";
    row.is_as_expected = true;
    row.seed = 7;
  }
  rows[0].metrics["dropped"] = 4;
  rows[1].metrics["dropped"] = 8;
  auto points = cli::PointsOf(figure->panels[0], rows);
  REQUIRE(points.size() == 1);
  CHECK(*points[0].spread == doctest::Approx(1.0 / 3));
  CHECK(points[0].also == std::vector<std::optional<double>>{6.0, std::nullopt});
  CHECK(points[0].verdict == "holds");
  CHECK(points[0].seed == 7);
  // One seed has no spread; and the run that is not as expected is the one that is shown.
  rows[1].is_as_expected = false;
  rows[1].verdict = "violated";
  rows[1].seed = 8;
  points = cli::PointsOf(figure->panels[0], rows);
  CHECK(points[0].verdict == "violated");
  CHECK(points[0].seed == 8);
  rows.pop_back();
  CHECK_FALSE(cli::PointsOf(figure->panels[0], rows)[0].spread);
}

TEST_CASE("panel: a point says by what rule it resends, and one that resends nothing says none") {
  const TemporaryFolder folder;
  json figure = SmallFigure();
  json& panel = figure["panels"][0];
  panel["sweep"]["scenario"] = std::filesystem::absolute("scenarios/smoke/picsou.json").string();
  const json adapting = {{"c3b", "picsou"}, {"phi", 64}, {"noop_delay", "5ms"}};
  json every = adapting;
  every["repeat_interval"] = "0ms";
  json theirs = adapting;
  theirs["rule"] = "artifact";
  const auto labelled = [](const char* label, const json& layer) {
    return json{{"label", label}, {"set", {{"/clusters/0/stack/1", layer}}}};
  };
  panel["sweep"]["axes"] = {
      {{"name", "loss"}, {"at", "/run/for"}, {"values", {"1s"}}},
      {{"name", "delay"},
       {"values",
        {labelled("adapting", adapting), labelled("every", every), labelled("theirs", theirs),
         labelled("one-shot", {{"c3b", "one-shot"}})}}}};
  panel.erase("reference");
  panel.erase("quick");
  panel.erase("within");
  const auto read = cli::ReadFigure(WriteFigure(folder, figure));
  REQUIRE_MESSAGE(read.ok(), std::string(read.status().message()));
  std::vector<analysis::RunRow> rows(4);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].point = i;
    rows[i].metrics["dropped"] = 1;
  }
  const auto points = cli::PointsOf(read->panels[0], rows);
  REQUIRE(points.size() == 4);
  CHECK(points[0].complaint_rule == "paper, repeats from 20ms on");
  CHECK(points[1].complaint_rule == "paper, every repeat");
  CHECK(points[2].complaint_rule == "artifact, every repeat");
  CHECK(points[3].complaint_rule.empty());
}

TEST_CASE("panel: of references that contradict each other the nearest counts, by ratio") {
  const TemporaryFolder folder;
  json wanted = SmallFigure();
  wanted["panels"][0].erase("within");
  wanted["panels"][0]["reference"] = {
      "/lost", {{"line", "25us"}, {"x", 0.2}, {"at", "/lost/series/nobody/0/1"}}};
  const auto figure = cli::ReadFigure(WriteFigure(folder, wanted));
  REQUIRE_MESSAGE(figure.ok(), std::string(figure.status().message()));
  std::vector<analysis::RunRow> rows(1);
  rows[0].point = 2;
  rows[0].metrics["dropped"] = 2.2;
  auto points = cli::PointsOf(figure->panels[0], rows);
  CHECK(points[0].reference == 1.0);
  CHECK(cli::Distance(points) == "median 10.0 %, worst 10.0 % (25us at 0.2)");
  rows[0].metrics["dropped"] = 1e6;
  CHECK(cli::PointsOf(figure->panels[0], rows)[0].reference == 1e6);
}

TEST_CASE("panel: quanta are apportioned by Hamilton's method, and one message off is wrong") {
  const TemporaryFolder folder;
  json figure = SmallFigure();
  figure["panels"] =
      json::array({{{"name", "shares"},
                    {"title", "shares"},
                    {"x_title", "replica"},
                    {"y_title", "messages"},
                    {"quanta", {{{"line", "three"}, {"stake", {97U, 1U, 2U}}, {"messages", 10U}}}},
                    {"reference", "/shares"}}});
  const auto compute = [&](const char* reference) {
    const std::string path = folder.Write("figure.json", figure.dump());
    folder.Write("reference.json", reference);
    return Lockstep({"figures", path, "--csv"});
  };
  const Finished right = compute(R"({"shares": {"series": {"three": [[0, 10], [1, 0], [2, 0]]}}})");
  CHECK(right.exit_code == cli::kAsExpected);
  CHECK(LinesOf(right.out)[1] == R"(shares,three,0,10,,10,1,holds,0,"","")");
  const Finished wrong = compute(R"({"shares": {"series": {"three": [[0, 9], [1, 1], [2, 0]]}}})");
  CHECK(wrong.exit_code == cli::kViolated);
  CHECK(LinesOf(wrong.out)[1] == R"(shares,three,0,10,,9,1.1111111111111112,violated,0,"","")");
  CHECK(LinesOf(wrong.out)[3] == R"(shares,three,2,0,,0,,holds,0,"","")");
}

TEST_CASE("panel: what is above a bound has a star, and what is below is no distance") {
  const TemporaryFolder folder;
  json bounded = SmallFigure();
  bounded["panels"][0].erase("within");
  bounded["panels"][0]["reference_is_bound"] = true;
  const std::string path = WriteFigure(folder, bounded);
  const auto figure = cli::ReadFigure(path);
  REQUIRE_MESSAGE(figure.ok(), std::string(figure.status().message()));
  std::vector<analysis::RunRow> rows(1);
  rows[0].point = 2;
  rows[0].metrics["dropped"] = 1e6;
  auto points = cli::PointsOf(figure->panels[0], rows);
  CHECK_FALSE(points[0].is_outside);
  Has(cli::ToTable(figure->panels[0], points),
      "Of 1 numbers with a bound (in parentheses), 1 are within it.");
  rows[0].metrics["dropped"] = 2e6 + 2;
  points = cli::PointsOf(figure->panels[0], rows);
  CHECK(points[0].is_outside);
  Has(cli::ToTable(figure->panels[0], points), "0 are within it; the others have a star");
}

TEST_CASE("rows: runs are kept with --out, and the same command goes on with them") {
  const TemporaryFolder folder;
  const std::string ring = std::filesystem::absolute("scenarios/smoke/pingpong.json").string();
  json figure = {{"lockstep_figure", 1},
                 {"title", "rings"},
                 {"unit", "messages"},
                 {"seeds", 2U},
                 {"reference", "reference.json"},
                 {"rows",
                  {{{"label", "one"}, {"scenario", ring}, {"set", {{"/run/for", "20ms"}}}},
                   {{"label", "lossy"},
                    {"scenario", ring},
                    {"set", {{"/run/for", "20ms"}, {"/network/intra/loss", {1U, 2U}}}}}}}};
  const std::string path = WriteFigure(folder, figure);
  const std::string out = folder.File("kept");
  const Finished first = Lockstep({"figures", path, "--json", "--out", out});
  REQUIRE_MESSAGE(first.exit_code == cli::kAsExpected, first.err);
  CHECK(std::filesystem::exists(out + "/pingpong.sqlite"));
  const json rows = json::parse(first.out);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1]["label"] == "lossy");
  CHECK(rows[1]["runs"].size() == 2);
  CHECK(rows[0]["runs"][0]["metrics"]["dropped"] < rows[1]["runs"][0]["metrics"]["dropped"]);
  CHECK(rows[1]["runs"][1]["seed"].get<int>() == rows[1]["runs"][0]["seed"].get<int>() + 1);
  CHECK(Lockstep({"figures", path, "--json", "--out", out}).out == first.out);
  // What has other settings is another figure, and does not go on with these.
  figure["rows"][0]["set"]["/run/for"] = "21ms";
  WriteFigure(folder, figure);
  CHECK(Lockstep({"figures", path, "--out", out}).exit_code == cli::kBadInput);
  figure["rows"][0]["set"] = {{"/run/fro", "21ms"}};
  WriteFigure(folder, figure);
  Has(Lockstep({"figures", path}).err, "row \"one\"");
}

TEST_CASE("panel: it is made at the points that it says, unless others are asked for") {
  const TemporaryFolder folder;
  json wanted = SmallFigure();
  wanted["panels"][0]["points"] = {{"delay", {"25us"}}};
  const std::string path = WriteFigure(folder, wanted);
  const auto count = [&](const cli::FigureOptions& options) {
    const auto figure = cli::ReadFigure(path, options);
    REQUIRE_MESSAGE(figure.ok(), std::string(figure.status().message()));
    return figure->panels[0].planned->plan.runs_max();
  };
  CHECK(count({}) == 3 * 2);
  cli::FigureOptions options;
  options.seeds = 5;
  CHECK(count(options) == 3 * 5);
  options.points["loss"] = {"0", "0.5"};
  CHECK(count(options) == 2 * 5);
  options.points["delay"] = {"25us", "250us"};
  CHECK(count(options) == 2 * 2 * 5);
  options = {};
  options.has_all = true;
  CHECK(count(options) == 3 * 2 * 2);
  const auto why = [&](const std::vector<std::string>& flags) {
    std::vector<std::string> arguments = {"figures", path};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Finished run = Lockstep(arguments);
    CHECK(run.exit_code == cli::kBadInput);
    return run.err;
  };
  Has(why({"--points", "loss=0.25"}), "--points: loss has no value 0.25; it has 0, 0.2, 0.5");
  Has(why({"--points", "length=3"}),
      "--points length: no figure has such an axis; there are delay, loss");
  Has(why({"--points", "loss"}), "--points loss: want AXIS=VALUE,VALUE,..., such as n=4,7, or all");
  Has(why({"--figure", "7i"}), "--figure 7i: there is none; there are lost");
}

TEST_CASE("panel: with a folder its runs are kept, and gone on with") {
  const TemporaryFolder folder;
  const std::string path = WriteFigure(folder, SmallFigure());
  const std::string out = folder.File("kept");
  const Finished first = Lockstep({"figures", path, "--quick", "--out", out});
  REQUIRE_MESSAGE(first.exit_code == cli::kAsExpected, first.err);
  Has(Lockstep({"results", out + "/lost.sqlite"}).out, "4");
  Has(ReadText(out + "/lost.csv"), "panel,line,x,y,");
  const json kept = json::parse(ReadText(out + "/lost.json"), nullptr, false);
  CHECK(kept["panels"][0]["points"].size() == 4);
  CHECK(Lockstep({"plot", out + "/lost.json", "--spec"}).exit_code == cli::kAsExpected);
  const Finished again = Lockstep({"figures", path, "--quick", "--out", out});
  CHECK(again.out == first.out);
  // Another sweep is not put in its place.
  const Finished other = Lockstep({"figures", path, "--out", out});
  CHECK(other.exit_code == cli::kBadInput);
  Has(other.err, "lost.sqlite: holds another sweep");
}

TEST_CASE("panel: quantiles are drawn as the share that lies above each") {
  const TemporaryFolder folder;
  const std::string result = folder.Write("result.json", R"({"panels": [{"name": "q", "title": "t",
      "kind": "quantiles", "x_title": "share", "y_title": "us", "log_y": false,
      "points": [{"line": "a", "x": 0.99, "y": 3.5}, {"line": "a", "x": 1, "y": 4}]}]})");
  const json spec = json::parse(Lockstep({"plot", "figure", result, "--spec"}).out, nullptr, false);
  REQUIRE(spec.is_object());
  CHECK(spec["hconcat"][0]["encoding"]["y"]["title"] == "share above");
  CHECK(spec["hconcat"][0]["transform"][1]["calculate"] == "1 - datum.x");
}

TEST_CASE("panel: a run that does not end as expected sets the exit code, and is named") {
  const TemporaryFolder folder;
  json figure = SmallFigure();
  figure["panels"][0]["changes"] = {{"expect", {{{"verdict", "violated"}}}}};
  const Finished run = Lockstep({"figures", WriteFigure(folder, figure), "--quick"});
  CHECK(run.exit_code == cli::kNotExercised);
  Has(run.out, "  not as expected:\n  loss=0 delay=25us, seed 1: not judged\n");
}

TEST_CASE("panel: what cannot be read is refused with its place") {
  json figure = SmallFigure();
  figure["panels"][0]["y"] = "dropt / 2";
  Has(WhyRefused(figure), "/panels/0/y: no metric is called \"dropt\"");
  figure = SmallFigure();
  figure["panels"][0]["x"] = "length";
  Has(WhyRefused(figure), "/panels/0/x: want parameters of the sweep: loss, delay");
  figure = SmallFigure();
  figure["panels"][0]["by"] = {"n"};
  Has(WhyRefused(figure), "/panels/0/by: want parameters of the sweep");
  figure = SmallFigure();
  figure["panels"][0]["reference"] = "/found";
  Has(WhyRefused(figure), "/panels/0/reference: want a JSON pointer to an object with \"series\"");
  figure = SmallFigure();
  figure["panels"][0]["within"] = 1;
  Has(WhyRefused(figure), "/panels/0/within: want a factor above 1");
  figure = SmallFigure();
  figure["panels"][0].erase("y");
  Has(WhyRefused(figure), "/panels/0/y: is missing; want a formula");
  figure = SmallFigure();
  figure["panels"][0]["sweep"] = "nobody.json";
  Has(WhyRefused(figure), "nobody.json: cannot be read");
  figure = SmallFigure();
  figure["panels"][0]["changes"] = {{"seeds", 0}};
  Has(WhyRefused(figure), "figure.json: /panels/0/sweep: ");
  figure = SmallFigure();
  figure["panels"][0]["sweeps"] = 1;
  Has(WhyRefused(figure), "sweeps");
}

}  // namespace lockstep::tests
