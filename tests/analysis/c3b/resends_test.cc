// Who sends what again, and why: R1, R2, R3 on runs told by hand.
//
// n = 4 and u = r = 1 on both sides: k′ 4 goes from a0 to b1; attempt 1 from a1 to b2, attempt 2
// from a2 to b3, attempt 3 from a3 to b0. Repeats count after 100 ms.

#include "analysis/c3b/resends.h"

#include <cstdint>
#include <memory>
#include <string>

#include "analysis/c3b/send_ledger.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

Story Four() { return Story(TwoClusters(4, 4)); }

// `sender` hears ACK(4) from these receivers at `ms`.
Story& Hears(Story& story, std::int64_t ms, core::NodeId sender,
             std::initializer_list<std::uint32_t> receivers) {
  story.AtMs(ms);
  for (const std::uint32_t receiver : receivers) story.Heard(sender, B(receiver), 4);
  return story;
}

// k′ 0 to 3 pass; then a0 is silent, and b0 and b1 complain to a1 about k′ 4.
Story Complaints() {
  Story story = Four();
  story.Faulty(A(0)).Passed(A(1), B(1), {1, 1, 1}).Passed(A(2), B(2), {2, 1, 1});
  Hears(story, 10, A(1), {0, 1});
  Hears(story, 110, A(1), {0, 1});
  return story;
}

analysis::Recipe PrematureAllowed(std::uint64_t allowed) {
  analysis::Recipe recipe = TwoClusters(4, 4);
  Promise(recipe, "R3", {{"allowed", allowed}});
  return recipe;
}

}  // namespace

TEST_CASE("resends: originals in their turn are no resends") {
  Story story = Four();
  story.Passed(A(0), B(0), {0, 5, 16})
      .Passed(A(0), B(1), {4, 5, 16})
      .Passed(A(3), B(2), {15, 1, 1});
  story.Passed(A(1), B(1), {1, 1, 1}).Passed(A(1), B(1), {17, 7, 16});
  CHECK(story.Ask("R1") == Verdict::kHolds);
  Story unequal(TwoClusters(4, 7));
  // k′ 30: sender 2, receiver 2 + floor(30/4) mod 7 = 2.
  CHECK(unequal.Passed(A(2), B(2), {30, 4, 28}).Ask("R1") == Verdict::kHolds);
  CHECK(unequal.Passed(A(2), B(4), {62, 1, 1}).Ask("R1") == Verdict::kViolated);
}

TEST_CASE("resends: nothing sent across, nothing judged") {
  CHECK(Four().Passed(B(0), B(1), {7, 1, 1}).Ask("R1") == Verdict::kNotExercised);
  CHECK(Four().Passed(B(0), B(1), {7, 1, 1}).Ask("R2") == Verdict::kNotExercised);
}

TEST_CASE("resends: an original sent twice is refused") {
  Story story = Four().Passed(A(0), B(1), {4, 5, 16}).Passed(A(0), B(1), {36, 1, 1});
  CHECK(story.Ask("R1") == Verdict::kViolated);
  CHECK(story.FirstFinding("R1") ==
        "a0 sends k′ 36 to b1 again, but what it heard are no complaints");
}

TEST_CASE("resends: r + 1 complaints allow the designated pair") {
  CHECK(Complaints().Passed(A(1), B(2), {4, 1, 1}).Ask("R1") == Verdict::kHolds);
}

TEST_CASE("resends: without complaints they are refused") {
  CHECK(Four().Passed(A(1), B(2), {4, 1, 1}).Ask("R1") == Verdict::kViolated);
}

TEST_CASE("resends: first reports are no complaints") {
  Story story = Four();
  Hears(story, 10, A(1), {0, 1, 2, 3}).AtMs(300).Passed(A(1), B(2), {4, 1, 1});
  CHECK(story.Ask("R1") == Verdict::kViolated);
}

TEST_CASE("resends: one complaint short is refused, and one replica is not two") {
  Story story = Four();
  Hears(story, 10, A(1), {0, 1});
  for (std::int64_t ms = 110; ms < 1000; ms += 100) Hears(story, ms, A(1), {0});
  CHECK(story.Passed(A(1), B(2), {4, 1, 1}).Ask("R1") == Verdict::kViolated);
}

TEST_CASE("resends: a QUACK needs u + 1, or repeats do not count") {
  Story story = Four();
  for (std::int64_t ms = 10; ms < 1000; ms += 100) {
    for (const core::NodeId sender : {A(0), A(1)}) {
      story.AtMs(ms).Heard(sender, B(0), 4).Heard(sender, B(1), 3).Heard(sender, B(2), 3);
    }
  }
  CHECK(Story(story).Passed(A(0), B(0), {3, 1, 1}).Ask("R1") == Verdict::kHolds);
  CHECK(Story(story).Passed(A(1), B(2), {4, 1, 1}).Ask("R1") == Verdict::kViolated);
}

