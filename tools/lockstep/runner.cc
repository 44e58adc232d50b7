// From scenario to summary: see runner.h.

#include "tools/lockstep/runner.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"

#include "analysis/judge.h"
#include "protocols/parameters/parameters.h"
#include "sim/fault/engine/views.h"
#include "sim/scenario/name_search.h"
#include "sim/trace/digest.h"
#include "sim/trace/json_lines.h"
#include "sim/world.h"
#include "tools/lockstep/fault_names.h"
#include "tools/lockstep/file_kind.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/memory.h"
#include "tools/lockstep/progress.h"
#include "tools/lockstep/standstill.h"
#include "tools/lockstep/trace_tap.h"
#include "tools/lockstep/version.h"

namespace lockstep::cli {
namespace {

// Steps of a world between two looks at the keyboard: few, since the first ones of a large world
// start a node each, of many megabytes.
constexpr std::uint64_t kSlice = 64;
// Slices between two looks at the terminal, and at whether time goes on.
constexpr std::uint64_t kSlicesSeldom = 256;

constexpr absl::int128 kFurthest = std::numeric_limits<std::int64_t>::max();

// How far a monotonic clock may be ahead by the end, or gain on time before that, at most: what its
// profile allows it to drift, and what faults do to it. One that was moved back by an offset jumps
// ahead when that ends.
core::Duration ClockAhead(const sim::Scenario& scenario) {
  constexpr std::int64_t kBillion = 1'000'000'000;
  const auto drifted = [](core::Duration time, std::int64_t ppb) {
    return core::Duration::Picoseconds(time.ps() / kBillion * ppb);
  };
  core::Duration ahead =
      drifted(scenario.end - core::Instant(), scenario.profile.clocks.monotonic.drift_ppb_max);
  // Of all hosts together, which may be more than any clock can show.
  const auto add = [&](core::Duration by) {
    ahead += std::min(by, core::Instant::Max() - (core::Instant() + ahead));
  };
  for (const sim::Fault& fault : scenario.faults)
    for (const sim::ClockMove& move : fault.body->Moves(fault, scenario.end))
      if (move.clock == core::Clock::kMonotonic && move.forth > 0)
        add(core::Duration::Picoseconds(static_cast<std::int64_t>(
            std::min(move.forth * fault.BeginsBy(scenario.end), kFurthest))));
  return ahead;
}

analysis::Stream StreamOf(const StreamInfo& info, core::ContentKind contents,
                          core::Duration clock_ahead) {
  analysis::Stream stream;
  stream.stream = info.stream;
  stream.from = info.from;
  stream.to = info.to;
  stream.content.kind = contents;
  stream.content.generator = info.generator;
  stream.content.message_bytes = info.message_bytes;
  if (info.rate_per_s > 0) stream.content.rate = info.rate_per_s;
  if (info.messages > 0) stream.content.messages = info.messages;
  stream.content.clock_ahead = clock_ahead;
  stream.is_for_all = info.is_for_all;
  const auto published = analysis::PublishedNamed(info.throughput);
  CHECK(published.has_value());
  stream.throughput = *published;
  return stream;
}

absl::StatusOr<analysis::Expected> ExpectedOf(const sim::Expectation& expect) {
  analysis::Expected expected;
  const auto verdict = analysis::VerdictNamed(expect.verdict);
  if (!verdict) return absl::InternalError(absl::StrCat("no verdict ", expect.verdict));
  expected.verdict = *verdict;
  expected.oracle = expect.oracle;
  return expected;
}

// What the protocols promise, what the scenario expects of streams beside it, and that a
// scenario keeps within its concurrent budgets.
absl::StatusOr<std::vector<analysis::Promise>> PromisesOf(const sim::Scenario& scenario,
                                                          const CatalogProgram& program) {
  std::vector<analysis::Promise> promises;
  for (const Promise& made : program.promises()) {
    const auto scope = analysis::ReadScope(made.scope);
    if (!scope) return absl::InternalError(absl::StrCat("no scope of ", made.oracle));
    promises.push_back({made.oracle, *scope, made.parameters});
    const sim::Expectation& expect = scenario.expect;
    if (made.oracle == "R2" && expect.premature_resends)
      promises.push_back({"R3", *scope, {{"allowed", *expect.premature_resends}}});
    if (made.oracle == "Q" && expect.kept_most)
      promises.push_back({"M", *scope, {{"limit", *expect.kept_most}}});
    if (made.oracle == "I" && expect.throughput_floor)
      promises.push_back({"T", *scope, {{"floor_per_s", *expect.throughput_floor}}});
  }
  for (std::uint32_t c = 0; c < scenario.clusters.size(); ++c) {
    if (!scenario.is_concurrent[c] || scenario.is_negative_control) continue;
    promises.push_back({"CB", {analysis::Scope::Kind::kCluster, c}, nlohmann::json::object()});
  }
  return promises;
}

// The views that its faults announce, of each of its clusters.
std::vector<analysis::AnnouncedView> AnnouncedIn(const sim::Scenario& scenario) {
  std::vector<analysis::AnnouncedView> views;
  for (const sim::AnnouncedView& announced : sim::ViewsOf(scenario)) {
    analysis::AnnouncedView view{announced.view.number, announced.at, scenario.clusters};
    for (core::Cluster& cluster : view.clusters)
      if (!cluster.is_client) cluster = announced.view.Of(cluster).value_or(cluster);
    views.push_back(std::move(view));
  }
  return views;
}

absl::StatusOr<analysis::Recipe> RecipeOf(const sim::Scenario& scenario,
                                          const CatalogProgram& program) {
  analysis::Recipe recipe;
  recipe.seed = scenario.seed;
  recipe.clusters = scenario.clusters;
  for (const StreamInfo& stream : program.streams())
    recipe.streams.push_back(StreamOf(stream, scenario.contents, ClockAhead(scenario)));
  absl::StatusOr<std::vector<analysis::Promise>> promises = PromisesOf(scenario, program);
  if (!promises.ok()) return promises.status();
  recipe.promises = *std::move(promises);
  recipe.run_for = scenario.end - core::Instant();
  recipe.warmup = scenario.warmup;
  recipe.heal = scenario.heal;
  recipe.settle = scenario.settle;
  for (const sim::Fault& fault : scenario.faults) {
    recipe.faults.push_back({fault.id, std::string(fault.kind->name), fault.expect_effect});
  }
  recipe.views = AnnouncedIn(scenario);
  absl::StatusOr<analysis::Expected> expected = ExpectedOf(scenario.expect);
  if (!expected.ok()) return expected.status();
  recipe.expect = *std::move(expected);
  for (const core::NoteSpec& note : program.Notes()) recipe.notes.emplace_back(note.name);
  return recipe;
}

// Says at the end of a trace what the run came to; finishes before the writer does.
class Footer : public trace::Sink {
 public:
  Footer(trace::JsonLinesWriter& writer, const trace::Digest& digest, const analysis::Judge& judge)
      : writer_(writer), digest_(digest), judge_(judge) {}
  trace::Interest Wants() const override { return {}; }
  void OnEvent(const trace::Event&) override {}
  void Finish() override {
    writer_.SetFooter({{"digest", digest_.Hex()},
                       {"events", digest_.events()},
                       {"verdict", analysis::Name(judge_.verdict())}});
  }

