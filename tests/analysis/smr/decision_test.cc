// The oracles of every protocol that notes decisions: what is right is accepted, what is not is
// refused, and what a protocol does not note is not judged.

#include "analysis/smr/decision.h"

#include <cstdint>
#include <string>

#include "analysis/judge.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;
using core::NoteKind;

// Three replicas of one cluster, which promise the oracles of decisions.
analysis::Recipe Deciders(bool is_promised = true) {
  analysis::Recipe recipe;
  recipe.clusters = {{"a", A(0), 3, 1, 0}};
  for (const char* oracle : {"GX", "GY", "GC"})
    if (is_promised) recipe.promises.push_back({oracle, {analysis::Scope::Kind::kCluster, 0}});
  recipe.run_for = core::Duration::Seconds(3);
  return recipe;
}

class Decisions {
 public:
  explicit Decisions(bool is_promised = true) : story(Deciders(is_promised)) {}
  Decisions& Note(NoteKind kind, std::uint32_t replica, const core::Run& run, std::uint64_t digest,
                  std::uint64_t detail = 0) {
    trace::Event event;
    event.kind = trace::EventKind::kNote;
    event.note = kind;
    event.node = event.peer = A(replica);
    event.SetRun(run);
    event.digest = digest;
    event.detail = detail;
    story.Raw(event);
    return *this;
  }
  Decisions& Decides(std::uint32_t replica, std::uint64_t what, std::uint64_t digest,
                     std::uint64_t number = 0) {
    return Note(core::kDecided, replica, {what, 1, 1}, digest, number);
  }
  Decisions& Commits(std::uint32_t replica, std::uint64_t index, std::uint64_t count,
                     std::uint64_t digest) {
    return Note(NoteKind::kCommitted, replica, {index, count, 1}, digest);
  }
  Decisions& Proposes(std::uint32_t replica, std::uint64_t what, std::uint64_t digest) {
    return Note(core::kProposed, replica, {what, 1, 1}, digest);
  }
  Decisions& Restarts(std::uint32_t replica) {
    story.Restart(A(replica));
    return *this;
  }
  nlohmann::json Summary() {
    analysis::Judge judge(story.recipe());
    Story(story).AtMs(3000).End().Tell(judge);
    return judge.Summary();
  }

  Story story;
};

}  // namespace

TEST_CASE("decisions: replicas that decide the same, in any order, are accepted") {
  Decisions same;
  for (const std::uint64_t what : {9U, 3U, 7U}) same.Proposes(0, what, 10 + what);
  same.Decides(0, 9, 19).Decides(0, 3, 13).Decides(1, 3, 13).Decides(2, 9, 19).Decides(1, 9, 19);
  same.Decides(0, 7, 0);  // Nothing is to be done, which nobody has to propose.
  for (const char* oracle : {"GX", "GY", "GC"}) CHECK(same.story.Ask(oracle) == Verdict::kHolds);
}

TEST_CASE("decisions: they are not exercised by nobody, or by one alone") {
  Decisions none;
  for (const char* oracle : {"GX", "GY", "GC"})
    CHECK(none.story.Ask(oracle) == Verdict::kNotExercised);
  none.Decides(1, 3, 13);
  CHECK(none.story.Ask("GX") == Verdict::kNotExercised);
  CHECK(none.story.Ask("GY") == Verdict::kNotExercised);  // Nobody notes proposals.
  CHECK(none.story.Ask("GC") == Verdict::kHolds);
}

TEST_CASE("decisions: another outcome is refused, of somebody else or in another life") {
  Decisions other;
  other.Decides(0, 3, 13).Decides(1, 3, 14);
  CHECK(other.story.FirstFinding("GX") == "a1 decides 3 otherwise than a0");
  // The outcome as a number counts.
  CHECK(Decisions().Decides(0, 3, 0, 1).Decides(2, 3, 0, 0).story.Ask("GX") == Verdict::kViolated);
  Decisions again;
  again.Decides(0, 3, 13).Restarts(0).Decides(0, 3, 14);
  CHECK(again.story.FirstFinding("GX") == "a0 decides 3 otherwise than it did before");
  CHECK(again.story.Ask("GC") == Verdict::kHolds);
  // A log, whose `detail` says something else; where it is cut otherwise it is not compared.
  Decisions log;
  log.Commits(0, 0, 1, 5).Commits(1, 0, 2, 6).Note(NoteKind::kCommitted, 2, {0, 1, 1}, 5, 1);
  CHECK(log.story.Ask("GX") == Verdict::kHolds);
  log.Commits(1, 2, 1, 7).Commits(2, 2, 1, 8);
  CHECK(log.story.FirstFinding("GX") == "a2 commits index 2 otherwise than a1");
  // Decisions and indices are not the same thing.
  CHECK(Decisions().Decides(0, 3, 13).Commits(1, 3, 1, 14).story.Ask("GX") ==
        Verdict::kNotExercised);
}

