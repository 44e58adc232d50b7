// Rates over time, from events whose times are the test's.

#include "analysis/activity.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/analysis/events.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Activity;
using Bins = std::vector<std::optional<double>>;

core::Instant AtMs(std::int64_t ms) { return core::Instant() + core::Duration::Milliseconds(ms); }

// Bins of 100 ms: half a second unless the test says otherwise.
Activity Watched(const Story& story, std::int64_t from_ms = 0, std::int64_t until_ms = 500) {
  Activity activity(std::make_shared<const analysis::Recipe>(story.recipe()),
                    {core::Duration::Milliseconds(100), AtMs(from_ms), AtMs(until_ms)});
  story.Tell(activity);
  return activity;
}

// The rates of that; none where there are none.
Bins Of(const Activity& activity, Activity::Quantity quantity, const std::string& of,
        const std::string& what = "") {
  for (const Activity::Rates& rates : activity.All())
    if (rates.quantity == quantity && rates.of == of && rates.what == what) return rates.per_s;
  return {};
}

trace::Event Told(std::int64_t ms, core::NodeId node, core::NoteKind note, core::Run run,
                  std::uint64_t detail = 0) {
  trace::Event event;
  event.at = AtMs(ms);
  event.kind = trace::EventKind::kNote;
  event.node = event.peer = node;
  event.note = note;
  event.SetRun(run);
  event.detail = detail;
  return event;
}

trace::Event Happened(std::int64_t ms, core::NodeId node, trace::EventKind kind,
                      std::uint64_t value = 0, std::uint64_t detail = 0) {
  trace::Event event;
  event.at = AtMs(ms);
  event.kind = kind;
  event.node = event.peer = node;
  event.value = value;
  event.detail = detail;
  return event;
}

}  // namespace

TEST_CASE("activity: a message counts when a correct receiver first delivers it") {
  Story story(TwoClusters(4, 4));
  story.Faulty(B(3));
  story.AtMs(50).Delivered(B(0), {0, 10, 1}).AtMs(60).Delivered(B(1), {5, 10, 1});
  story.AtMs(100).Delivered(B(3), {100, 50, 1}).Delivered(B(0), {10, 1, 1});
  story.AtMs(399).Delivered(B(2), {15, 3, 1}).AtMs(500).Delivered(B(2), {18, 2, 1}).End();
  // 15 in the first bin, whatever b3 says; what comes as the window ends is behind it.
  const Activity activity = Watched(story);
  CHECK(Of(activity, Activity::Quantity::kMessages, "a -> b", "delivered") ==
        Bins{150, 0, 0, 30, 0});
}

TEST_CASE("activity: as published is the median growth of the QUACK in each bin") {
  Story story(TwoClusters(4, 4));
  story.AtMs(10).Quacked(A(0), 10).Quacked(A(1), 20).Quacked(A(2), 40).Quacked(A(3), 30);
  story.AtMs(110).Quacked(A(0), 12).Quacked(A(1), 20).Quacked(A(2), 44).AtMs(500).End();
  // 10, 20, 30, 40; then 0, 0, 2, 4.
  CHECK(Of(Watched(story), Activity::Quantity::kMessages, "a -> b", "published") ==
        Bins{250, 10, 0, 0, 0});
  // What was before the window is no growth in it.
  CHECK(Of(Watched(story, 100), Activity::Quantity::kMessages, "a -> b", "published") ==
        Bins{10, 0, 0, 0});
}

TEST_CASE(
    "activity: a resend is a send beyond the first of its message, where a protocol resends") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.notes = {"resent"};
  Story story(recipe);
  story.AtMs(10).Offered(A(0), B(0), {0, 10, 1}).AtMs(150).Offered(A(1), B(1), {5, 10, 1});
  // Within a cluster nothing is resent.
  story.Offered(A(0), A(1), {0, 5, 1}).AtMs(500).End();
  CHECK(Of(Watched(story), Activity::Quantity::kResends, "a -> b") == Bins{0, 50, 0, 0, 0});
  Story by_design(TwoClusters(4, 4));
  by_design.AtMs(10).Offered(A(0), B(0), {0, 10, 1}).Offered(A(0), B(1), {0, 10, 1});
  by_design.AtMs(500).End();
  CHECK(Of(Watched(by_design), Activity::Quantity::kResends, "a -> b").empty());
}

