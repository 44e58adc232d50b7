// Integrity: what is right is accepted, and what is not is refused.

#include "analysis/c3b/integrity.h"

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

TEST_CASE("integrity: a replica that only crashed delivers what was committed, and no more") {
  Story story(TwoClusters(4, 4));
  story.Crashing(B(0)).Delivered(B(0), {0, 5, 4});
  CHECK(story.Ask("I") == Verdict::kHolds);
  story.Raw(DeliveryOf(B(0), {3, 1, 1}, 7));
  CHECK(story.Ask("I") == Verdict::kViolated);
}

}  // namespace lockstep::tests
