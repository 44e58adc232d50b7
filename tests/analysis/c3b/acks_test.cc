// Acknowledgements against what was handed over.

#include "analysis/c3b/acks.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "protocols/core/random.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

// b2 was handed k′ 0 to 2, 4, 8, 9 and 12.
Story WithHoles() {
  Story story(TwoClusters(4, 4));
  story.Handed(B(2), A(0), {0, 3, 1}).Handed(B(2), A(0), {4, 3, 4}).Handed(B(2), B(3), {9, 1, 1});
  return story;
}

}  // namespace

TEST_CASE("ack: the truth is accepted") {
  CHECK(WithHoles().Stated(B(2), A(0), 3).Ask("A") == Verdict::kHolds);
  CHECK(WithHoles().Stated(B(2), A(0), 3, {{4, 3, 4}, {9, 1, 1}}, 13).Ask("A") == Verdict::kHolds);
  CHECK(WithHoles().Stated(B(2), A(0), 3, {{8, 2, 1}, {4, 1, 1}}, 12).Ask("A") == Verdict::kHolds);
  CHECK(WithHoles().Stated(B(2), A(0), 3, {{4, 1, 1}}, 8).Ask("A") == Verdict::kHolds);
}

TEST_CASE("ack: a counter one too high is refused") {
  const Story story = WithHoles().Stated(B(2), A(0), 4);
  CHECK(story.Ask("A") == Verdict::kViolated);
  CHECK(story.FirstFinding("A") == "b2 acknowledges 4, but was never handed k′ 3");
}

TEST_CASE("ack: a counter one too low denies what is held") {
  const Story story = WithHoles().Stated(B(2), A(0), 2);
  CHECK(story.Ask("A") == Verdict::kViolated);
  CHECK(story.FirstFinding("A") == "b2 acknowledges 2, so denies k′ 2, which it holds");
}

TEST_CASE("ack: what is skipped below the QUACK of a correct sender is as good as held (4.2)") {
  Story story = WithHoles();
  story.Quacked(A(1), 4).Skipped(B(2), {3, 1, 1}).Stated(B(2), A(0), 5);
  CHECK(story.Ask("A") == Verdict::kHolds);
  // One that fails otherwise says what is so.
  Story dying = WithHoles();
  dying.Faulty(A(1)).Quacked(A(1), 4).Skipped(B(2), {3, 1, 1}).Stated(B(2), A(0), 5);
  CHECK(dying.Ask("A") == Verdict::kHolds);
  // Nobody knows that it is safe; only a liar does; or it was not skipped.
  Story early = WithHoles();
  early.Quacked(A(1), 3).Skipped(B(2), {3, 1, 1}).Stated(B(2), A(0), 5);
  CHECK(early.Ask("A") == Verdict::kViolated);
  Story lied = WithHoles();
  lied.Faulty(A(1), 2).Quacked(A(1), 9).Skipped(B(2), {3, 1, 1}).Stated(B(2), A(0), 5);
  CHECK(lied.Ask("A") == Verdict::kViolated);
  Story silent = WithHoles();
  silent.Quacked(A(1), 4).Stated(B(2), A(0), 5);
  CHECK(silent.Ask("A") == Verdict::kViolated);
}

TEST_CASE("ack: one that stands for want of room may stay where it says that it does") {
  Story story = WithHoles();
  story.Stands(B(2), 2).Stated(B(2), A(0), 2);
  CHECK(story.Ask("A") == Verdict::kHolds);
  Story elsewhere = WithHoles();
  elsewhere.Stands(B(2), 1).Stated(B(2), A(0), 2);
  CHECK(elsewhere.Ask("A") == Verdict::kViolated);
  // It says nothing else then, and nothing that is not so.
  Story listed = WithHoles();
  listed.Stands(B(2), 2).Stated(B(2), A(0), 2, {{8, 1, 1}}, 9);
  CHECK(listed.Ask("A") == Verdict::kViolated);
  Story ahead = WithHoles();
  ahead.Stands(B(2), 9).Stated(B(2), A(0), 9);
  CHECK(ahead.Ask("A") == Verdict::kViolated);
}

TEST_CASE("ack: a list that claims what is not held is refused") {
  const Story story = WithHoles().Stated(B(2), A(0), 3, {{4, 2, 1}, {8, 2, 1}}, 10);
  CHECK(story.Ask("A") == Verdict::kViolated);
  CHECK(story.FirstFinding("A") == "b2 acknowledges k′ 5 in its φ-list, but was never handed it");
}

TEST_CASE("ack: a list that leaves out what is held is refused") {
  const Story story = WithHoles().Stated(B(2), A(0), 3, {{8, 2, 1}}, 10);
  CHECK(story.Ask("A") == Verdict::kViolated);
  CHECK(story.FirstFinding("A") == "b2 denies k′ 4 in its φ-list, but holds it");
}

