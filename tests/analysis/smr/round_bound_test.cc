// Oracle B, told event by event: what is in time, what is not and why, and what replicas say of it.
//
// Three replicas, D = 1, rounds of 2 us. Replica i sends its message of round r at its boundary of
// it, to both others; it is handed 1.5 us later, unless a test has it otherwise.

#include "analysis/smr/round_bound.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/smr/breach_cause.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;
using core::Duration;
using trace::EventKind;
using trace::Phase;

constexpr std::int64_t kRoundNs = 2'000;
constexpr std::int64_t kWayNs = 1'500;

analysis::Recipe LockStep() {
  analysis::Recipe recipe;
  recipe.clusters = {{"a", A(0), 3, 1, 0}};
  analysis::Promise promise{"B", {analysis::Scope::Kind::kCluster, 0}};
  promise.parameters = {{"depth", 1U}, {"round_length_ps", 2'000'000U}};
  recipe.promises.push_back(promise);
  recipe.run_for = Duration::Seconds(3);
  return recipe;
}

class RoundStory {
 public:
  Story story{LockStep()};

  RoundStory& AtNs(std::int64_t ns) {
    now_ns_ = ns;
    story.At(Duration::Nanoseconds(ns));
    return *this;
  }
  RoundStory& Begins(std::uint32_t replica, std::uint64_t round, std::int64_t late_ns = 0) {
    return Notes("round", replica, {round, 1, 1}, static_cast<std::uint64_t>(late_ns) * 1'000);
  }
  RoundStory& Notes(const char* kind, std::uint32_t replica, const core::Run& run,
                    std::uint64_t detail = 0) {
    trace::Event event;
    event.kind = EventKind::kNote;
    event.note = core::NoteKind(kind);
    event.node = event.peer = A(replica);
    event.SetRun(run);
    event.detail = detail;
    story.Raw(event);
    return *this;
  }
  RoundStory& Sends(std::uint32_t from, std::uint64_t round) {
    for (std::uint32_t i = 1; i < 3; ++i) Proposes(Phase::kSent, from, (from + i) % 3, round);
    return *this;
  }
  RoundStory& SendsTo(std::uint32_t from, std::uint32_t to, std::uint64_t round) {
    return Proposes(Phase::kSent, from, to, round);
  }
  // A repair with the batch of its sender, which says the slot's value as well.
  RoundStory& Mends(Phase phase, std::uint32_t node, std::uint32_t peer, std::uint64_t round) {
    return Proposes(phase, node, peer, round, core::Mask{1, 1});
  }
  RoundStory& Hands(std::uint32_t to, std::uint32_t from, std::uint64_t round) {
    return Proposes(Phase::kHanded, to, from, round);
  }
  RoundStory& Arrives(std::uint32_t to, std::uint32_t from, std::uint64_t round) {
    return Proposes(Phase::kArrived, to, from, round);
  }
  RoundStory& Drops(std::uint32_t from, std::uint32_t to, std::uint64_t round) {
    trace::Event event = Of(EventKind::kDrop, from, to);
    event.message = Id(from, to, round);
    event.detail = static_cast<std::uint64_t>(trace::DropCause::kLoss);
    story.Raw(event);
    return *this;
  }
  RoundStory& Stalls(std::uint32_t replica, std::int64_t lasts_ns) {
    trace::Event event = Of(EventKind::kStalled, replica, replica);
    event.detail = static_cast<std::uint64_t>(lasts_ns) * 1'000;
    story.Raw(event);
    return *this;
  }
  RoundStory& Crashes(std::uint32_t replica) {
    story.Raw(Of(EventKind::kCrash, replica, replica));
    return *this;
  }

  RoundStory& Restarts(std::uint32_t replica) {
    story.Raw(Of(EventKind::kRestart, replica, replica));
    return *this;
  }

  // Whole rounds in which nothing is amiss: boundaries of `first`, ..., up to before `end`, and
  // the messages sent there, handed.
  RoundStory& Clean(std::uint64_t first, std::uint64_t end) {
    for (std::uint64_t round = first; round < end; ++round) {
      Boundaries(round);
      AtNs(BeganNs(round) + kWayNs);
      for (std::uint32_t to = 0; to < 3; ++to) {
        for (std::uint32_t i = 1; i < 3; ++i)
          Arrives(to, (to + i) % 3, round).Hands(to, (to + i) % 3, round);
      }
    }
    return *this;
  }
  RoundStory& Boundaries(std::uint64_t round) {
    AtNs(BeganNs(round));
    for (std::uint32_t i = 0; i < 3; ++i) Begins(i, round).Sends(i, round);
    return *this;
  }
  static std::int64_t BeganNs(std::uint64_t round) {
    return static_cast<std::int64_t>(round + 1) * kRoundNs;
  }

  Verdict Ask() const { return story.Ask("B"); }
  std::string Finding() const { return story.FirstFinding("B"); }
  std::uint64_t Counts(const std::string& name) const {
    analysis::Judge judge(story.recipe());
    story.Tell(judge);
    const nlohmann::json summary = judge.Summary();
    for (const auto& row : summary["oracles"])
      if (row["oracle"] == "B") return row["counts"][name].get<std::uint64_t>();
    return ~std::uint64_t{0};
  }

 private:
  static trace::MessageId Id(std::uint32_t from, std::uint32_t to, std::uint64_t round) {
    return {A(from), 0, 1 + round * 3 + to};
  }
  static trace::Event Of(EventKind kind, std::uint32_t node, std::uint32_t peer) {
    trace::Event event;
    event.kind = kind;
    event.node = A(node);
    event.peer = A(peer);
    return event;
  }
  RoundStory& Proposes(Phase phase, std::uint32_t node, std::uint32_t peer, std::uint64_t round,
                       core::Mask votes = {}) {
    const std::uint32_t from = phase == Phase::kSent ? node : peer;
    trace::Event event = Of(EventKind::kFact, node, peer);
    event.fact = core::Fact::kProposes;
    event.phase = phase;
    event.message = Id(from, phase == Phase::kSent ? peer : node, round);
    event.value = round;
    event.detail = from;
    event.digest = 7;
    event.votes = votes;
    story.Raw(event);
    return *this;
  }

  std::int64_t now_ns_ = 0;
};

// Clean rounds 0 to 9, then the boundaries of round 10 and all its messages but that of replica 1
// to replica 0, which a test hands over, or not. `report`: replica 0 says that it missed it.
class OneMissing {
 public:
  static constexpr std::uint64_t kMissed = 10;
  RoundStory rounds;

