// Eventual delivery: what is right is accepted, and what is not is refused.

#include "analysis/c3b/delivery.h"

#include <cstdint>
#include <string>

#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

// a0 and a1 send k′ 0 to 7 before the heal, a1 one more after it; b0 to b3 deliver k′ < `upto`.
Story Transmission(analysis::Recipe recipe, std::initializer_list<std::uint64_t> upto) {
  Story story(std::move(recipe));
  story.AtMs(500).Offered(A(0), B(0), {0, 4, 2}).Offered(A(1), B(1), {1, 4, 2});
  story.AtMs(2001).Offered(A(1), B(1), {8, 1, 1});
  std::uint32_t receiver = 0;
  for (const std::uint64_t end : upto) {
    story.AtMs(2900).Delivered(B(receiver++), {0, end, 1});
  }
  return story;
}

}  // namespace

TEST_CASE("delivery: all that was transmitted by the heal, at all correct receivers") {
  Story story = Transmission(TwoClusters(4, 4), {8, 8, 9, 8});
  CHECK(story.AtMs(3000).End().Ask("L") == Verdict::kHolds);
}

TEST_CASE("delivery: a hole at one correct receiver is refused, and named") {
  Story story = Transmission(TwoClusters(4, 4), {8, 8, 6, 8});
  story.Delivered(B(2), {7, 1, 1}).AtMs(3000).End();
  CHECK(story.Ask("L") == Verdict::kViolated);
  CHECK(story.FirstFinding("L") ==
        "b2 has not delivered k′ 6, though all below 8 was transmitted by the heal");
}

TEST_CASE("delivery: one instant after the deadline is too late") {
  Story story = Transmission(TwoClusters(4, 4), {8, 8, 7, 8});
  const core::Duration deadline = core::Duration::Seconds(3);
  Story late = story;
  late.At(deadline + core::Duration::Picoseconds(1)).Delivered(B(2), {7, 1, 1}).End();
  CHECK(late.Ask("L") == Verdict::kViolated);
  story.At(deadline).Delivered(B(2), {7, 1, 1}).End();
  CHECK(story.Ask("L") == Verdict::kHolds);
}

TEST_CASE("delivery: faulty receivers need not deliver, faulty senders do not transmit") {
  Story story = Transmission(TwoClusters(4, 4), {8, 0, 8, 8});
  story.Offered(A(3), B(3), {100, 1, 1});
  story.Faulty(B(1)).AtMs(1999).Offered(A(2), B(3), {1000, 1, 1}).Faulty(A(2), 2);
  CHECK(story.AtMs(3000).End().Ask("L") == Verdict::kHolds);
}

TEST_CASE("delivery: to one means each message at some correct receiver") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  Promise(recipe, "L", {{"to", "one"}});
  Story story = Transmission(recipe, {4, 0, 0, 0});
  story.Delivered(B(1), {4, 3, 1});
  Story enough = story;
  CHECK(enough.Delivered(B(3), {7, 1, 1}).AtMs(3000).End().Ask("L") == Verdict::kHolds);
  CHECK(story.Faulty(B(2)).Delivered(B(2), {7, 1, 1}).AtMs(3000).End().Ask("L") ==
        Verdict::kViolated);
}

TEST_CASE("delivery: a run without traffic, or cut short, says nothing") {
  CHECK(Story(TwoClusters(4, 4)).AtMs(3000).End().Ask("L") == Verdict::kNotExercised);
  const Story story = Transmission(TwoClusters(4, 4), {0, 0, 0, 0});
  CHECK(Story(story).AtMs(2999).End().Ask("L") == Verdict::kNotExercised);
  CHECK(Story(story).AtMs(3000).End(true).Ask("L") == Verdict::kNotExercised);
  CHECK(Story(story).AtMs(3000).Ask("L") == Verdict::kNotExercised);
  CHECK(Story(story).AtMs(3000).End().Ask("L") == Verdict::kViolated);
}

TEST_CASE("delivery: only what is sent across counts as transmitted") {
  Story story(TwoClusters(4, 4));
  story.Offered(B(0), B(1), {0, 8, 1}).Offered(A(0), A(1), {0, 8, 1});
  CHECK(story.AtMs(3000).End().Ask("L") == Verdict::kNotExercised);
}

}  // namespace lockstep::tests