TEST_CASE("resends: repeats that come too early are refused") {
  Story story = Four();
  Hears(story, 10, A(1), {0, 1});
  Hears(story, 109, A(1), {0, 1}).Passed(A(1), B(2), {4, 1, 1});
  CHECK(story.Ask("R1") == Verdict::kViolated);
}

TEST_CASE("resends: what faults can put a sender's clock ahead is taken off the interval") {
  // b0 and b1 report k′ 0 missing at 0 and 60 ms; 100 ms are wanted, by a clock that may gain 40.
  for (const std::int64_t ahead_ms : {0, 39, 40, 500}) {
    analysis::Recipe recipe = TwoClusters(4, 4);
    recipe.streams[0].content.clock_ahead = core::Duration::Milliseconds(ahead_ms);
    Story story(recipe);
    story.Offered(A(0), B(0), {0, 1, 1});
    for (const std::int64_t at : {0, 60}) {
      story.AtMs(at).Heard(A(1), B(0), 0).Heard(A(1), B(1), 0);
    }
    story.Offered(A(1), B(1), {0, 1, 1});
    CHECK(story.Ask("R1") == (ahead_ms < 40 ? Verdict::kViolated : Verdict::kHolds));
  }
}

TEST_CASE("resends: complaints that another sender heard do not count") {
  CHECK(Complaints().Passed(A(2), B(3), {4, 1, 1}).Ask("R1") == Verdict::kViolated);
  Story story = Four();
  Hears(story, 10, A(2), {0, 1});
  Hears(story, 110, A(2), {0, 1}).Passed(A(1), B(2), {4, 1, 1});
  CHECK(story.Ask("R1") == Verdict::kViolated);
}

TEST_CASE("resends: the wrong node and the wrong receiver are refused") {
  Story story = Four();
  Hears(story, 10, A(2), {0, 1});
  Hears(story, 110, A(2), {0, 1}).Passed(A(2), B(3), {4, 1, 1});
  CHECK(
      story.FirstFinding("R1") ==
      "a2 sends k′ 4 to b3 again, but from what it heard it can have noted attempt 1 at most, and "
      "its turn is attempt 2");
  const Story wrong = Complaints().Passed(A(1), B(3), {4, 1, 1});
  CHECK(wrong.FirstFinding("R1") ==
        "a1 sends k′ 4 to b3 again, but none of its turns up to attempt 1 is for this pair and "
        "unused; the first one, attempt 1, is to b2");
}

TEST_CASE("resends: one attempt allows one send") {
  Story story = Complaints().Passed(A(1), B(2), {4, 1, 1});
  CHECK(story.Passed(A(1), B(2), {4, 1, 1}).Ask("R1") == Verdict::kViolated);
}

TEST_CASE("resends: the next attempt needs fresh reports and fresh repeats") {
  Story story = Four();
  Hears(story, 10, A(2), {0, 1});
  Hears(story, 110, A(2), {0, 1});
  Hears(story, 120, A(2), {0, 1});
  Story early = story;
  CHECK(Hears(early, 219, A(2), {0, 1}).Passed(A(2), B(3), {4, 1, 1}).Ask("R1") ==
        Verdict::kViolated);
  CHECK(Hears(story, 220, A(2), {0, 1}).Passed(A(2), B(3), {4, 1, 1}).Ask("R1") == Verdict::kHolds);
}

TEST_CASE("resends: after the last pairing the rule starts over") {
  Story story = Four();
  story.Passed(A(0), B(1), {4, 1, 1});
  for (std::int64_t attempt = 0; attempt < 4; ++attempt) {
    Hears(story, 200 * attempt, A(0), {0, 1});
    Hears(story, 200 * attempt + 100, A(0), {0, 1});
  }
  CHECK(story.Offered(A(0), B(1), {4, 1, 1}).Ask("R1") == Verdict::kHolds);
  CHECK(story.Offered(A(0), B(1), {4, 1, 1}).Ask("R1") == Verdict::kViolated);
}

TEST_CASE("resends: holes in a list are complaints, position by position") {
  // k′ 5 to 9 but 6 arrived; 6 is of a2, attempt 1 is a3's, to b0.
  Story story = Four();
  for (const std::int64_t ms : {10, 110}) {
    for (const std::uint32_t receiver : {2U, 3U}) {
      story.AtMs(ms).Heard(A(3), B(receiver), 4, {{5, 1, 1}, {7, 3, 1}}, 10);
    }
  }
  CHECK(Story(story).Passed(A(3), B(0), {6, 1, 1}).Ask("R1") == Verdict::kHolds);
  // 10 is not judged, 5 is held; both have the same pair of senders.
  CHECK(Story(story).Passed(A(3), B(1), {10, 1, 1}).Ask("R1") == Verdict::kViolated);
  CHECK(Story(story).Passed(A(2), B(3), {5, 1, 1}).Ask("R1") == Verdict::kViolated);
}