TEST_CASE("activity: answers, commits and violations count where they are") {
  analysis::Recipe recipe = TwoClusters(3, 3);
  recipe.notes = {"round_violations"};
  Activity activity(std::make_shared<const analysis::Recipe>(recipe),
                    {core::Duration::Milliseconds(100), AtMs(0), AtMs(300)});
  activity.OnEvent(Told(150, A(1), core::NoteKind::kReturned, {1, 1, 1}));
  // Two replicas commit three positions, of which two hold something; then one that overlaps.
  for (const core::NodeId node : {A(0), A(1)})
    activity.OnEvent(Told(160, node, core::NoteKind::kCommitted, {0, 3, 1}, 0b101));
  activity.OnEvent(Told(250, A(2), core::NoteKind::kCommitted, {2, 3, 1}, 0b110));
  activity.OnEvent(Told(260, A(0), core::NoteKind("round_violations"), {7, 1, 1}, 0b110));
  activity.OnEvent(Happened(300, A(0), trace::EventKind::kEnd));
  activity.Finish();
  CHECK(Of(activity, Activity::Quantity::kRequests, "a") == Bins{0, 10, 0});
  CHECK(Of(activity, Activity::Quantity::kCommits, "a") == Bins{0, 20, 20});
  CHECK(Of(activity, Activity::Quantity::kViolations, "a") == Bins{0, 0, 20});
  CHECK(Of(activity, Activity::Quantity::kNotes, "committed") == Bins{0, 60, 30});
  CHECK(Of(activity, Activity::Quantity::kMessages, "a -> b", "delivered").empty());
}

TEST_CASE("activity: where the run was cut short there is no rate, and no zero") {
  Story story(TwoClusters(4, 4));
  story.AtMs(50).Delivered(B(0), {0, 10, 1}).AtMs(280).Delivered(B(0), {10, 10, 1});
  // 80 of 100 ms are enough for a rate of their own, 30 are not.
  const Activity long_enough = Watched(story);
  CHECK(Of(long_enough, Activity::Quantity::kMessages, "a -> b", "delivered") ==
        Bins{100, 0, 10 / 0.08, std::nullopt, std::nullopt});
  story.AtMs(330).Delivered(B(0), {20, 10, 1});
  const Activity too_short = Watched(story);
  CHECK(Of(too_short, Activity::Quantity::kMessages, "a -> b", "delivered") ==
        Bins{100, 0, 100, std::nullopt, std::nullopt});
  trace::Event end = Happened(330, A(0), trace::EventKind::kEnd, 1);
  Activity cut(std::make_shared<const analysis::Recipe>(story.recipe()),
               {core::Duration::Milliseconds(100), AtMs(0), AtMs(500)});
  cut.OnEvent(end);
  cut.Finish();
  CHECK(cut.is_cut_short());
  CHECK(cut.end() == AtMs(330));
}

TEST_CASE("activity: faults are bands by name, crashes by host until they restart") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.faults = {{"lossy", "loss", 1}, {"dead", "crash", 1}};
  Activity activity(std::make_shared<const analysis::Recipe>(recipe),
                    {core::Duration::Milliseconds(100), AtMs(0), AtMs(1000)});
  using trace::EventKind;
  activity.OnEvent(Happened(100, A(0), EventKind::kFault, 0, 1));
  activity.OnEvent(Happened(200, A(0), EventKind::kFault, 0, 0));
  // Closer than a bin: one band.
  activity.OnEvent(Happened(250, A(0), EventKind::kFault, 0, 1));
  activity.OnEvent(Happened(260, A(0), EventKind::kFault, 0, 0));
  activity.OnEvent(Happened(300, A(0), EventKind::kFault, 1, 1));
  activity.OnEvent(Happened(300, A(2), EventKind::kCrash));
  activity.OnEvent(Happened(310, B(1), EventKind::kCrash));
  activity.OnEvent(Happened(450, A(2), EventKind::kRestart, 1));
  activity.OnEvent(Happened(700, A(0), EventKind::kFault, 0, 1));
  activity.OnEvent(Happened(900, A(0), EventKind::kEnd));
  activity.Finish();
  const std::vector<Activity::Band> bands = activity.Bands();
  REQUIRE(bands.size() == 4);
  const auto is = [&](std::size_t i, const std::string& name, std::int64_t from, std::int64_t until,
                      bool is_open) {
    CHECK(bands[i].name == name);
    CHECK(bands[i].from == AtMs(from));
    CHECK(bands[i].until == AtMs(until));
    CHECK(bands[i].is_open == is_open);
  };
  is(0, "lossy", 100, 260, false);
  is(1, "lossy", 700, 900, true);
  is(2, "dead: a2 down", 300, 450, false);
  is(3, "dead: b1 down", 310, 900, true);
}

}  // namespace lockstep::tests
