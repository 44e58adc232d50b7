// What the runs of a scenario come to, as a regression test.

#include "tools/lockstep/regression.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;
using cli::Fate;
using cli::JudgedRun;
using cli::Objection;
using cli::SeedKind;

const Objection kUnsafe{"X", "a", false, "", 5, "two values"};
const Objection kStuck{"L", "a->b", true, "stuck", 9, "nothing came"};

JudgedRun JudgedAs(Verdict verdict, std::vector<Objection> objections = {}) {
  JudgedRun run;
  run.verdict = verdict;
  run.objections = std::move(objections);
  run.digest = "d";
  run.events = 100;
  return run;
}

// A scenario that expects this, with the runs of its named seed, of that again, and of a fresh one.
cli::Regression With(Verdict expected, const std::string& oracle, const JudgedRun& named,
                     const JudgedRun& fresh) {
  cli::Regression regression;
  regression.path = "s.json";
  regression.expect = {expected, oracle};
  regression.runs = {{1, SeedKind::kNamed, true, named, 0.1},
                     {1, SeedKind::kAgain, true, named, 0.1},
                     {7, SeedKind::kFresh, true, fresh, 0.1}};
  for (cli::RegressionRun& run : regression.runs)
    run.judged.is_as_expected =
        run.judged.verdict == expected &&
        (oracle.empty() || std::ranges::any_of(run.judged.objections, [&](const Objection& each) {
           return each.oracle == oracle;
         }));
  return regression;
}

Fate FateOfFresh(const cli::Regression& regression) {
  return cli::FateOf(regression, regression.runs[2]);
}

}  // namespace

TEST_CASE("regression: safety, progress and what shows nothing are told apart") {
  const auto fate = [](const JudgedRun& run) {
    const cli::Regression regression = With(Verdict::kHolds, "", run, JudgedAs(Verdict::kHolds));
    CHECK(cli::FateOf(regression) == cli::FateOf(regression, regression.runs[0]));
    return cli::FateOf(regression);
  };
  CHECK(fate(JudgedAs(Verdict::kHolds)) == Fate::kPassed);
  CHECK(fate(JudgedAs(Verdict::kViolated, {kStuck})) == Fate::kLiveness);
  CHECK(fate(JudgedAs(Verdict::kViolated, {kStuck, kUnsafe})) == Fate::kSafety);
  CHECK(fate(JudgedAs(Verdict::kUnknown)) == Fate::kUnknown);
  CHECK(fate(JudgedAs(Verdict::kNotExercised)) == Fate::kNotExercised);
  CHECK(fate(JudgedAs(Verdict::kNotJudged)) == Fate::kNotExercised);
  JudgedRun standing = JudgedAs(Verdict::kHolds);
  standing.failure = "a0 makes no progress in simulated time";
  CHECK(fate(standing) == Fate::kLiveness);
  JudgedRun unsafe = JudgedAs(Verdict::kViolated, {kUnsafe});
  unsafe.failure = standing.failure;
  CHECK(fate(unsafe) == Fate::kSafety);
  JudgedRun crashed;
  crashed.error = "killed by SIGSEGV";
  CHECK(fate(crashed) == Fate::kHarness);
}

TEST_CASE("regression: a violation that is expected passes, and nothing else in its place") {
  const JudgedRun stuck = JudgedAs(Verdict::kViolated, {kStuck});
  CHECK(cli::FateOf(With(Verdict::kViolated, "L", stuck, stuck)) == Fate::kPassed);
  const JudgedRun holds = JudgedAs(Verdict::kHolds);
  const cli::Regression held = With(Verdict::kViolated, "L", holds, holds);
  CHECK(cli::FateOf(held) == Fate::kHeld);
  CHECK(cli::TextOf(held, held.runs[0]) == "holds, but expected: violated by L");
  const JudgedRun unsafe = JudgedAs(Verdict::kViolated, {kUnsafe});
  CHECK(cli::FateOf(With(Verdict::kViolated, "L", unsafe, holds)) == Fate::kSafety);
}

