// Agreement, order and equal states of a replicated log: what is right is accepted, and what is not
// is refused.

#include <cstdint>
#include <string>

#include "analysis/smr/recent.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

// Three replicas of one cluster, which promise what is judged here.
analysis::Recipe OneCluster() {
  analysis::Recipe recipe;
  recipe.clusters = {{"a", A(0), 3, 1, 0}};
  for (const char* oracle : {"X", "O", "H"})
    recipe.promises.push_back({oracle, {analysis::Scope::Kind::kCluster, 0}});
  recipe.run_for = core::Duration::Seconds(3);
  return recipe;
}

class Log {
 public:
  // Replica commits `count` from index `first` on, of this digest.
  Log& Commits(std::uint32_t replica, std::uint64_t first, std::uint64_t count,
               std::uint64_t digest) {
    return Notes(core::NoteKind::kCommitted, replica, {first, count, 1}, digest);
  }
  Log& State(std::uint32_t replica, std::uint64_t index, std::uint64_t digest) {
    return Notes(core::NoteKind::kState, replica, {index, 1, 1}, digest);
  }
  Log& Installs(std::uint32_t replica, std::uint64_t index) {
    return Notes(core::NoteKind::kInstalled, replica, {index, 1, 1}, 0);
  }
  Log& Restarts(std::uint32_t replica) {
    story.Restart(A(replica));
    return *this;
  }
  // All three commit the same, three at a time.
  Log& AllCommit(std::uint64_t upto) {
    for (std::uint64_t first = 0; first < upto; first += 3) {
      for (std::uint32_t replica = 0; replica < 3; ++replica)
        Commits(replica, first, 3, 1'000 + first);
    }
    return *this;
  }

  Story story{OneCluster()};

 private:
  Log& Notes(core::NoteKind kind, std::uint32_t replica, const core::Run& run,
             std::uint64_t digest) {
    trace::Event event;
    event.kind = trace::EventKind::kNote;
    event.note = kind;
    event.node = event.peer = A(replica);
    event.SetRun(run);
    event.digest = digest;
    story.Raw(event);
    return *this;
  }
};

}  // namespace

TEST_CASE("agreement: replicas that commit the same, one after the other, are accepted") {
  Log log;
  log.AllCommit(30).Commits(1, 30, 3, 7).Commits(1, 33, 3, 8).Commits(0, 30, 3, 7);
  CHECK(log.story.Ask("X") == Verdict::kHolds);
  CHECK(log.story.Ask("O") == Verdict::kHolds);
}

TEST_CASE("agreement: it is not exercised by one replica alone") {
  Log log;
  log.Commits(1, 0, 3, 7);
  CHECK(log.story.Ask("X") == Verdict::kNotExercised);
  CHECK(log.story.Ask("H") == Verdict::kNotExercised);
}

TEST_CASE("agreement: another content at an index is refused, however much later") {
  Log log;
  log.Commits(1, 0, 3, 7);
  for (std::uint64_t i = 1; i < 1'000; ++i) log.Commits(1, 3 * i, 3, i).Commits(2, 3 * i, 3, i);
  log.Commits(0, 0, 3, 9);
  CHECK(log.story.Ask("X") == Verdict::kViolated);
  CHECK(log.story.FirstFinding("X") == "a0 commits something else than a1 at index 0 (3 of them)");
}

TEST_CASE("agreement: a log that is cut in another place is refused") {
  Log log;
  log.Commits(1, 0, 3, 7).Commits(0, 0, 2, 7);
  CHECK(log.story.FirstFinding("X") == "a0 commits 2 from index 0 on, and a1 3");
}

TEST_CASE("agreement: whoever lies is not judged, who only crashed is") {
  Log liar;
  liar.story.Faulty(A(0), 2);
  liar.AllCommit(9).Commits(1, 9, 3, 7).Commits(0, 9, 3, 8);
  CHECK(liar.story.Ask("X") == Verdict::kHolds);
  Log crashed;
  crashed.story.Faulty(A(0), 1);
  crashed.AllCommit(9).Commits(1, 9, 3, 7).Commits(0, 9, 3, 8);
  CHECK(crashed.story.Ask("X") == Verdict::kViolated);
}

TEST_CASE("agreement: a replica that has lost its memory commits the same again") {
  Log log;
  log.AllCommit(9).Restarts(2).Commits(2, 0, 3, 1'000);
  CHECK(log.story.Ask("X") == Verdict::kHolds);
  CHECK(log.story.Ask("O") == Verdict::kHolds);
}

TEST_CASE("order: a gap, and an index twice, are refused") {
  Log gap;
  gap.AllCommit(9).Commits(1, 12, 3, 7);
  CHECK(gap.story.FirstFinding("O") == "a1 commits index 12 after 9 of them");
  Log twice;
  twice.AllCommit(9).Commits(1, 6, 3, 1'006);
  CHECK(twice.story.Ask("O") == Verdict::kViolated);
  Log late;
  late.Commits(0, 3, 3, 7);
  CHECK(late.story.Ask("O") == Verdict::kViolated);
}

TEST_CASE("order: who takes over a state goes on behind it, and takes over none that lies behind") {
  Log log;
  log.AllCommit(9).Restarts(2).Installs(2, 300).Commits(2, 300, 3, 7);
  CHECK(log.story.Ask("O") == Verdict::kHolds);
  log.Installs(2, 30);
  CHECK(log.story.FirstFinding("O") ==
        "a2 takes over a state at index 30, and has committed up to 303");
}

TEST_CASE("equal states: equal digests are accepted, others are refused") {
  Log log;
  log.State(0, 64, 5).State(2, 64, 5).State(2, 128, 6);
  CHECK(log.story.Ask("H") == Verdict::kHolds);
  log.State(1, 128, 7);
  CHECK(log.story.Ask("H") == Verdict::kViolated);
  CHECK(log.story.FirstFinding("H") == "a1 is in another state than a2 at index 128");
}

TEST_CASE("recent: what is far behind is forgotten, and said to be so") {
  using Kind = analysis::Recent::Kind;
  analysis::Recent recent;
  for (std::uint64_t i = 0; i <= analysis::Recent::kKept; ++i)
    CHECK(recent.Say({i, 1, i, 0}).kind == Kind::kFirst);
  CHECK(recent.Say({0, 1, 0, 1}).kind == Kind::kForgotten);
  CHECK(recent.Say({1, 1, 1, 1}).kind == Kind::kSame);
  CHECK(recent.Say({1, 1, 2, 1}).kind == Kind::kOther);
  recent.Pass(10);
  CHECK(recent.Say({9, 1, 7, 1}).kind == Kind::kPassed);
  CHECK(recent.Say({10, 1, 10, 1}).kind == Kind::kSame);
}

}  // namespace lockstep::tests