 private:
  trace::JsonLinesWriter& writer_;
  const trace::Digest& digest_;
  const analysis::Judge& judge_;
};

std::size_t HostsOf(const std::vector<core::Cluster>& clusters) {
  std::size_t hosts = 0;
  for (const core::Cluster& cluster : clusters) hosts += cluster.size;
  return hosts;
}

// Where it is stuck, `standing` is whose node is.
RunEnding RunWorld(sim::World& world, core::Instant end, const trace::Digest& digest,
                   const RunOptions& options, Standstill& standstill,
                   std::optional<core::NodeId>& standing) {
  const std::unique_ptr<Progress> progress =
      options.shows_progress ? std::make_unique<Progress>(end) : nullptr;
  core::Instant until = end;
  if (options.simulated_max) until = std::min(end, core::Instant() + *options.simulated_max);
  const auto is_too_long = [&] {
    return options.events_max && digest.events() > *options.events_max;
  };
  for (std::uint64_t slice = 1; world.Run(until, kSlice); ++slice) {
    if (IsInterrupted()) return RunEnding::kInterrupted;
    if (slice % kSlicesSeldom != 0) continue;
    standing = standstill.Find();
    if (standing) return RunEnding::kStuck;
    if (is_too_long()) return RunEnding::kEventsMax;
    if (progress != nullptr) progress->Show(world.now(), world.steps());
  }
  if (is_too_long()) return RunEnding::kEventsMax;
  return until < end ? RunEnding::kSimulatedMax : RunEnding::kComplete;
}

}  // namespace

absl::StatusOr<Prepared> Prepare(const std::string& given,
                                 const std::vector<sim::Override>& overrides,
                                 const Additions& own) {
  const std::string path = sim::FindGiven(given);
  absl::StatusOr<nlohmann::json> document = ReadJsonFile(path);
  if (!document.ok()) return document.status();
  if (absl::Status kind = CheckKind(*document, "lockstep", path); !kind.ok()) return kind;
  return PrepareDocument(*std::move(document), path, overrides, own);
}

absl::StatusOr<Prepared> PrepareDocument(nlohmann::json document, const std::string& path,
                                         const std::vector<sim::Override>& overrides,
                                         const Additions& own) {
  absl::StatusOr<sim::Scenario> scenario =
      sim::ReadScenarioDocument(std::move(document), path, overrides);
  if (!scenario.ok()) return scenario.status();
  CatalogInput input;
  input.clusters = scenario->clusters;
  input.stacks = scenario->stacks;
  input.pointers = scenario->stack_pointers;
  input.file = path;
  input.send_buffer = scenario->network.send_buffer;
  input.is_concurrent = scenario->is_concurrent;
  input.more_protocols = own.protocols;
  absl::StatusOr<std::unique_ptr<CatalogProgram>> program = CatalogProgram::Compile(input);
  if (!program.ok()) return program.status();
  if (absl::Status names = CheckFaultNames(*scenario, **program); !names.ok()) return names;
  for (const std::string& remark : (*program)->remarks()) scenario->remarks.push_back(remark);
  absl::StatusOr<analysis::Recipe> recipe = RecipeOf(*scenario, **program);
  if (!recipe.ok()) return recipe.status();
  return Prepared{*std::move(scenario), *std::move(program), *std::move(recipe), own};
}

std::vector<std::string> SummaryKeys() {
  return {"abridged",     "as_expected", "clients", "digest", "drops",       "end_ps",
          "events",       "expected",    "failure", "hosts",  "interrupted", "hosts_measured_ps",
          "measured_for", "is_complete", "name",    "notes",  "oracles",     "receipts",
          "remarks",      "scenario",    "seed",    "speed",  "streams",     "trace",
          "verdict",      "warmup_ps"};
}

nlohmann::json FirstLine(const Prepared& prepared) {
  nlohmann::json line = analysis::ToJson(prepared.recipe);
  line["notes"] = prepared.recipe.notes;  // None is said, too.
  line["scenario"] = prepared.scenario.document;
  line["path"] = prepared.scenario.path;
  line["revision"] = RevisionOf(prepared.own);
  line["toolchain"] = Toolchain();
  return line;
}

absl::StatusOr<RunResult> Run(const Prepared& prepared, const RunOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  trace::Digest digest;
  if (absl::Status status = analysis::CheckPromises(prepared.recipe, prepared.own.oracles);
      !status.ok()) {
    return status;
  }
  analysis::Judge judge(prepared.recipe, prepared.own.oracles);
  std::vector<trace::Sink*> sinks = {&digest, &judge};
  std::unique_ptr<trace::JsonLinesWriter> writer;
  std::unique_ptr<Footer> footer;
  std::unique_ptr<TraceTap> tap;
  if (!options.trace_path.empty()) {
    nlohmann::json first = FirstLine(prepared);
    if (const auto abridged = judge.Abridged(); !options.has_detail && !abridged.empty())
      first["abridged"] = abridged;
    auto opened = trace::JsonLinesWriter::Open(options.trace_path, first, {});
    if (!opened.ok()) return opened.status();
    writer = *std::move(opened);
    tap = std::make_unique<TraceTap>(*writer, judge, options.has_detail);
    footer = std::make_unique<Footer>(*writer, digest, judge);
    sinks.push_back(footer.get());
    sinks.push_back(tap.get());
  }
  sinks.insert(sinks.end(), options.listeners.begin(), options.listeners.end());
  sim::World world(prepared.scenario, *prepared.program, sinks);
  RunResult result;
  Standstill standstill(world, HostsOf(prepared.scenario.clusters), options.calls_at_once_max);
  std::optional<core::NodeId> standing;
  result.ending = RunWorld(world, prepared.scenario.end, digest, options, standstill, standing);
  world.Finish(result.ending != RunEnding::kComplete);
  if (writer != nullptr && !writer->status().ok()) return writer->status();

  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - started;
  result.summary = judge.Summary();
  result.summary["name"] = prepared.scenario.name;
  result.summary["scenario"] = prepared.scenario.path;
  result.summary["seed"] = prepared.scenario.seed;
  result.summary["digest"] = digest.Hex();
  result.summary["events"] = digest.events();
  result.summary["interrupted"] = result.is_interrupted();
  result.summary["speed"] = {{"wall_s", wall.count()},
                             {"steps", world.steps()},
                             {"simulated_s", static_cast<double>(world.now().ps()) / 1e12}};
  if (const auto peak = PeakKilobytes()) result.summary["speed"]["memory_kb"] = *peak;
  if (writer != nullptr) {
    result.summary["trace"] = {
        {"path", options.trace_path}, {"lines", writer->lines()}, {"bytes", writer->bytes()}};
  }
  result.verdict = judge.verdict();
  result.is_as_expected = judge.IsAsExpected();
  if (result.ending == RunEnding::kStuck) {
    result.failure = absl::StrCat(sim::HostName(prepared.scenario.clusters, *standing),
                                  " makes no progress in simulated time: called more than ",
                                  options.calls_at_once_max, " times at ",
                                  FormatDuration(world.now() - core::Instant()));
    result.summary["failure"] = result.failure;
    result.summary["as_expected"] = result.is_as_expected = false;
  }
  return result;
}

}  // namespace lockstep::cli