TEST_CASE("regression: fresh seeds may hold, show nothing, or violate what is expected") {
  const JudgedRun holds = JudgedAs(Verdict::kHolds);
  const JudgedRun stuck = JudgedAs(Verdict::kViolated, {kStuck});
  const JudgedRun both = JudgedAs(Verdict::kViolated, {kUnsafe, kStuck});
  CHECK(FateOfFresh(With(Verdict::kHolds, "", holds, stuck)) == Fate::kLiveness);
  CHECK(FateOfFresh(With(Verdict::kViolated, "L", stuck, holds)) == Fate::kPassed);
  CHECK(FateOfFresh(With(Verdict::kViolated, "L", stuck, stuck)) == Fate::kPassed);
  // That L objects as well is no excuse for X; that X objects to the named seed, too, is one.
  CHECK(FateOfFresh(With(Verdict::kViolated, "L", stuck, both)) == Fate::kSafety);
  CHECK(FateOfFresh(With(Verdict::kViolated, "L", both, both)) == Fate::kPassed);
  CHECK(FateOfFresh(With(Verdict::kNotJudged, "", JudgedAs(Verdict::kNotJudged),
                         JudgedAs(Verdict::kNotJudged))) == Fate::kPassed);
  for (const Verdict verdict : {Verdict::kUnknown, Verdict::kNotExercised}) {
    const cli::Regression idle = With(Verdict::kHolds, "", holds, JudgedAs(verdict));
    CHECK(FateOfFresh(idle) != Fate::kPassed);
    CHECK(cli::FateOf(idle) == Fate::kPassed);
  }
}

TEST_CASE("regression: two different runs of one seed are nondeterminism, whatever they show") {
  const JudgedRun holds = JudgedAs(Verdict::kHolds);
  const auto fate = [&](const JudgedRun& again) {
    cli::Regression regression = With(Verdict::kHolds, "", holds, holds);
    regression.runs[1].judged = again;
    return cli::FateOf(regression);
  };
  JudgedRun again = holds;
  again.is_as_expected = true;
  CHECK(fate(again) == Fate::kPassed);
  again.digest = "e";
  CHECK(fate(again) == Fate::kNondeterministic);
  again = holds;
  ++again.events;
  CHECK(fate(again) == Fate::kNondeterministic);
  again = holds;
  again.objections = {kStuck};  // Of the same events: then a checker is not deterministic.
  CHECK(fate(again) == Fate::kNondeterministic);
  again.error = "killed by SIGKILL";
  CHECK(fate(again) == Fate::kHarness);
}

TEST_CASE("regression: the exit code is that of the gravest, and each has its own") {
  const std::vector<std::pair<Fate, int>> codes = {
      {Fate::kSafety, 3},       {Fate::kNondeterministic, 13},
      {Fate::kHarness, 8},      {Fate::kLiveness, 12},
      {Fate::kHeld, 6},         {Fate::kUnknown, 5},
      {Fate::kNotExercised, 4}, {Fate::kNotRun, 7},
      {Fate::kPassed, 0}};
  for (const auto& [fate, code] : codes) CHECK(cli::CodeOf(fate) == code);
  for (std::size_t i = 1; i < codes.size(); ++i) CHECK(codes[i - 1].first < codes[i].first);
  // A run that was interrupted before is no pass.
  const JudgedRun holds = JudgedAs(Verdict::kHolds);
  cli::Regression cut = With(Verdict::kHolds, "", holds, holds);
  cut.runs[2].is_done = false;
  CHECK(cli::FateOf(cut) == Fate::kNotRun);
}

TEST_CASE("regression: a run is read as its worker wrote it") {
  JudgedRun run = JudgedAs(Verdict::kViolated, {kUnsafe, kStuck});
  run.doubts = {"W: not exercised"};
  run.failure = "stands";
  run.is_as_expected = true;
  CHECK(cli::DecodeJudgedRun(cli::Encode(run)) == run);
  CHECK(cli::DecodeJudgedRun(cli::Encode(JudgedRun())) == JudgedRun());
  CHECK(kStuck.Name() == "L of a->b (stuck)");
  CHECK(kUnsafe.Name() == "X of a");
}

}  // namespace lockstep::tests
