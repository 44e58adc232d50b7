// Timelines of lock-step replicas, from events whose times are the test's.

#include "analysis/timeline.h"

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/core/note.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Timeline;
using core::Duration;

constexpr core::NoteKind kRoundComplete{"round_complete"};
constexpr core::NoteKind kLanes{"lanes"};
constexpr std::int64_t kRoundUs = 2;
constexpr std::int64_t kFirstUs = 10;  // round 0 begins

core::Instant AtUs(std::int64_t us) { return core::Instant() + Duration::Microseconds(us); }
std::int64_t BeginUs(std::int64_t round) { return kFirstUs + kRoundUs * round; }
// How many rounds ago this round began.
double AgeOf(std::int64_t round, std::int64_t us) {
  return static_cast<double>(us - BeginUs(round)) / static_cast<double>(kRoundUs);
}

// Three replicas, of which the tests tell what they say.
class Lines {
 public:
  Lines(std::int64_t from_us, std::int64_t until_us)
      : timeline_(Recipe(), {Duration::Microseconds(10), AtUs(from_us), AtUs(until_us)}) {
    for (const std::int64_t round : {0, 7}) {
      trace::Event event = Note(1, kRoundComplete, static_cast<std::uint64_t>(round));
      event.detail = static_cast<std::uint64_t>(AtUs(BeginUs(round)).ps());
      timeline_.OnEvent(event);
    }
  }

  static analysis::Recipe Recipe() {
    analysis::Recipe recipe;
    recipe.clusters = {{"a", core::NodeId(0), 3, 1, 0}};
    recipe.faults = {{"nap", "pause", 1}};
    return recipe;
  }

  void Say(std::int64_t us, std::uint32_t host, core::NoteKind note, std::uint64_t value = 0,
           std::uint64_t detail = 0) {
    trace::Event event = Note(host, note, value);
    event.at = AtUs(us);
    event.detail = detail;
    timeline_.OnEvent(event);
  }
  // Its three positions of the log.
  void Commit(std::int64_t us, std::uint32_t host, std::uint64_t round) {
    Say(us, host, core::NoteKind::kCommitted, 3 * round);
  }
  void Happen(std::int64_t us, std::uint32_t host, trace::EventKind kind,
              std::uint64_t detail = 0) {
    trace::Event event;
    event.at = AtUs(us);
    event.kind = kind;
    event.node = core::NodeId(host);
    event.detail = detail;
    timeline_.OnEvent(event);
  }

  const Timeline& timeline() const { return timeline_; }
  // The row of `host` in the bin that begins then.
  Timeline::Row At(std::int64_t us, std::uint32_t host) const {
    for (const Timeline::Row& row : timeline_.Rows())
      if (row.begin == AtUs(us) && row.host == core::NodeId(host)) return row;
    FAIL("no such row");
    return {};
  }

 private:
  static trace::Event Note(std::uint32_t host, core::NoteKind note, std::uint64_t value) {
    trace::Event event;
    event.kind = trace::EventKind::kNote;
    event.node = core::NodeId(host);
    event.note = note;
    event.value = value;
    return event;
  }

  Timeline timeline_;
};

}  // namespace

TEST_CASE("timeline: what is committed and answered counts in the bin in which it happened") {
  Lines lines(0, 40);
  lines.Commit(14, 0, 0);
  lines.Say(14, 0, core::NoteKind::kReturned);
  lines.Say(19, 0, core::NoteKind::kReturned);
  lines.Commit(20, 0, 1);
  lines.Commit(29, 2, 0);
  CHECK(lines.At(0, 0).commits == 0);
  CHECK(lines.At(10, 0).commits == 1);
  CHECK(lines.At(10, 0).answered == 2);
  CHECK(lines.At(20, 0).commits == 1);
  CHECK(lines.At(20, 2).commits == 1);
  CHECK(lines.At(30, 2).commits == 0);
  // Four bins of two hosts; the one that said nothing has no rows.
  CHECK(lines.timeline().Rows().size() == 4 * 2);
}

