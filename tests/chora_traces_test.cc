// What a default trace holds of lock-step rounds, and that `check` concludes from it, from a trace
// with detail and in the run itself the same, as far as each can know.
//
// Chora-R, a reconstruction; the paper's body was not available.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analysis/judge.h"
#include "sim/trace/json_lines.h"
#include "sim/world.h"
#include "tests/support/process.h"
#include "tests/support/small_world.h"
#include "tests/support/text.h"
#include "tools/fuzz/chora_draw.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/runner.h"
#include "tools/lockstep/trace_tap.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;
using Overrides = std::vector<sim::Override>;

const std::string kSmokeFile = "scenarios/smoke/chora.json";

cli::Prepared PreparedOf(const std::string& path, const Overrides& overrides) {
  auto prepared = cli::Prepare(path, overrides);
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  return *std::move(prepared);
}

// What a judge says of a trace, as `check` asks it.
json Checked(const std::string& path) {
  auto reader = trace::TraceReader::Open(path);
  REQUIRE(reader.ok());
  const auto recipe = analysis::ReadRecipe(reader->recipe());
  REQUIRE(recipe.ok());
  analysis::Judge judge(*recipe);
  const auto footer = reader->Replay({&judge});
  REQUIRE_MESSAGE(footer.ok(), std::string(footer.status().message()));
  return judge.Summary();
}

// The row of oracle B, which is taken out of the summary.
json TakeRounds(json& summary) {
  json& rows = summary["oracles"];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i]["oracle"] != "B") continue;
    json row = rows[i];
    rows.erase(i);
    return row;
  }
  return {};
}

// What of a summary is the run's, however it came to be known.
json Conclusions(const json& summary) {
  json kept;
  for (const char* key : {"verdict", "as_expected", "end_ps", "is_complete", "oracles", "receipts",
                          "drops", "hosts", "clients"})
    if (summary.contains(key)) kept[key] = summary[key];
  return kept;
}

// That a run, its trace with detail and its default trace tell the same; how many pairs of receiver
// and batch there were.
std::uint64_t CheckAgreement(const cli::Prepared& prepared, cli::RunOptions options = {}) {
  const TemporaryFolder folder;
  options.trace_path = folder.File("brief");
  const auto run = cli::Run(prepared, options);
  REQUIRE(run.ok());
  options.trace_path = folder.File("detail");
  options.has_detail = true;
  REQUIRE(cli::Run(prepared, options).ok());

  json live = run->summary;
  json detail = Checked(folder.File("detail"));
  json brief = Checked(folder.File("brief"));
  CHECK(Conclusions(detail) == Conclusions(live));
  CHECK_FALSE(detail.contains("abridged"));
  CHECK(brief["abridged"] == json({"B"}));
  const json live_rounds = TakeRounds(live);
  json brief_rounds = TakeRounds(brief);
  const auto pairs = live_rounds["counts"]["round_pairs"].get<std::uint64_t>();
  CHECK(live_rounds["verdict"] == (pairs > 0 ? "holds" : "not exercised"));
  CHECK(brief_rounds["verdict"] == (pairs > 0 ? "unknown" : "not exercised"));
  brief_rounds["verdict"] = live_rounds["verdict"];
  CHECK(brief_rounds == live_rounds);
  CHECK(Conclusions(brief) == Conclusions(live));
  return pairs;
}

void CheckAgreement(const std::string& scenario, const Overrides& overrides) {
  CAPTURE(scenario);
  CHECK(CheckAgreement(PreparedOf(scenario, overrides)) > 100);
}

std::vector<std::string> LinesOf(const std::string& path) {
  std::vector<std::string> lines;
  const std::string text = ReadText(path);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::size_t CountOf(const std::vector<std::string>& lines, const std::string& part) {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(),
                    [&](const std::string& line) { return line.find(part) != std::string::npos; }));
}

// The lines again, as a trace that says nothing of what was written.
std::string Unsigned(std::vector<std::string> lines) {
  lines.back() = R"({"footer":{}})";
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

Overrides Lossy() { return {{"/run/for", "2ms"}, {"/profile/wire/loss/value", "[1,100]"}}; }

}  // namespace