TEST_CASE("decisions: who lies is not judged, who only crashed is") {
  Decisions liar;
  liar.story.Faulty(A(2), 2);
  liar.Decides(0, 3, 13).Decides(2, 3, 14).Decides(1, 3, 13);
  CHECK(liar.story.Ask("GX") == Verdict::kHolds);
  Decisions crashed;
  crashed.story.Faulty(A(2), 1);
  crashed.Decides(0, 3, 13).Decides(2, 3, 14);
  CHECK(crashed.story.Ask("GX") == Verdict::kViolated);
}

TEST_CASE("decisions: a second time in one life is refused") {
  Decisions twice;
  twice.Decides(0, 3, 13).Decides(0, 5, 15).Decides(0, 4, 14).Restarts(0).Decides(0, 4, 14);
  CHECK(twice.story.Ask("GC") == Verdict::kHolds);
  twice.Decides(0, 4, 14);
  CHECK(twice.story.FirstFinding("GC") == "a0 decides 4 a second time");
  Decisions log;
  log.Commits(1, 0, 3, 5).Commits(1, 3, 3, 6);
  CHECK(log.story.Ask("GC") == Verdict::kHolds);
  log.Commits(1, 5, 2, 7);
  CHECK(log.story.FirstFinding("GC") == "a1 commits indices 5 to 6 a second time");
}

TEST_CASE("decisions: what nobody has proposed is refused, as soon as proposals are noted") {
  Decisions made_up;
  made_up.Decides(0, 2, 12).Proposes(0, 3, 13).Proposes(1, 3, 14).Decides(1, 3, 14);
  CHECK(made_up.story.Ask("GY") == Verdict::kHolds);
  CHECK(Decisions(made_up).Decides(1, 3, 15).story.FirstFinding("GY") ==
        "a1 decides 3, where something else was proposed");
  CHECK(Decisions(made_up).Decides(1, 4, 14).story.FirstFinding("GY") ==
        "a1 decides 4, and nothing was proposed there");
}

TEST_CASE("decisions: of those long past nothing can be told, and no memory is kept") {
  Decisions many;
  for (std::uint64_t i = 0; i <= analysis::kDecisionsKept; ++i)
    many.Proposes(0, 2 * i, 1).Decides(0, 2 * i, 1).Decides(1, 2 * i, 1);
  CHECK(many.story.Ask("GX") == Verdict::kHolds);
  CHECK(many.story.Ask("GY") == Verdict::kHolds);
  many.Decides(2, 0, 7);
  CHECK(many.story.Ask("GX") == Verdict::kUnknown);
  CHECK(many.story.Ask("GY") == Verdict::kUnknown);
}

TEST_CASE(
    "judge: decisions are judged where nobody promises anything, and only where there are any") {
  Decisions none(/*is_promised=*/false);
  nlohmann::json summary = none.Summary();
  CHECK(summary["verdict"] == "not judged");
  CHECK(summary["oracles"].size() == 1);  // W
  none.Decides(0, 3, 13).Decides(1, 3, 13);
  summary = none.Summary();
  CHECK(summary["verdict"] == "holds");
  CHECK(summary["oracles"].size() == 3);  // Nobody notes proposals.
  none.Decides(2, 3, 14);
  CHECK(none.Summary()["verdict"] == "violated");
}

TEST_CASE("judge: who promises agreement of a log is not judged by that of decisions") {
  analysis::Recipe recipe = Deciders(/*is_promised=*/false);
  for (const char* oracle : {"X", "GC"})
    recipe.promises.push_back({oracle, {analysis::Scope::Kind::kCluster, 0}});
  analysis::Judge judge(recipe);
  std::string letters;
  for (const auto& checker : judge.checkers()) letters.append(checker->oracle()).append(" ");
  CHECK(letters == "X GC GY ");
}

}  // namespace lockstep::tests
