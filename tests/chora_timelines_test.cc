// When what happens in the failures of Chora-R's scenarios, in rounds: slots of a dead owner, its
// lane, pauses that keep a lane and pauses that lose it, the return of who had lost its memory.
//
// What is expected follows from the rules, with the defaults D = 1, K_dead = 16, W_soft = 64 and
// W_hard = 4096; a message takes about 0.75 of a round of 1.86 us, and repair leaves half a round
// after a boundary. A note is performed when the log core has come to it, some tenths of a round
// after what it tells. Chora-R, a reconstruction; the paper's body was not available.

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/timeline.h"
#include "sim/world.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

constexpr core::NoteKind kResolved{"resolved"};
constexpr core::NoteKind kLanes{"lanes"};
constexpr core::NoteKind kComplete{"round_complete"};
constexpr core::NoteKind kRecovering{"recovering"};
constexpr std::uint64_t kDeadRounds = 16;
constexpr std::uint64_t kHardWindow = 4096;

// Notes and faults of a run, and which round it was.
class RoundStory final : public trace::Sink {
 public:
  trace::Interest Wants() const override {
    trace::Interest wants(Bit(trace::EventKind::kFault));
    for (const core::NoteKind note :
         {kResolved, kLanes, kComplete, kRecovering, core::NoteKind::kRejoined})
      wants.Add(note);
    return wants;
  }
  void OnEvent(const trace::Event& event) override {
    if (!event.Is(kComplete)) return events_.push_back(event);
    (first_ ? last_ : first_) = event;
  }
  void Finish() override {}

  // The round at `at`, with what has passed of it. Round r begins at A + r L.
  double RoundAt(core::Instant at) const {
    const double begun_ps = static_cast<double>(first_->detail);
    const double round_ps = (static_cast<double>(last_->detail) - begun_ps) /
                            static_cast<double>(last_->value - first_->value);
    return (static_cast<double>(at.ps()) - begun_ps) / round_ps +
           static_cast<double>(first_->value);
  }
  // When the first fault began, or ended.
  double FaultAt(bool begins) const {
    for (const trace::Event& event : events_)
      if (event.kind == trace::EventKind::kFault && (event.detail == 1) == begins)
        return RoundAt(event.at);
    FAIL("there is no such fault");
    return 0;
  }
  std::vector<trace::Event> Notes(core::NoteKind kind, std::uint32_t host) const {
    std::vector<trace::Event> notes;
    for (const trace::Event& event : events_)
      if (event.Is(kind) && event.node == core::NodeId(host)) notes.push_back(event);
    return notes;
  }
  // How old slots of `lane` were when `host` had them decided as nothing, by round.
  std::map<std::uint64_t, double> NoopAges(std::uint32_t host, std::uint64_t lane) const {
    std::map<std::uint64_t, double> ages;
    for (const trace::Event& event : Notes(kResolved, host))
      if (event.detail % 64 == lane && event.digest == 0)
        ages.emplace(event.value, RoundAt(event.at) - static_cast<double>(event.value));
    return ages;
  }

 private:
  std::vector<trace::Event> events_;
  std::optional<trace::Event> first_;
  std::optional<trace::Event> last_;
};

void RunInto(const std::string& path, const std::vector<sim::Override>& overrides,
             trace::Sink& sink) {
  const auto prepared = cli::Prepare(path, overrides);
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  sim::World world(prepared->scenario, *prepared->program, {&sink});
  world.Run(prepared->scenario.end, ~std::uint64_t{0});
  world.Finish(/*is_cut=*/false);
}

RoundStory StoryOfScenario(const std::string& path, const std::vector<sim::Override>& overrides) {
  RoundStory story;
  RunInto(path, overrides, story);
  return story;
}

bool IsWithin(double value, double from, double to) { return from <= value && value <= to; }

// Of a pause of a1 that begins at 1 ms.
RoundStory StoryOfPause(const std::string& length) {
  return StoryOfScenario("scenarios/faults/chora-pause-50us.json",
                         {{"/run/for", "2ms"},
                          {"/phases", R"({"heal": "1200us", "settle": "800us"})"},
                          {"/faults/0/pause/target", "a1"},
                          {"/faults/0/for", length}});
}

}  // namespace

TEST_CASE("chora timeline: a dead owner's slots come to nothing at 2D and one repair each way") {
  const RoundStory story = StoryOfScenario(
      "scenarios/faults/chora-crash.json",
      {{"/run/for", "1200us"}, {"/phases", R"({"heal": "1100us", "settle": "100us"})"}});
  // a2 resolves a1's lane: its resolve leaves at 2.5 rounds, and a0's acceptance at 3.5.
  const auto at_peer = story.NoopAges(0, 1);
  const auto at_resolver = story.NoopAges(2, 1);
  REQUIRE(at_peer.size() >= kDeadRounds);
  for (const auto& [round, age] : at_peer) CHECK(IsWithin(age, 2.5 + 0.6, 2.5 + 1.2));
  for (const auto& [round, age] : at_resolver) CHECK(IsWithin(age, 3.5 + 0.6, 3.5 + 1.2));
  // K_dead of them are executed, and a RECONF and the round from which it holds follow.
  const std::uint64_t first = at_peer.begin()->first;
  for (const std::uint32_t host : {0U, 2U}) {
    const auto lanes = story.Notes(kLanes, host);
    REQUIRE(lanes.size() == 1);
    CHECK(lanes[0].detail == 0b101);
    CHECK(IsWithin(static_cast<double>(lanes[0].value - first), kDeadRounds + 5, kDeadRounds + 7));
    CHECK(story.RoundAt(lanes[0].at) - static_cast<double>(lanes[0].value) < 3);
  }
}