TEST_CASE("ack: a list whose base is off by one is refused") {
  CHECK(WithHoles().Stated(B(2), A(0), 3, {{5, 1, 1}, {9, 2, 1}}, 11).Ask("A") ==
        Verdict::kViolated);
}

TEST_CASE("ack: what is listed twice does not stand for what is left out") {
  CHECK(WithHoles().Stated(B(2), A(0), 3, {{8, 2, 1}, {8, 1, 1}}, 10).Ask("A") ==
        Verdict::kViolated);
  CHECK(WithHoles().Stated(B(2), A(0), 3, {{8, 2, 1}, {4, 2, 4}}, 10).Ask("A") == Verdict::kHolds);
}

TEST_CASE("ack: damaged copies are not held") {
  Story story = WithHoles().HandedDamaged(B(2), A(3), {3, 1, 1});
  CHECK(Story(story).Stated(B(2), A(0), 5).Ask("A") == Verdict::kViolated);
  CHECK(Story(story).Stated(B(2), A(0), 3).Ask("A") == Verdict::kHolds);
}

TEST_CASE("ack: what faulty receivers say, and what others hear, is not judged") {
  CHECK(WithHoles().Stated(B(2), A(0), 9).Faulty(B(2), 2).Ask("A") != Verdict::kViolated);
  CHECK(WithHoles().Faulty(B(2), 2).Stated(B(2), A(0), 9, {{20, 1, 1}}, 21).Ask("A") ==
        Verdict::kNotExercised);
  CHECK(WithHoles().Heard(A(0), B(2), 9, {{20, 1, 1}}, 21).Ask("A") == Verdict::kNotExercised);
}

TEST_CASE("ack: judged as a plain set would judge it") {
  core::Random random(11);
  for (int round = 0; round < 300; ++round) {
    Story story(TwoClusters(4, 7));
    std::set<std::uint64_t> held;
    for (std::uint64_t i = 0; i < 10; ++i) {
      const core::Run run{random.Below(40), 1 + random.Below(6), 1 + random.Below(5)};
      story.Handed(B(3), A(0), run);
      for (std::uint64_t k = 0; k < run.count; ++k) held.insert(run.At(k));
    }
    std::uint64_t p = 0;
    while (held.contains(p)) ++p;
    const std::uint64_t end = p + 1 + random.Below(40);
    // The true list, run by run, with one number flipped in every second round.
    std::set<std::uint64_t> listed;
    for (const std::uint64_t number : held) {
      if (number > p && number < end) listed.insert(number);
    }
    const bool is_lie = round % 2 == 1 && end > p + 1;
    if (is_lie) {
      const std::uint64_t flipped = p + 1 + random.Below(end - p - 1);
      if (listed.erase(flipped) == 0) listed.insert(flipped);
    }
    std::vector<core::Run> phi;
    for (const std::uint64_t number : listed) phi.push_back({number, 1, 1});
    story.Stated(B(3), A(1), p, phi, end);
    CAPTURE(round);
    CHECK((story.Ask("A") == Verdict::kViolated) == is_lie);
  }
}

TEST_CASE("acks: a statement may deny what came after it was listed, and not what came before") {
  // k′ 3 comes at 10 ms. A statement that leaves at 12 ms and denies it was listed before, or not.
  const auto ask = [](core::Duration age, std::uint64_t p, const std::vector<core::Run>& phi,
                      std::uint64_t end) {
    Story story(TwoClusters(4, 4));
    story.AtMs(5).Handed(B(1), A(0), {0, 3, 1}).Handed(B(1), A(0), {5, 2, 1});
    story.AtMs(10).Handed(B(1), A(0), {3, 1, 1});
    return story.AtMs(12).Stated(B(1), A(0), p, phi, end).ListedBefore(age).Ask("A");
  };
  const core::Duration ms = core::Duration::Milliseconds(1);
  CHECK(ask(ms * 3, 3, {{5, 2, 1}}, 7) == Verdict::kHolds);
  CHECK(ask(ms * 2, 3, {{5, 2, 1}}, 7) == Verdict::kHolds);  // At that instant: before or after.
  CHECK(ask(ms, 3, {{5, 2, 1}}, 7) == Verdict::kViolated);
  CHECK(ask(ms * 0, 3, {{5, 2, 1}}, 7) == Verdict::kViolated);
  // What it held by then, it may not deny, nor claim what it has not been handed since either.
  CHECK(ask(ms * 3, 3, {{5, 1, 1}}, 6) == Verdict::kHolds);  // The list does not judge 6.
  CHECK(ask(ms * 3, 3, {{5, 1, 1}}, 7) == Verdict::kViolated);
  CHECK(ask(ms * 3, 3, {{6, 1, 1}}, 7) == Verdict::kViolated);
  CHECK(ask(ms * 3, 4, {{5, 2, 1}}, 7) == Verdict::kHolds);
  CHECK(ask(ms * 3, 5, {{5, 2, 1}}, 7) == Verdict::kViolated);
}

}  // namespace lockstep::tests