  OneMissing() {
    rounds.Clean(0, kMissed).Boundaries(kMissed);
    rounds.AtNs(RoundStory::BeganNs(kMissed) + kWayNs);
    rounds.Hands(0, 2, kMissed);
    for (std::uint32_t to = 1; to < 3; ++to) {
      for (std::uint32_t i = 1; i < 3; ++i) rounds.Hands(to, (to + i) % 3, kMissed);
    }
  }
  // The boundary of the next round.
  OneMissing& Votes(std::uint64_t report = 0b010) {
    rounds.AtNs(RoundStory::BeganNs(kMissed + 1));
    for (std::uint32_t i = 0; i < 3; ++i) {
      rounds.Begins(i, kMissed + 1);
      if (i == 0 && report != 0) rounds.Notes("round_violations", 0, {kMissed, 1, 1}, report);
      rounds.Sends(i, kMissed + 1);
    }
    return *this;
  }
  // It comes so long after that boundary.
  OneMissing& ComesNs(std::int64_t after_ns) {
    rounds.AtNs(RoundStory::BeganNs(kMissed + 1) + after_ns).Hands(0, 1, kMissed);
    return *this;
  }
};

// What is told to a trace: kind, nanoseconds and further of each line but those of all rounds.
class Lines final : public trace::Sink {
 public:
  trace::Interest Wants() const override { return {}; }
  void OnEvent(const trace::Event& event) override {
    if (event.kind == EventKind::kTally) {
      tallied.push_back(event.at);
    } else if (event.kind != EventKind::kSpans) {
      text += " " + std::string(trace::Name(event.kind)) + " " +
              std::to_string(event.detail / 1'000) + " " + std::to_string(event.further);
    }
  }
  void Finish() override {}

  std::string text;
  std::vector<core::Instant> tallied;
};

Lines LinesOf(const RoundStory& rounds) {
  analysis::Judge judge(rounds.story.recipe());
  Lines lines;
  judge.TellTo(&lines);
  rounds.story.Tell(judge);
  return lines;
}

TEST_CASE("oracle B: a batch that its owner passes on to mend is not the message of its round") {
  constexpr std::uint64_t kRound = 10;
  // Replica 1 dies when it has sent its message to one of two. It comes back, has been told of that
  // batch, and the other one gets it from it before it votes.
  const auto verdict = [](bool is_repair) {
    RoundStory rounds;
    rounds.Clean(0, kRound).AtNs(RoundStory::BeganNs(kRound));
    for (std::uint32_t i = 0; i < 3; ++i) rounds.Begins(i, kRound);
    rounds.Sends(0, kRound).Sends(2, kRound).SendsTo(1, 2, kRound).Crashes(1).Restarts(1);
    rounds.AtNs(RoundStory::BeganNs(kRound) + kWayNs - 1'000);
    if (is_repair) {
      rounds.Mends(Phase::kSent, 1, 0, kRound);
    } else {
      rounds.SendsTo(1, 0, kRound);
    }
    rounds.AtNs(RoundStory::BeganNs(kRound) + kWayNs).Hands(0, 2, kRound).Hands(2, 0, kRound);
    rounds.Hands(2, 1, kRound);
    if (is_repair) {
      rounds.Mends(Phase::kHanded, 0, 1, kRound);
    } else {
      rounds.Hands(0, 1, kRound);
    }
    rounds.AtNs(RoundStory::BeganNs(kRound + 1));
    for (const std::uint32_t i : {0U, 2U}) rounds.Begins(i, kRound + 1);
    rounds.Notes("round_violations", 0, {kRound, 1, 1}, 0b010);
    for (const std::uint32_t i : {0U, 2U}) rounds.Sends(i, kRound + 1);
    return rounds.Ask();
  };
  CHECK(verdict(/*is_repair=*/true) == Verdict::kHolds);
  CHECK(verdict(/*is_repair=*/false) == Verdict::kViolated);
}

}  // namespace

TEST_CASE("oracle B: rounds whose messages all came in time are accepted, and nothing is counted") {
  RoundStory rounds;
  rounds.Clean(0, 12);
  CHECK(rounds.Ask() == Verdict::kHolds);
  CHECK(rounds.Counts("round_violations") == 0);
  CHECK(rounds.Counts("past_deadline") == 0);
  // The last boundary votes on round 10.
  CHECK(rounds.Counts("round_pairs") == 11 * 6);
}

TEST_CASE("oracle B: it is not exercised where nobody has voted") {
  RoundStory rounds;
  rounds.AtNs(0).Begins(0, 0).Begins(1, 0);
  CHECK(rounds.Ask() == Verdict::kNotExercised);
}

TEST_CASE("oracle B: a batch that was too late, and is said to be, is counted") {
  OneMissing late;
  late.Votes().ComesNs(40);
  CHECK(late.rounds.Ask() == Verdict::kHolds);
  CHECK(late.rounds.Counts("round_violations") == 1);
  CHECK(late.rounds.Counts("round_violations_latency") == 1);
  CHECK(late.rounds.Counts("past_deadline") == 1);
}

TEST_CASE("oracle B: a replica that reports one violation too few is refused") {
  OneMissing silent;
  silent.Votes(0).ComesNs(40);
  CHECK(silent.rounds.Ask() == Verdict::kViolated);
  CHECK(silent.rounds.Finding() == "a0 does not report that it had not handled lane 1 of round 10");
}

TEST_CASE("oracle B: a replica that reports one violation too many is refused") {
  OneMissing both;
  both.Votes(0b110).ComesNs(40);
  CHECK(both.rounds.Finding() ==
        "a0 reports that it had not handled lane 2 of round 10, and it had");
  RoundStory none;
  none.Clean(0, 3);
  none.AtNs(RoundStory::BeganNs(3)).Begins(1, 3).Notes("round_violations", 1, {1, 1, 1}, 1);
  CHECK(none.Finding() == "a1 reports violations of round 1, on which it does not vote");
}

TEST_CASE("oracle B: a breach counts for whoever missed it, not for whoever sent it") {
  // Only replica 1 says that its own message was late: replica 0 is the one that has to.
  OneMissing own;
  own.rounds.AtNs(RoundStory::BeganNs(11));
  own.rounds.Begins(0, 11).Begins(1, 11).Notes("round_violations", 1, {10, 1, 1}, 0b010);
  own.rounds.Begins(2, 11);
  own.ComesNs(40);
  CHECK(own.rounds.Ask() == Verdict::kViolated);
}

TEST_CASE("oracle B: where both happen at one instant, their order decides") {
  OneMissing before;
  before.ComesNs(0).Votes(0);
  CHECK(before.rounds.Ask() == Verdict::kHolds);
  CHECK(before.rounds.Counts("round_violations") == 0);
  OneMissing after;
  after.Votes().ComesNs(0);
  CHECK(after.rounds.Ask() == Verdict::kHolds);
  CHECK(after.rounds.Counts("round_violations") == 1);
}

TEST_CASE("oracle B: slack is against the boundary of the receiver, not of the sender") {
  // Replica 0 is 700 ns behind: what comes 600 ns after the others' boundaries is in time for it.
  RoundStory rounds;
  rounds.Clean(0, 10).Boundaries(10);
  rounds.AtNs(RoundStory::BeganNs(10) + kWayNs).Hands(0, 2, 10);
  for (std::uint32_t to = 1; to < 3; ++to) {
    for (std::uint32_t i = 1; i < 3; ++i) rounds.Hands(to, (to + i) % 3, 10);
  }
  rounds.AtNs(RoundStory::BeganNs(11)).Begins(1, 11).Begins(2, 11);
  rounds.AtNs(RoundStory::BeganNs(11) + 600).Hands(0, 1, 10);
  RoundStory honest = rounds;
  honest.AtNs(RoundStory::BeganNs(11) + 700).Begins(0, 11);
  CHECK(honest.Ask() == Verdict::kHolds);
  CHECK(honest.Counts("round_violations") == 0);
  rounds.AtNs(RoundStory::BeganNs(11) + 700).Begins(0, 11);
  rounds.Notes("round_violations", 0, {10, 1, 1}, 0b010);
  CHECK(rounds.Ask() == Verdict::kViolated);
}

TEST_CASE(
    "oracle B: what came in time, but was handled past the nominal boundary, is the second "
    "counter's") {
  // The boundary of replica 0 waited for 60 ns; the message came 20 ns before it.
  OneMissing tight;
  tight.ComesNs(40);
  tight.rounds.AtNs(RoundStory::BeganNs(11) + 60).Begins(0, 11, /*late_ns=*/60);
  CHECK(tight.rounds.Ask() == Verdict::kHolds);
  CHECK(tight.rounds.Counts("round_violations") == 0);
  CHECK(tight.rounds.Counts("past_deadline") == 1);
}

TEST_CASE(
    "oracle B: to a default trace it tells what was late or had less than 5 % of L to spare") {
  const auto told = [](const OneMissing& story) { return LinesOf(story.rounds).text; };
  const std::int64_t voted_ns = RoundStory::BeganNs(OneMissing::kMissed + 1);
  const std::string voted = " " + std::to_string(voted_ns) + " ";
  // Of a round of 2 us.
  OneMissing plenty;
  plenty.ComesNs(-100).Votes(0);
  CHECK(told(plenty).find(" tight") == std::string::npos);
  OneMissing scarce;
  scarce.ComesNs(-99).Votes(0);
  CHECK(told(scarce).find(" tight" + voted + "99000") != std::string::npos);
  OneMissing late;
  late.Votes().ComesNs(40);
  CHECK(told(late).find(" late" + voted + "6") != std::string::npos);
  OneMissing lost;
  lost.rounds.Drops(1, 0, 10);
  lost.Votes();
  CHECK(told(lost).find(" missed" + voted + "2") != std::string::npos);
}

TEST_CASE("oracle B: to a trace it tells all it counted at each 10 000th round and at the end") {
  RoundStory rounds;
  rounds.Clean(9'990, 10'010).story.End();
  const std::vector<core::Instant> tallied = LinesOf(rounds).tallied;
  const std::size_t counts = analysis::kRoundBoundOracle.counts.size();
  REQUIRE(tallied.size() == 2 * counts);
  const core::Instant due = core::Instant() + Duration::Nanoseconds(RoundStory::BeganNs(10'000));
  CHECK(std::count(tallied.begin(), tallied.end(), due) == static_cast<std::ptrdiff_t>(counts));
  CHECK(tallied.back() == rounds.story.events().back().at);
}

TEST_CASE("oracle B: each cause is named, the first whose removal brings the batch in time") {
  const auto count = [](const OneMissing& story, const std::string& cause) {
    CHECK(story.rounds.Ask() == Verdict::kHolds);
    CHECK(story.rounds.Counts("round_violations") == 1);
    return story.rounds.Counts("round_violations_" + cause);
  };
  OneMissing lost;
  lost.rounds.Drops(1, 0, 10);
  CHECK(count(lost.Votes(), "lost") == 1);

  // Half a microsecond longer on its way than the others.
  OneMissing queued;
  queued.Votes();
  queued.rounds.AtNs(RoundStory::BeganNs(11) + 40).Arrives(0, 1, 10).Hands(0, 1, 10);
  CHECK(count(queued, "queueing") == 1);

  // There in time, and handed when its receiver goes on.
  OneMissing stalled;
  stalled.rounds.Arrives(0, 1, 10).Stalls(0, 500);
  stalled.Votes().ComesNs(40);
  CHECK(count(stalled, "receiver_stall") == 1);

  // The same, and the receiver had others to handle.
  OneMissing busy;
  busy.rounds.Arrives(0, 1, 10);
  busy.Votes().ComesNs(40);
  CHECK(count(busy, "queueing") == 1);
}

TEST_CASE("oracle B: an owner that is down, stands still or has another clock is the cause") {
  const auto others = [](RoundStory& rounds) {
    // Replica 1 has not begun round 10; 0 and 2 hear each other.
    rounds.Clean(0, 10);
    rounds.AtNs(RoundStory::BeganNs(10)).Begins(0, 10).Sends(0, 10).Begins(2, 10).Sends(2, 10);
    rounds.AtNs(RoundStory::BeganNs(10) + kWayNs).Hands(0, 2, 10).Hands(2, 0, 10);
  };
  const auto votes = [](RoundStory& rounds) {
    rounds.AtNs(RoundStory::BeganNs(11));
    for (const std::uint32_t voter : {0U, 2U})
      rounds.Begins(voter, 11).Notes("round_violations", voter, {10, 1, 1}, 0b010);
  };
  RoundStory crashed;
  others(crashed);
  crashed.Crashes(1);
  votes(crashed);
  CHECK(crashed.Ask() == Verdict::kHolds);
  CHECK(crashed.Counts("round_violations_crashed") == 2);

  // It dies while another is saying what it has missed, as a fault may wait for just that.
  RoundStory in_the_midst;
  others(in_the_midst);
  in_the_midst.AtNs(RoundStory::BeganNs(11)).Begins(0, 11).Crashes(1);
  in_the_midst.Notes("round_violations", 0, {10, 1, 1}, 0b010);
  in_the_midst.Begins(2, 11).Notes("round_violations", 2, {10, 1, 1}, 0b010);
  CHECK(in_the_midst.Ask() == Verdict::kHolds);

  // Its next boundary is that of round 12.
  RoundStory passed_over;
  others(passed_over);
  votes(passed_over);
  passed_over.AtNs(RoundStory::BeganNs(12)).Begins(1, 12).Notes("round_votes", 1, {9, 3, 1});
  CHECK(passed_over.Counts("round_violations_sender_stall") == 2);
  CHECK(passed_over.Counts("rounds_skipped") == 2);

  // It handles its boundary 900 ns late, by its own clock, or with a clock that is so much behind.
  for (const bool is_stall : {true, false}) {
    RoundStory late;
    others(late);
    late.AtNs(RoundStory::BeganNs(10) + 900).Begins(1, 10, is_stall ? 900 : 0).Sends(1, 10);
    late.Notes("round_votes", 1, {9, 1, 1});
    votes(late);
    late.AtNs(RoundStory::BeganNs(10) + 900 + kWayNs).Hands(0, 1, 10).Hands(2, 1, 10);
    CHECK(late.Ask() == Verdict::kHolds);
    CHECK(late.Counts(is_stall ? "round_violations_sender_stall" : "round_violations_skew") == 2);
  }
}

TEST_CASE("oracle B: votes on rounds that were passed over are judged at the boundary that casts") {
  const auto story = [](bool is_told) {
    RoundStory rounds;
    rounds.Clean(0, 10);
    // Replica 0 passes over the boundaries of 10 and 11, and is handed all that was sent.
    for (std::uint64_t round = 10; round < 12; ++round) {
      rounds.AtNs(RoundStory::BeganNs(round));
      for (std::uint32_t i = 1; i < 3; ++i) {
        rounds.Begins(i, round).Sends(i, round);
        if (round > 10) rounds.Notes("round_violations", i, {round - 1, 1, 1}, 0b001);
      }
      rounds.AtNs(RoundStory::BeganNs(round) + kWayNs);
      for (std::uint32_t to = 0; to < 3; ++to) {
        for (std::uint32_t from = 1; from < 3; ++from)
          if (to != from) rounds.Hands(to, from, round);
      }
    }
    rounds.AtNs(RoundStory::BeganNs(12)).Begins(0, 12);
    if (is_told) rounds.Notes("round_votes", 0, {9, 3, 1});
    rounds.Sends(0, 12);
    return rounds;
  };
  CHECK(story(true).Ask() == Verdict::kHolds);
  // Those that miss replica 0 in round 10; round 11 has not been voted on by them.
  CHECK(story(true).Counts("round_violations") == 2);
  // Who says nothing of it votes on round 11 alone, after round 8.
  CHECK(story(false).Finding() == "a0 votes on round 11 after 9 of them");
}

TEST_CASE("oracle B: an owner that proposes nothing breaks no bound, whatever is said of it") {
  for (const bool is_reported : {true, false}) {
    RoundStory rounds;
    rounds.Clean(0, 10);
    for (std::uint64_t round = 10; round < 30; ++round) {
      rounds.AtNs(RoundStory::BeganNs(round));
      for (std::uint32_t i = 0; i < 3; ++i) {
        rounds.Begins(i, round);
        if (round > 10 && i != 1 && is_reported)
          rounds.Notes("round_violations", i, {round - 1, 1, 1}, 0b010);
        if (i != 1) rounds.Sends(i, round);  // The lane of replica 1 is not active.
      }
      rounds.AtNs(RoundStory::BeganNs(round) + kWayNs);
      rounds.Hands(0, 2, round).Hands(1, 0, round).Hands(1, 2, round).Hands(2, 0, round);
    }
    CHECK(rounds.Ask() == Verdict::kHolds);
    CHECK(rounds.Counts("round_violations") == 0);
  }
}

TEST_CASE("oracle B: a slot is not decided by votes unless f + 1 had its batch when they voted") {
  const auto story = [](bool is_resolved) {
    RoundStory rounds;
    rounds.Clean(0, 10);
    // Nobody is handed what replica 1 sends in round 10 before the vote.
    rounds.Boundaries(10).AtNs(RoundStory::BeganNs(10) + kWayNs);
    rounds.Hands(0, 2, 10).Hands(2, 0, 10).Hands(1, 0, 10).Hands(1, 2, 10);
    rounds.AtNs(RoundStory::BeganNs(11));
    for (std::uint32_t i = 0; i < 3; ++i) {
      rounds.Begins(i, 11);
      if (i != 1) rounds.Notes("round_violations", i, {10, 1, 1}, 0b010);
      rounds.Sends(i, 11);
    }
    rounds.AtNs(RoundStory::BeganNs(11) + 100).Hands(0, 1, 10).Hands(2, 1, 10);
    for (std::uint32_t to = 0; to < 3; ++to) {
      for (std::uint32_t i = 1; i < 3; ++i) rounds.Hands(to, (to + i) % 3, 11);
    }
    // Lane 1, by ballot 1, for the batch.
    if (is_resolved) rounds.Notes("resolved", 0, {10, 1, 1}, 1 + 64 * 1);
    rounds.Notes("committed", 0, {30, 3, 1});
    rounds.Clean(12, 200);
    return rounds;
  };
  CHECK(story(true).Ask() == Verdict::kHolds);
  CHECK(story(true).Counts("decided_by_ballot_1") == 1);
  CHECK(story(true).Counts("decided_by_votes") == 2);
  CHECK(story(false).Finding() ==
        "a0 takes lane 1 of round 10 as decided by votes, and 1 replicas had handled its batch "
        "when they voted");
}

TEST_CASE("breach cause: a delay that only just reaches the boundary does not explain it") {
  using analysis::BreachCause;
  using analysis::CauseOf;
  const auto ns = [](std::int64_t count) { return Duration::Nanoseconds(count); };
  CHECK(CauseOf({ns(10), ns(10), ns(10), ns(10)}, ns(10)) == BreachCause::kLatency);
  CHECK(CauseOf({ns(10), ns(11), ns(12), ns(13)}, ns(10)) == BreachCause::kQueueing);
  CHECK(CauseOf({ns(0), ns(0), ns(0), ns(13)}, ns(0)) == BreachCause::kSkew);
  CHECK(CauseOf({ns(0), ns(0), ns(0), ns(0)}, ns(0)) == BreachCause::kLatency);
}

}  // namespace lockstep::tests
