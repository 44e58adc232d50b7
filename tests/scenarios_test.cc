// Every scenario in the tree is valid, runs, and gets the verdict that it states.
//
// Found, not listed: a scenario that is added is tested. Figures and sweeps run in a quick form;
// all their rows and points are compiled, since `lockstep figures` and `lockstep sweep` run them in
// full.

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "analysis/judge.h"
#include "analysis/recipe.h"
#include "protocols/parameters/parameters.h"
#include "sim/trace/json_lines.h"
#include "tests/support/json_schema.h"
#include "tests/support/process.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/figure.h"
#include "tools/lockstep/runner.h"
#include "tools/lockstep/sweep_plan.h"
#include "tools/lockstep/sweep_run.h"
#include "tools/sweep/engine.h"
#include "tools/sweep/findings.h"
#include "tools/sweep/plan.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

// The JSON files with this key at their top, in these folders of scenarios/, sorted.
std::vector<std::string> FilesWith(const char* key, const std::vector<std::string>& folders) {
  std::vector<std::string> files;
  for (const std::string& folder : folders) {
    const std::filesystem::path path = "scenarios/" + folder;
    if (!std::filesystem::exists(path)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.path().extension() != ".json") continue;
      const auto document = ReadJsonFile(entry.path().string());
      REQUIRE_MESSAGE(document.ok(), std::string(document.status().message()));
      if (document->contains(key)) files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> Scenarios() {
  return FilesWith("lockstep", {"smoke", "faults", "regressions", "figures", "sweeps"});
}

// What a scenario of a figure is changed to, so that it takes a second at most. It heals in the
// middle, as a run does that says nothing of it.
std::vector<sim::Override> QuickForm(const std::string& path) {
  if (path.find("/figures/") == std::string::npos) return {};
  return {{"/run/for", "1s"}, {"/run/warmup", "200ms"}, {"/phases", "{}"}};
}

cli::Prepared PreparedFrom(const std::string& path, const std::vector<sim::Override>& overrides) {
  auto prepared = cli::Prepare(path, overrides);
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  return *std::move(prepared);
}

// What the oracles say that is not "holds", for whoever reads a failure.
std::string Objections(const json& summary) {
  std::string text = summary["verdict"].get<std::string>();
  for (const json& oracle : summary["oracles"]) {
    if (oracle["verdict"] != "holds") text += "\n  " + oracle.dump();
  }
  return text;
}

json JudgedFromTrace(const std::string& path) {
  auto reader = trace::TraceReader::Open(path);
  REQUIRE(reader.ok());
  const auto recipe = analysis::ReadRecipe(reader->recipe());
  REQUIRE_MESSAGE(recipe.ok(), std::string(recipe.status().message()));
  analysis::Judge judge(*recipe);
  const auto footer = reader->Replay({&judge});
  REQUIRE_MESSAGE(footer.ok(), std::string(footer.status().message()));
  return judge.Summary();
}

void CheckPointsCompile(const cli::Planned& planned) {
  const sweep::Sweep& sweep = *planned.sweep;
  for (std::uint64_t point = 0; point < planned.plan.points(); ++point) {
    CAPTURE(sweep::Describe(planned.plan.At(point)));
    const sweep::Job job = sweep::MakeJob(planned.plan, point * sweep.seeds.count);
    const auto prepared = cli::PrepareDocument(sweep.base, sweep.base_path, job.changes);
    CHECK_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  }
}

}  // namespace

TEST_CASE("scenarios: there are some of each protocol's smallest runs") {
  CHECK(FilesWith("lockstep", {"smoke"}).size() >= 2);
  CHECK_FALSE(FilesWith("lockstep_figure", {"figures"}).empty());
}

TEST_CASE("scenarios: each is valid as it stands") {
  for (const std::string& path : Scenarios()) {
    CAPTURE(path);
    const cli::Prepared prepared = PreparedFrom(path, {});
    CHECK_FALSE(prepared.scenario.name.empty());
    CHECK_FALSE(prepared.scenario.why.empty());
  }
}

TEST_CASE("scenarios: each gets the verdict that it states, live and from its trace") {
  for (const std::string& path : Scenarios()) {
    CAPTURE(path);
    const TemporaryFolder folder;
    const cli::Prepared prepared = PreparedFrom(path, QuickForm(path));
    const auto result = cli::Run(prepared, {folder.File("trace"), false, false});
    REQUIRE_MESSAGE(result.ok(), std::string(result.status().message()));
    INFO(Objections(result->summary));
    CHECK(cli::CodeOf(result->verdict, result->is_as_expected) == cli::kAsExpected);
    // Oracles that were not exercised have proved nothing, unless that is what it shows.
    if (prepared.scenario.expect.verdict != "not exercised") {
      CHECK(result->verdict != analysis::Verdict::kNotExercised);
    }
    for (const json& stream : result->summary["streams"]) {
      const bool has_delivered = stream["as_delivered"]["messages_per_s"] > 0;
      CHECK(stream.contains("latency") == has_delivered);
    }
    // Only the tool knows these.
    json live = result->summary;
    for (const char* key :
         {"name", "scenario", "seed", "digest", "events", "interrupted", "speed", "trace"}) {
      CHECK(live.erase(key) == 1);
    }
    json read = JudgedFromTrace(folder.File("trace"));
    // What a default trace does not hold, it cannot tell.
    const json abridged = read.value("abridged", json::array());
    read.erase("abridged");
    for (json& row : read["oracles"]) {
      const bool is_abridged = std::ranges::find(abridged, row["oracle"]) != abridged.end();
      if (is_abridged && row["verdict"] == "unknown") row["verdict"] = "holds";
    }
    const bool is_same = live == read;
    CHECK_MESSAGE(is_same, json::diff(live, read).dump(1));
  }
}

TEST_CASE("scenarios: each has a name of its own") {
  std::set<std::string> names;
  for (const std::string& path : Scenarios()) {
    CAPTURE(path);
    CHECK(names.insert(PreparedFrom(path, {}).scenario.name).second);
  }
}

TEST_CASE("figures: every row compiles, and says what it is compared with") {
  for (const std::string& path : FilesWith("lockstep_figure", {"figures"})) {
    CAPTURE(path);
    const auto figure = cli::ReadFigure(path);
    REQUIRE_MESSAGE(figure.ok(), std::string(figure.status().message()));
    CHECK(figure->rows.size() + figure->panels.size() > 0);
    std::set<std::string> labels;
    for (const cli::FigureRow& row : figure->rows) {
      CAPTURE(row.label);
      CHECK(labels.insert(row.label).second);
      PreparedFrom(row.scenario, row.overrides);
      for (const double value : row.published) CHECK(value > 0);
    }
  }
}

TEST_CASE("figures: every point of a panel compiles, in full and quick, and some are compared") {
  for (const std::string& path : FilesWith("lockstep_figure", {"figures"})) {
    CAPTURE(path);
    for (const bool is_quick : {false, true}) {
      cli::FigureOptions options;
      options.is_quick = is_quick;
      options.has_all = !is_quick;
      const auto figure = cli::ReadFigure(path, options);
      REQUIRE_MESSAGE(figure.ok(), std::string(figure.status().message()));
      bool is_compared = figure->panels.empty();
      for (const cli::Panel& panel : figure->panels) {
        CAPTURE(panel.name);
        is_compared |= !panel.reference.empty();
        if (panel.planned) CheckPointsCompile(*panel.planned);
      }
      CHECK(is_compared);
    }
  }
}

TEST_CASE("sweeps: each is one by the schema, and every point of it compiles") {
  const std::vector<std::string> sweeps = FilesWith("lockstep_sweep", {"sweeps"});
  CHECK(sweeps.size() >= 3);
  for (const std::string& path : sweeps) {
    CAPTURE(path);
    const absl::Status shape = tests::CheckSweepSchema(*ReadJsonFile(path), path);
    CHECK_MESSAGE(shape.ok(), std::string(shape.message()));
    const auto planned = cli::PlanOf(path);
    REQUIRE_MESSAGE(planned.ok(), std::string(planned.status().message()));
    CheckPointsCompile(*planned);
  }
}

TEST_CASE("sweeps: some runs of each, spread over its points, get the verdict that it states") {
  constexpr std::uint64_t kTried = 6;
  for (const std::string& path : FilesWith("lockstep_sweep", {"sweeps"})) {
    CAPTURE(path);
    const auto planned = cli::PlanOf(path);
    REQUIRE(planned.ok());
    const sweep::Plan& plan = planned->plan;
    const sweep::RunOne run_one = cli::RunnerOf(*planned->sweep);
    for (std::uint64_t i = 0; i < kTried; ++i) {
      const std::uint64_t run = plan.runs_max() / kTried * i;
      const sweep::Job job = sweep::MakeJob(plan, run);
      CAPTURE(sweep::Describe(plan.At(job.point)));
      const analysis::RunRow row = run_one(job);
      CHECK_MESSAGE(row.outcome == analysis::Outcome::kJudged, row.error);
      CAPTURE(row.verdict);
      CHECK(sweep::IsAsExpected(plan.sweep(), plan.At(job.point), row));
    }
  }
}

}  // namespace lockstep::tests