TEST_CASE("timeline: latency is from the beginning of the round, lag from the oldest open one") {
  Lines lines(0, 40);
  CHECK(*lines.timeline().round_ps() == doctest::Approx(2e6));
  lines.Commit(BeginUs(0) + 4, 0, 0);
  lines.Commit(BeginUs(1) + 6, 0, 1);
  // Two rounds and three.
  CHECK(*lines.At(10, 0).latency_rounds == doctest::Approx(2.5));
  // At 20 us round 2, which began at 14, is open; 10 and 20 us later it still is.
  CHECK(*lines.At(10, 0).lag_rounds == doctest::Approx(AgeOf(2, 20)));
  CHECK(*lines.At(30, 0).lag_rounds == doctest::Approx(AgeOf(2, 40)));
  CHECK_FALSE(lines.At(30, 0).latency_rounds.has_value());
}

TEST_CASE("timeline: who is down has neither lag nor lanes, and forgets what it had committed") {
  Lines lines(0, 60);
  lines.Commit(14, 1, 0);
  lines.Happen(21, 1, trace::EventKind::kCrash);
  lines.Happen(41, 1, trace::EventKind::kRestart);
  lines.Say(52, 1, core::NoteKind::kInstalled, 3 * 20);
  CHECK(lines.At(10, 1).lanes == 3);
  CHECK_FALSE(lines.At(20, 1).lag_rounds.has_value());
  CHECK_FALSE(lines.At(30, 1).lanes.has_value());
  CHECK(*lines.At(40, 1).lag_rounds == doctest::Approx(AgeOf(0, 50)));
  // The state that it took over goes up to round 20, which begins at 50 us.
  CHECK(*lines.At(50, 1).lag_rounds == doctest::Approx(AgeOf(20, 60)));
}

TEST_CASE("timeline: lanes are those of the newest change, also where no bin shows it") {
  Lines lines(30, 50);
  lines.Commit(14, 0, 0);  // Before the window.
  lines.Say(20, 0, kLanes, 5, 0b101);
  lines.Say(44, 0, kLanes, 9, 0b111);
  lines.Say(55, 0, kLanes, 12, 0b001);  // After it.
  CHECK(lines.timeline().Rows().size() == 2);
  CHECK(lines.At(30, 0).lanes == 2);
  CHECK(lines.At(40, 0).lanes == 3);
  CHECK(*lines.At(30, 0).lag_rounds == doctest::Approx(AgeOf(1, 40)));
}

TEST_CASE("timeline: faults, restarts and rejoins are marked by name") {
  Lines lines(0, 100);
  lines.Happen(10, 1, trace::EventKind::kFault, 1);
  lines.Happen(20, 1, trace::EventKind::kFault, 0);
  lines.Happen(30, 2, trace::EventKind::kRestart);
  lines.Say(40, 2, core::NoteKind::kRejoined);
  std::vector<std::string> marks;
  for (const Timeline::Mark& mark : lines.timeline().marks()) marks.push_back(mark.what);
  CHECK(marks == std::vector<std::string>{"nap begins", "nap ends", "a2 restarts", "a2 rejoined"});
}

TEST_CASE("timeline: where nobody tells of rounds, commits count and nothing is in rounds") {
  Timeline timeline(Lines::Recipe(), {Duration::Microseconds(10), AtUs(0), AtUs(10)});
  trace::Event event;
  event.kind = trace::EventKind::kNote;
  event.note = core::NoteKind::kCommitted;
  event.at = AtUs(5);
  timeline.OnEvent(event);
  REQUIRE(timeline.Rows().size() == 1);
  CHECK(timeline.Rows()[0].commits == 1);
  CHECK_FALSE(timeline.Rows()[0].latency_rounds.has_value());
  CHECK_FALSE(timeline.Rows()[0].lag_rounds.has_value());
}

}  // namespace lockstep::tests
