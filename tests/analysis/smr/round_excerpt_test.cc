// Oracle B of a default trace: what the lines of an account and the reports of replicas come to.
//
// Three replicas, D = 1, rounds of 2 us, as in round_bound_test.cc.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "analysis/smr/breach_cause.h"
#include "analysis/smr/round_account.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::BreachCause;
using analysis::Mismatch;
using analysis::Verdict;
using nlohmann::json;
using trace::Event;
using trace::EventKind;

constexpr std::uint64_t kVotedPs = 4'000'000;
constexpr std::uint64_t kPairs = 9;  // where the account counts the pairs that were judged

analysis::Recipe Abridged() {
  analysis::Recipe recipe;
  recipe.clusters = {{"a", A(0), 3, 1, 0}};
  analysis::Promise promise{"B", {analysis::Scope::Kind::kCluster, 0}};
  promise.parameters = {{"depth", 1U}, {"round_length_ps", 2'000'000U}};
  recipe.promises.push_back(promise);
  recipe.run_for = core::Duration::Seconds(3);
  recipe.abridged = {"B"};
  return recipe;
}

// What a trace tells of round 1, on which replica 0 votes.
class Excerpt {
 public:
  Story story{Abridged()};

  Excerpt() { story.At(core::Duration::Microseconds(5)); }
  Excerpt& Tells(EventKind kind, std::uint32_t voter, std::uint32_t owner, std::uint64_t further,
                 std::uint64_t round = 1) {
    return Adds(kind, voter, owner, round, kVotedPs, further);
  }
  Excerpt& Reports(std::uint32_t replica, std::uint64_t lanes, std::uint64_t round = 1) {
    Event event;
    event.kind = EventKind::kNote;
    event.note = core::NoteKind("round_violations");
    event.node = event.peer = A(replica);
    event.value = round;
    event.detail = lanes;
    story.Raw(event);
    return *this;
  }
  Excerpt& Counts(std::uint64_t which, std::uint64_t count) {
    return Adds(EventKind::kTally, 0, 0, count, which, 0);
  }
  Excerpt& Ends() {
    story.End();
    return *this;
  }
  Verdict Ask() const { return story.Ask("B"); }
  std::string Finding() const { return story.FirstFinding("B"); }

 private:
  Excerpt& Adds(EventKind kind, std::uint32_t node, std::uint32_t peer, std::uint64_t value,
                std::uint64_t detail, std::uint64_t further) {
    Event event;
    event.kind = kind;
    event.node = A(node);
    event.peer = A(peer);
    event.value = value;
    event.detail = detail;
    event.further = further;
    story.Raw(event);
    return *this;
  }
};

constexpr auto kLatency = static_cast<std::uint64_t>(BreachCause::kLatency);
constexpr std::uint64_t kExcused = 8;

}  // namespace

TEST_CASE("oracle B, of a default trace: what is reported and told is not objected to, nor proof") {
  Excerpt fine;
  fine.Reports(0, 0b010).Tells(EventKind::kLate, 0, 1, kLatency);
  fine.Tells(EventKind::kTight, 0, 2, 40'000).Counts(kPairs, 6).Ends();
  CHECK(fine.Ask() == Verdict::kUnknown);
  analysis::Judge judge(fine.story.recipe());
  fine.story.Tell(judge);
  // What it cannot know is no reason for doubt.
  CHECK(judge.verdict() == Verdict::kHolds);
  CHECK(judge.IsAsExpected());
}

TEST_CASE("oracle B, of a default trace: where no pair was judged it is not exercised") {
  Excerpt none;
  none.Counts(kPairs, 0).Ends();
  CHECK(none.Ask() == Verdict::kNotExercised);
  CHECK(Excerpt().Ends().Ask() == Verdict::kUnknown);
}

TEST_CASE("oracle B, of a default trace: a batch that was late or never came is to be reported") {
  for (const EventKind kind : {EventKind::kLate, EventKind::kMissed}) {
    Excerpt silent;
    silent.Tells(kind, 0, 1, kLatency);
    CHECK(silent.Finding() == "a0 does not report that it had not handled lane 1 of round 1");
    // Another replica's report, of another lane or round is none.
    Excerpt other;
    other.Reports(2, 0b010).Reports(0, 0b100).Reports(0, 0b010, 2).Tells(kind, 0, 1, kLatency);
    CHECK(other.Ask() == Verdict::kViolated);
    Excerpt excused;
    excused.Tells(kind, 0, 1, kLatency + kExcused);
    CHECK(excused.Ask() == Verdict::kUnknown);
  }
}

TEST_CASE("oracle B, of a default trace: a batch that was in time is not to be reported") {
  Excerpt wrong;
  wrong.Reports(0, 0b110).Tells(EventKind::kTight, 0, 2, 700'000);
  CHECK(wrong.Finding() == "a0 reports that it had not handled lane 2 of round 1, and it had");
}

TEST_CASE("oracle B, of a default trace: what is told to be said wrongly is objected to") {
  Excerpt order;
  order.Tells(EventKind::kMismatch, 2, 2,
              static_cast<std::uint64_t>(Mismatch::Rule::kOrder) + 8 * 7, 9);
  CHECK(order.Finding() == "a2 votes on round 9 after 7 of them");
}

TEST_CASE("oracle B, of a default trace: a report is kept for a while, and nothing else is said") {
  Excerpt late;
  late.Reports(0, 0b010).Reports(0, 0b010, 1 + 1'024).Tells(EventKind::kLate, 0, 1, kLatency);
  CHECK(late.Ask() == Verdict::kUnknown);
}

TEST_CASE("oracle B, of a default trace: numbers that no account has are passed over") {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();
  Excerpt odd;
  odd.Tells(EventKind::kLate, 0, 1, 7).Tells(EventKind::kMismatch, 0, 0, 7);
  odd.Tells(EventKind::kLate, 0, 7, 0).Counts(kLargest, 1).Counts(kPairs, kLargest);
  const std::vector<core::Run> runs = {{kLargest, kLargest, 0}, {3, kLargest, 0}, {5, 2, 0}};
  for (const std::uint64_t which : {0U, 1U, 2U, 3U, 9U}) {
    Event event;
    event.kind = EventKind::kSpans;
    event.node = event.peer = A(0);
    event.value = kLargest;
    event.detail = which;
    event.runs = runs;
    odd.story.Raw(event);
  }
  analysis::Judge judge(odd.story.recipe());
  odd.story.Tell(judge);
  const json row = judge.Summary()["oracles"][0];
  CHECK(row["verdict"] == "unknown");
  CHECK(row["slack"]["count"] == 4);
}

}  // namespace lockstep::tests