TEST_CASE("default trace: of rounds it tells what the run and a trace with detail tell") {
  CheckAgreement(kSmokeFile, {{"/run/for", "3ms"}});
  CheckAgreement(kSmokeFile, Lossy());
  // Rounds that are too short, three at a time, on noisy cores: most of them are late.
  CheckAgreement(kSmokeFile, {{"/run/for", "2ms"},
                              {"/clusters/0/stack/0/round_length", "1500ns"},
                              {"/profile/noise/use", "plain"}});
  CheckAgreement(kSmokeFile, {{"/run/for", "2ms"},
                              {"/clusters/0/size", "5"},
                              {"/clusters/0/budget/u", "2"},
                              {"/clusters/0/stack/0/depth", "2"},
                              {"/clusters/0/stack/0/clock", "self"}});
}

TEST_CASE("default trace: so it does where replicas crash, pause, rejoin or lose messages") {
  // Their beginnings; what is cut short is told as well.
  cli::RunOptions options;
  options.simulated_max = core::Duration::Microseconds(2'500);
  for (const char* name : {"crash", "pause-50us", "messages", "mid-broadcast", "rejoin"}) {
    CAPTURE(name);
    const std::string path = std::string("scenarios/faults/chora-") + name + ".json";
    CHECK(CheckAgreement(PreparedOf(path, {}), options) > 1'000);
  }
}

TEST_CASE("default trace: so it does of clusters and troubles that were drawn, and cut short") {
  cli::RunOptions options;
  options.simulated_max = core::Duration::Microseconds(400);
  std::uint64_t pairs = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const auto prepared = cli::PrepareDocument(fuzz::DrawChora(seed).scenario, "drawn.json", {});
    REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
    pairs += CheckAgreement(*prepared, options);
  }
  CHECK(pairs > 5'000);
}

TEST_CASE("default trace: what is in time is not in it, and it is part of the one with detail") {
  const TemporaryFolder folder;
  for (const char* name : {"brief", "detail"}) {
    cli::RunOptions options;
    options.trace_path = folder.File(name);
    options.has_detail = std::string(name) == "detail";
    REQUIRE(cli::Run(PreparedOf(kSmokeFile, Lossy()), options).ok());
  }
  std::vector<std::string> brief = LinesOf(folder.File("brief"));
  std::vector<std::string> detail = LinesOf(folder.File("detail"));
  CHECK(CountOf(brief, R"("k":"proposes.arrived")") == 0);
  CHECK(CountOf(brief, R"("note":"round")") == 0);
  CHECK(CountOf(brief, R"("note":"round_complete")") <= 6 * 3);
  CHECK(CountOf(detail, R"("note":"round")") > 3'000);
  CHECK(CountOf(brief, R"("k":"missed")") > 50);
  CHECK(CountOf(brief, R"("note":"round_violations")") > 50);
  // Once, at the end.
  CHECK(CountOf(brief, R"("k":"tally")") == CountOf(detail, R"("k":"tally")"));
  CHECK(CountOf(brief, R"("k":"spans")") >= 2);
  // The recipes differ, and the footers.
  brief = {brief.begin() + 1, brief.end() - 1};
  detail = {detail.begin() + 1, detail.end() - 1};
  std::size_t found = 0;
  for (const std::string& line : detail)
    if (found < brief.size() && line == brief[found]) ++found;
  CHECK(found == brief.size());
}

TEST_CASE("default trace: `check` and `rounds` say what it does not hold, and nothing is wrong") {
  const TemporaryFolder folder;
  const std::string path = folder.File("brief");
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"run", kSmokeFile, "--set", "/run/for=2ms", "--trace"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    CHECK(Lockstep(arguments).exit_code == cli::kAsExpected);
  };
  run({path});
  const Finished checked = Lockstep({"check", path});
  CHECK(checked.exit_code == cli::kAsExpected);
  Has(checked.out, "without what this trace does not hold, of B");
  const auto lines = [](const std::string& text, const std::string& begin) {
    const std::size_t at = text.find(begin);
    return at == std::string::npos ? std::string() : text.substr(at, text.find('\n', at) - at);
  };
  Has(lines(checked.out, "  B "), "unknown");
  Has(lines(checked.out, "  V "), "holds");
  const Finished rounds = Lockstep({"rounds", path});
  CHECK(rounds.exit_code == cli::kAsExpected);
  Has(rounds.out, "in time by less than 93 ns");
  run({folder.File("detail"), "--detail"});
  const auto rounds_of = [&](const std::string& file) {
    json told = json::parse(Lockstep({"rounds", file, "--json"}).out, nullptr, false);
    CHECK(told["is_abridged"] == (file == path));
    told.erase("is_abridged");
    return told;
  };
  CHECK(rounds_of(path) == rounds_of(folder.File("detail")));
}

TEST_CASE("default trace: a replica that says one violation less, or one more, is refused") {
  const cli::Prepared prepared = PreparedOf(kSmokeFile, Lossy());
  Recorder recorder;
  sim::World world(prepared.scenario, *prepared.program, {&recorder});
  world.Run(prepared.scenario.end, ~std::uint64_t{0});
  world.Finish(/*is_cut=*/false);

  // What of these events a run concludes, and what its default trace is judged to be.
  const auto ask = [&](const std::vector<trace::Event>& events) {
    const TemporaryFolder folder;
    analysis::Judge judge(prepared.recipe);
    json first = cli::FirstLine(prepared);
    first["abridged"] = judge.Abridged();
    auto writer = trace::JsonLinesWriter::Open(folder.File("t"), first, {});
    REQUIRE(writer.ok());
    cli::TraceTap tap(**writer, judge, /*has_detail=*/false);
    for (const trace::Event& event : events) {
      if (judge.Wants().Has(event)) judge.OnEvent(event);
      if (tap.Wants().Has(event)) tap.OnEvent(event);
    }
    judge.Finish();
    tap.Finish();
    json live = judge.Summary();
    json read = Checked(folder.File("t"));
    return std::pair(TakeRounds(live), TakeRounds(read));
  };
  CHECK(ask(recorder.events).second["verdict"] == "unknown");
  const core::NoteKind kind("round_violations");
  std::vector<std::size_t> said;
  for (std::size_t i = 0; i < recorder.events.size(); ++i)
    if (recorder.events[i].Is(kind)) said.push_back(i);
  REQUIRE(said.size() > 10);
  const auto check_refused = [&](const std::vector<trace::Event>& events) {
    const auto [live, read] = ask(events);
    CHECK(live["verdict"] == "violated");
    CHECK(read == live);
  };
  const std::size_t one = said[said.size() / 2];
  std::vector<trace::Event> fewer = recorder.events;
  fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(one));
  check_refused(fewer);
  std::vector<trace::Event> more = recorder.events;
  const std::size_t other = *std::find_if(said.begin(), said.end(), [&](std::size_t i) {
    return (more[i].detail & (more[i].detail - 1)) == 0;
  });
  more[other].detail = 0b111 & ~(std::uint64_t{1} << more[other].node.value());
  check_refused(more);
  // It votes on a round after one that it leaves out.
  std::vector<trace::Event> gap = recorder.events;
  const auto round =
      std::find_if(gap.begin() + static_cast<std::ptrdiff_t>(gap.size() / 2), gap.end(),
                   [](const trace::Event& event) { return event.Is(core::NoteKind("round")); });
  REQUIRE(round != gap.end());
  round->value += 1;
  const auto [live, read] = ask(gap);
  CHECK(live["verdict"] == "violated");
  CHECK(read["verdict"] == "violated");
  CHECK(read["violations"] == live["violations"]);
}

TEST_CASE("default trace: what was late is needed, and what a replica said of it") {
  const TemporaryFolder folder;
  cli::RunOptions options;
  options.trace_path = folder.File("brief");
  REQUIRE(cli::Run(PreparedOf(kSmokeFile, Lossy()), options).ok());
  const std::vector<std::string> lines = LinesOf(options.trace_path);
  const auto without = [&](const std::string& part) {
    std::vector<std::string> fewer = lines;
    fewer.erase(std::find_if(fewer.begin(), fewer.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    }));
    return fewer;
  };
  // The checksum finds that a line is missing; without one, a report that is missing is found.
  std::string text;
  for (const std::string& line : without(R"("k":"missed")")) text += line + "\n";
  const Finished refused = Lockstep({"check", folder.Write("cut", text)});
  CHECK(refused.exit_code == cli::kBadInput);
  Has(refused.err, "changed or damaged");
  const Finished silent = Lockstep(
      {"check", folder.Write("silent", Unsigned(without(R"("note":"round_violations")")))});
  CHECK(silent.exit_code == cli::kViolated);
  Has(silent.out, "does not report that it had not handled");
  CHECK(Lockstep({"check", folder.Write("whole", Unsigned(lines))}).exit_code == cli::kAsExpected);
}

}  // namespace lockstep::tests
