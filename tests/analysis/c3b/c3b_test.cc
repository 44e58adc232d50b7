// Integrity, no duplicates, delivery: each accepts what is right and refuses what is not.

#include "analysis/c3b/c3b.h"

#include <cstdint>
#include <string>

#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;
using trace::EventKind;

// A note of delivery with the content of other k′.
trace::Event DeliveryOf(core::NodeId node, const core::Run& run, std::uint64_t digest) {
  trace::Event event;
  event.kind = EventKind::kNote;
  event.note = core::NoteKind::kDelivered;
  event.node = node;
  event.peer = node;
  event.digest = digest;
  event.SetRun(run);
  return event;
}

analysis::Recipe RateLimited(std::uint64_t rate) {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.streams[0].content.rate = rate;
  return recipe;
}

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

TEST_CASE("integrity: the committed content is accepted, in runs of any stride") {
  Story story(TwoClusters(4, 7));
  story.Delivered(B(0), {3, 5, 28}).Delivered(B(1), {0, 1, 1}).Delivered(B(1), {1, 9, 4});
  CHECK(story.Ask("I") == Verdict::kHolds);
}

TEST_CASE("integrity: the content of another position is refused") {
  Story story(TwoClusters(4, 7));
  story.Raw(DeliveryOf(B(0), {3, 5, 28}, DigestOf({3, 4, 28})));
  CHECK(story.Ask("I") == Verdict::kViolated);
  CHECK(story.FirstFinding("I") ==
        "b0 delivers 5 messages, k′ 3 to 115 by 28, with another content than was committed");
}

TEST_CASE("integrity: what no RSM of this rate has committed yet is refused") {
  // 1000 messages/s: k′ 0 to 10 at 10 ms.
  Story early(RateLimited(1000));
  early.AtMs(10).Delivered(B(0), {11, 1, 1});
  CHECK(early.Ask("I") == Verdict::kViolated);
  Story in_time(RateLimited(1000));
  in_time.AtMs(10).Delivered(B(0), {0, 11, 1});
  CHECK(in_time.Ask("I") == Verdict::kHolds);
}

TEST_CASE("integrity: a clock may be as far ahead as faults and profile allow, and no further") {
  // 1000 messages/s and 50 ms ahead: k′ 0 to 60 at 10 ms.
  analysis::Recipe recipe = RateLimited(1000);
  recipe.streams[0].content.clock_ahead = core::Duration::Milliseconds(50);
  Story in_time(recipe);
  in_time.AtMs(10).Delivered(B(0), {0, 61, 1});
  CHECK(in_time.Ask("I") == Verdict::kHolds);
  Story early(recipe);
  early.AtMs(10).Delivered(B(0), {61, 1, 1});
  CHECK(early.Ask("I") == Verdict::kViolated);
}

TEST_CASE("integrity: what is no run of k′ is refused") {
  Story story(TwoClusters(4, 7));
  story.Raw(DeliveryOf(B(0), {~std::uint64_t{0} - 1, 5, 28}, 0));
  CHECK(story.Ask("I") == Verdict::kViolated);
}

TEST_CASE("integrity: what faulty replicas deliver proves nothing either way") {
  Story story(TwoClusters(4, 4));
  story.Raw(DeliveryOf(B(0), {3, 1, 1}, 7));
  CHECK(story.Ask("I") == Verdict::kViolated);
  story.Faulty(B(0));
  CHECK(story.Ask("I") != Verdict::kViolated);
  Story other(TwoClusters(4, 4));
  other.Faulty(B(0)).Raw(DeliveryOf(B(0), {3, 1, 1}, 7));
  CHECK(other.Ask("I") == Verdict::kNotExercised);
}

TEST_CASE("duplicates: each k′ once at each replica is accepted") {
  Story story(TwoClusters(4, 7));
  story.Delivered(B(0), {0, 5, 28}).Delivered(B(0), {1, 27, 1}).Delivered(B(0), {140, 3, 28});
  story.Delivered(B(1), {0, 100, 1});
  CHECK(story.Ask("D") == Verdict::kHolds);
}

TEST_CASE("duplicates: one k′ twice at one replica is refused") {
  Story story(TwoClusters(4, 7));
  story.Delivered(B(0), {0, 5, 28}).Delivered(B(0), {29, 2, 28}).Delivered(B(0), {50, 9, 1});
  CHECK(story.Ask("D") == Verdict::kViolated);
  CHECK(story.FirstFinding("D") == "b0 delivers k′ 56 a second time (2 such in this note)");
}

TEST_CASE("duplicates: one k′ twice in one note is refused") {
  Story story(TwoClusters(4, 7));
  story.Delivered(B(0), {3, 2, 0});
  CHECK(story.Ask("D") == Verdict::kViolated);
}

TEST_CASE("duplicates: another incarnation may deliver anew") {
  Story story(TwoClusters(4, 7));
  story.Delivered(B(0), {0, 5, 28}).Restart(B(0)).Delivered(B(0), {0, 5, 28});
  CHECK(story.Ask("D") == Verdict::kHolds);
  story.Restart(B(1)).Delivered(B(0), {28, 1, 1});
  CHECK(story.Ask("D") == Verdict::kViolated);
}

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
  recipe.streams[0].promises.delivery = analysis::Delivery::kOne;
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