TEST_CASE("resends: what was noted may be sent when the QUACK has passed it") {
  Story story = Complaints();
  story.Heard(A(1), B(0), 90).Heard(A(1), B(1), 90).AtMs(400).Passed(A(1), B(2), {4, 1, 1});
  CHECK(story.Ask("R1") == Verdict::kHolds);
}

TEST_CASE("resends: a run is judged number by number") {
  Story story = Four();
  for (const std::int64_t ms : {10, 110}) {
    for (const std::uint32_t receiver : {2U, 3U}) {
      story.AtMs(ms).Heard(A(1), B(receiver), 4, {{5, 15, 1}, {21, 15, 1}, {37, 16, 1}}, 53);
    }
  }
  // 4, 20 and 36 are missing, 52 is not.
  CHECK(Story(story).Offered(A(1), B(2), {4, 3, 16}).Ask("R1") == Verdict::kHolds);
  const Story more = Story(story).Offered(A(1), B(2), {4, 4, 16});
  CHECK(more.FirstFinding("R1") ==
        "a1 sends k′ 52 to b2 again, but what it heard are no complaints");
}

TEST_CASE("resends: faulty senders may send what they like") {
  CHECK(Four().Passed(A(1), B(2), {4, 1, 1}).Faulty(A(1)).Ask("R1") != Verdict::kViolated);
}