TEST_CASE("chora timeline: where the resolver is dead too, the next rank decides after 8D rounds") {
  const RoundStory story = StoryOfScenario(
      "scenarios/faults/chora-owner-and-resolver.json",
      {{"/run/for", "1200us"}, {"/phases", R"({"heal": "1100us", "settle": "100us"})"}});
  for (const std::uint32_t host : {0U, 3U, 4U}) {
    // 8D after the slot is open, a prepare, a promise, the value and its acceptances, each about a
    // round.
    const auto ages = story.NoopAges(host, 1);
    REQUIRE(ages.size() >= kDeadRounds);
    const std::uint64_t first = ages.begin()->first;
    CHECK(IsWithin(ages.begin()->second, 9 + 3.5, 9 + 6));
    // a2's lane has a resolver that lives.
    CHECK(IsWithin(story.NoopAges(host, 2).begin()->second, 3.5 + 0.6, 3.5 + 1.2));
    const auto lanes = story.Notes(kLanes, host);
    REQUIRE_FALSE(lanes.empty());
    CHECK(lanes.back().detail == 0b11001);
    CHECK(IsWithin(static_cast<double>(lanes.back().value - first), 31, 34));
    // It is known only when what came before it is decided.
    CHECK(IsWithin(story.RoundAt(lanes.back().at) - static_cast<double>(first), 42, 47));
  }
}

TEST_CASE("chora timeline: a pause of 33 us keeps the lane, one of 36 us loses it") {
  CHECK(StoryOfPause("33us").Notes(kLanes, 0).empty());
  const RoundStory lost = StoryOfPause("36us");
  REQUIRE(lost.Notes(kLanes, 0).size() == 2);
  CHECK(lost.Notes(kLanes, 0)[0].detail == 0b101);
  CHECK(lost.Notes(kLanes, 0)[1].detail == 0b111);
}

TEST_CASE("chora timeline: after a pause of 50 us the lane is back within 8 rounds of waking") {
  const RoundStory story = StoryOfPause("50us");
  for (const std::uint32_t host : {0U, 2U}) {
    const auto lanes = story.Notes(kLanes, host);
    REQUIRE(lanes.size() == 2);
    CHECK(lanes[1].detail == 0b111);
    CHECK(IsWithin(static_cast<double>(lanes[1].value) - story.FaultAt(false), 6, 8));
  }
}

TEST_CASE("chora timeline: after a pause of a millisecond a replica keeps up within 266 rounds") {
  const auto prepared = cli::Prepare("scenarios/faults/chora-pause.json", {});
  REQUIRE(prepared.ok());
  const auto at_us = [](std::int64_t us) {
    return core::Instant() + core::Duration::Microseconds(us);
  };
  analysis::Timeline timeline(prepared->recipe,
                              {core::Duration::Microseconds(10), at_us(0), at_us(3'000)});
  RunInto("scenarios/faults/chora-pause.json",
          {{"/run/for", "3500us"}, {"/phases", R"({"heal": "2100us", "settle": "1ms"})"}},
          timeline);
  const double round_us = *timeline.round_ps() / 1e6;
  const auto woken_us = 2'000.0;
  double lag_most = 0;
  double caught_up_us = 0;
  for (const analysis::Timeline::Row& row : timeline.Rows()) {
    if (row.host != core::NodeId(1)) continue;
    lag_most = std::max(lag_most, *row.lag_rounds);
    // The end of the last bin in which it lags by more than W_soft.
    if (*row.lag_rounds > 64) caught_up_us = static_cast<double>(row.begin.ps()) / 1e6 + 10;
  }
  CHECK(lag_most > 1'000 / round_us);
  CHECK((caught_up_us - woken_us) / round_us < 266);
}

TEST_CASE("chora timeline: who lost its memory takes part W_hard and a round after the answers") {
  const RoundStory story = StoryOfScenario("scenarios/faults/chora-rejoin.json", {});
  REQUIRE(story.Notes(kRecovering, 2).size() == 1);
  REQUIRE(story.Notes(core::NoteKind::kRejoined, 2).size() == 1);
  const trace::Event asked = story.Notes(kRecovering, 2)[0];
  const trace::Event rejoined = story.Notes(core::NoteKind::kRejoined, 2)[0];
  // A round and a half for question and answers, and two until what is above the floor is executed.
  const double after = story.RoundAt(rejoined.at) - story.RoundAt(asked.at);
  CHECK(IsWithin(after, kHardWindow + 1, kHardWindow + 5));
  // 7.6 ms.
  CHECK(IsWithin(static_cast<double>((rejoined.at - asked.at).ps()) / 1e9, 7.6, 7.65));
  // Its lane is active some rounds later, and everybody knows.
  for (const std::uint32_t host : {0U, 1U, 2U}) {
    const trace::Event lanes = story.Notes(kLanes, host).back();
    CHECK(lanes.detail == 0b111);
    CHECK(IsWithin(static_cast<double>(lanes.value) - story.RoundAt(rejoined.at), 3, 8));
  }
}

}  // namespace lockstep::tests