TEST_CASE("resends: what was noted and never sent is remembered in bounded number") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.clusters[1].r = 0;
  const auto facts =
      std::make_shared<analysis::StreamFacts>(std::make_shared<const analysis::Recipe>(recipe), 0);
  analysis::ResendChecker checker(facts, core::Duration());
  Story story(recipe);
  // Every 32nd message is complained about, and a1 never sends it.
  for (std::uint64_t i = 1; i < 20'000; ++i) {
    story.Heard(A(1), B(0), 32 * i + 4).Heard(A(1), B(1), 32 * i + 4).Heard(A(1), B(1), 32 * i + 4);
  }
  story.Offered(A(1), B(2), {32 * 19'999 + 4, 1, 1}).Offered(A(1), B(2), {36, 1, 1});
  story.Tell(checker);
  CHECK(checker.verdict() == Verdict::kHolds);
  CHECK(checker.size() < 10'000);
}

TEST_CASE("resend bound: u + u + 1 sends are accepted, one more is refused") {
  // k′ 0: a0 to b0, a1 to b1, a2 to b2, a3 to b3.
  Story story = Four();
  story.Faulty(A(0)).Faulty(B(1)).Passed(A(0), B(0), {0, 1, 1}).Passed(A(1), B(1), {0, 1, 1});
  CHECK(Story(story).Passed(A(2), B(2), {0, 1, 1}).Ask("R2") == Verdict::kHolds);
  Story over = Four();
  over.Faulty(A(0)).Faulty(B(1)).Faulty(A(2));
  over.Passed(A(0), B(0), {0, 1, 1}).Passed(A(1), B(1), {0, 1, 1}).Passed(A(2), B(2), {0, 1, 1});
  CHECK(over.Ask("R2") == Verdict::kHolds);
  over.Passed(A(3), B(3), {0, 1, 1});
  CHECK(over.Ask("R2") == Verdict::kViolated);
  CHECK(over.FirstFinding("R2") ==
        "k′ 0 needed 4 sends that the network did not destroy, and the bound is 3");
}

TEST_CASE("resend bound: sends that nobody correct received are counted at the end") {
  Story story = Four();
  story.Faulty(A(0)).Faulty(B(1)).Faulty(A(2)).Faulty(B(3));
  story.Offered(A(0), B(0), {0, 1, 1}).Offered(A(1), B(1), {0, 1, 1});
  story.Offered(A(2), B(2), {0, 1, 1}).Offered(A(3), B(3), {0, 1, 1});
  CHECK(story.Ask("R2") == Verdict::kViolated);
}

TEST_CASE("resend bound: what the network destroyed does not count, what a dead host missed does") {
  Story story = Four();
  story.Faulty(A(0)).Faulty(B(1)).Offered(A(0), B(0), {0, 1, 1}).Offered(A(1), B(1), {0, 1, 1});
  story.Destroyed(A(1), B(1), {0, 1, 1}, trace::DropCause::kHostDown);
  story.Offered(A(2), B(2), {0, 1, 1}).Destroyed(A(2), B(2), {0, 1, 1});
  CHECK(Story(story).Passed(A(3), B(3), {0, 1, 1}).Ask("R2") == Verdict::kHolds);
  story.Faulty(A(3)).Offered(A(3), B(3), {0, 1, 1}).Passed(A(2), B(0), {0, 1, 1});
  CHECK(story.Ask("R2") == Verdict::kViolated);
}

TEST_CASE("resend bound: a faulty pair that comes up again is counted once") {
  // b1 is dead, and the network destroys what all others send, round after round.
  Story story = Four();
  story.Faulty(B(1));
  for (int round = 0; round < 5; ++round) {
    for (std::uint32_t i = 0; i < 4; ++i) {
      story.Offered(A(i), B(i), {0, 1, 1});
      story.Destroyed(A(i), B(i), {0, 1, 1},
                      i == 1 ? trace::DropCause::kHostDown : trace::DropCause::kFault);
    }
  }
  CHECK(story.Passed(A(0), B(0), {0, 1, 1}).Ask("R2") == Verdict::kHolds);
}

TEST_CASE("resend bound: of unequal clusters, a lap that losses force meets the dead again") {
  // Three senders, seven receivers, b0 and b1 dead: k′ 0 goes to them, is destroyed on its way to
  // b2 to b6, and goes to them again, from other senders.
  analysis::Recipe recipe = TwoClusters(3, 7);
  recipe.clusters[0].u = recipe.clusters[0].r = 0;
  Story story(recipe);
  story.Faulty(B(0)).Faulty(B(1));
  for (std::uint32_t t = 0; t <= 8; ++t) {
    story.Offered(A(t % 3), B(t % 7), {0, 1, 1});
    if (t % 7 >= 2) story.Destroyed(A(t % 3), B(t % 7), {0, 1, 1});
  }
  CHECK(story.Passed(A(0), B(2), {0, 1, 1}).Ask("R2") == Verdict::kHolds);
  // In one lap, without losses, a third dead receiver is one too many.
  Story over(recipe);
  over.Faulty(B(0)).Faulty(B(1)).Faulty(B(2));
  over.Offered(A(0), B(0), {0, 1, 1}).Offered(A(1), B(1), {0, 1, 1}).Offered(A(2), B(2), {0, 1, 1});
  CHECK(over.Passed(A(0), B(3), {0, 1, 1}).Ask("R2") == Verdict::kViolated);
  CHECK(over.FirstFinding("R2") ==
        "k′ 0 needed 4 sends that the network did not destroy, and the bound is 3");
}

TEST_CASE("resend bound: a node that fails after it sent leaves doubt") {
  CHECK(Four().Passed(A(0), B(0), {0, 1, 1}).Faulty(A(1)).Ask("R2") == Verdict::kUnknown);
}

TEST_CASE("premature resends: what follows a send that was enough") {
  Story story(PrematureAllowed(2));
  story.Passed(A(0), B(0), {0, 3, 16}).Offered(A(1), B(1), {0, 2, 16});
  CHECK(story.Ask("R3") == Verdict::kHolds);
  CHECK(Story(story).Offered(A(2), B(2), {0, 1, 1}).Ask("R3") == Verdict::kViolated);
}

TEST_CASE("premature resends: a send under way is enough, unless it is destroyed") {
  Story story(PrematureAllowed(0));
  story.Offered(A(0), B(0), {0, 1, 1}).Offered(A(1), B(1), {0, 1, 1});
  CHECK(story.Ask("R3") == Verdict::kViolated);
  CHECK(Story(story).Handed(B(0), A(0), {0, 1, 1}).Ask("R3") == Verdict::kViolated);
  CHECK(Story(story).Handed(B(1), A(1), {0, 1, 1}).Ask("R3") == Verdict::kViolated);
  story.Destroyed(A(0), B(0), {0, 1, 1}).Handed(B(1), A(1), {0, 1, 1});
  CHECK(story.Ask("R3") == Verdict::kHolds);
}

TEST_CASE("premature resends: a damaged copy was not enough") {
  Story story(PrematureAllowed(0));
  story.Offered(A(0), B(0), {0, 1, 1}).HandedDamaged(B(0), A(0), {0, 1, 1});
  CHECK(story.Passed(A(1), B(1), {0, 1, 1}).Ask("R3") == Verdict::kHolds);
}

TEST_CASE("premature resends: only a scenario that states a limit is judged by it") {
  const Story story = Four();
  analysis::Judge judge(story.recipe());
  for (const auto& checker : judge.checkers()) CHECK(checker->oracle() != "R3");
}

}  // namespace lockstep::tests
