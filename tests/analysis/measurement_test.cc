// Whether what was measured is a measurement.

#include "analysis/measurement.h"

#include <string>
#include <vector>

#include "analysis/judge.h"
#include "analysis/metrics.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using Lines = std::vector<std::string>;
using nlohmann::json;

// Measured for two seconds, from 1 s to 3 s: messages go out `window` at a time, `rounds` times,
// and are delivered and QUACKed before the next.
Story Windows(std::uint64_t window, std::uint64_t rounds, std::int64_t latency_ms = 1) {
  Story story(TwoClusters(4, 1));
  story.AtMs(999).Metric(B(0), trace::Metric::kIngressBytes, 1);
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const core::Run run{window * i, window, 1};
    const auto at = static_cast<std::int64_t>(1'001 + i * 1'900 / rounds);
    story.AtMs(at).Offered(A(0), B(0), run);
    story.AtMs(at + latency_ms).Handed(B(0), A(0), run).Delivered(B(0), run);
    for (std::uint32_t sender = 0; sender < 4; ++sender) story.Quacked(A(sender), window * (i + 1));
  }
  return story.AtMs(3'000).End();
}

json SummaryOfWindows(const Story& story) {
  analysis::Judge judge(story.recipe());
  story.Tell(judge);
  return judge.Summary();
}

Lines RemarksOf(const Story& story) { return SummaryOfWindows(story).value("remarks", Lines()); }

}  // namespace

TEST_CASE("measurement: fewer than five windows of what was outstanding are remarked on") {
  CHECK(RemarksOf(Windows(100, 5)).empty());
  CHECK(SummaryOfWindows(Windows(100, 5))["measured_for"]["windows"] == 5);
  CHECK(SummaryOfWindows(Windows(100, 4))["streams"][0]["outstanding_most"] == 100);
  CHECK(RemarksOf(Windows(100, 4)) ==
        Lines{"the measured time holds 4 windows (as much as what was outstanding varied by); "
              "below 5 a rate is none"});
}

TEST_CASE("measurement: a window that is full all the time costs no precision, however large") {
  Story story(TwoClusters(4, 1));
  story.AtMs(999).Metric(B(0), trace::Metric::kIngressBytes, 1).Offered(A(0), B(0), {0, 1000, 1});
  // A thousand are outstanding and the same number is QUACKed in the measured time: one window by
  // its size, a hundred by what it varies.
  for (std::uint64_t i = 0; i < 100; ++i) {
    const core::Run run{10 * i, 10, 1};
    story.AtMs(static_cast<std::int64_t>(1'001 + 19 * i));
    story.Handed(B(0), A(0), run).Delivered(B(0), run);
    for (std::uint32_t sender = 0; sender < 4; ++sender) story.Quacked(A(sender), 10 * (i + 1));
    story.Offered(A(0), B(0), {1000 + 10 * i, 10, 1});
  }
  const json summary = SummaryOfWindows(story.AtMs(3'000).End());
  CHECK(summary["streams"][0]["outstanding_most"] == 1000);
  CHECK(summary["streams"][0]["outstanding_swing"] == 10);
  CHECK(summary["measured_for"]["windows"] == 100);
}

TEST_CASE("measurement: fewer than twenty latencies are remarked on") {
  CHECK(RemarksOf(Windows(100, 10, 99)).empty());
  const Lines remarks = RemarksOf(Windows(100, 10, 105));
  REQUIRE(remarks.size() == 1);
  CHECK(remarks[0] == "the measured time holds 19 latencies; below 20 a rate is none");
}

TEST_CASE("measurement: fewer than five cycles are remarked on where something was resent") {
  const auto remarks = [](std::uint64_t repeat_ms, std::uint64_t resends) {
    analysis::Recipe recipe = TwoClusters(4, 4);
    Promise(recipe, "R1", {{"repeat_interval_ps", repeat_ms * 1'000'000'000}});
    json summary = SummaryOfWindows(Windows(100, 10));
    for (json& row : summary["oracles"])
      if (row.contains("counts")) row["counts"]["resends"] = resends;
    return analysis::RemarksOn(analysis::MeasuredFor(recipe, summary));
  };
  CHECK(remarks(401, 0).empty());
  CHECK(remarks(400, 7).empty());
  CHECK(remarks(500, 7) ==
        Lines{"the measured time holds 4 resend cycles; below 5 a rate is none"});
}

TEST_CASE("measurement: published and delivered that differ by more than a tenth are remarked on") {
  const auto remarks = [](std::uint64_t quacked) {
    Story story = Windows(100, 10);
    analysis::Recipe recipe = story.recipe();
    json summary = SummaryOfWindows(story);
    summary["streams"][0]["as_published"]["messages_per_s"] = static_cast<double>(quacked) / 2;
    return analysis::RemarksOn(analysis::MeasuredFor(recipe, summary));
  };
  CHECK(remarks(1'000).empty());
  CHECK(remarks(900).empty());
  CHECK(remarks(890) == Lines{"what was published, as counted at the senders, and what was "
                              "delivered differ by 11 %"});
  CHECK(remarks(1'120).size() == 1);
}

TEST_CASE("measurement: of many runs the worst is told, from their metrics") {
  analysis::RemarksOfMany many;
  for (const double windows : {7.0, 3.0, 1.0, 4.0})
    many.Add(analysis::MeasuredForOf({{"measured_windows", windows}, {"delivered", 1.0}}));
  many.Add(analysis::MeasuredForOf({{"published_difference", 0.2}}));
  many.Add(analysis::MeasuredForOf({{"published_difference", 0.3}}));
  const auto all = many.All();
  REQUIRE(all.size() == 2);
  CHECK(all[0].first == 2);
  CHECK(all[0].second.find("differ by 30 %") != std::string::npos);
  CHECK(all[1].first == 3);
  CHECK(all[1].second.find("holds 1 windows") != std::string::npos);
}

TEST_CASE("measurement: a run that was not measured is not remarked on") {
  Story story(TwoClusters(4, 1));
  story.AtMs(500).Offered(A(0), B(0), {0, 100, 1}).End();
  CHECK(SummaryOfWindows(story)["measured_for"].empty());
}

TEST_CASE("notes: what nodes note is counted by kind, and a second from the warm-up on") {
  analysis::Recipe recipe = TwoClusters(4, 1);
  recipe.notes = {"own_kind"};
  Story story(recipe);
  const auto note = [&](const char* kind, std::uint64_t count) {
    trace::Event event;
    event.kind = trace::EventKind::kNote;
    event.note = core::NoteKind(kind);
    event.node = event.peer = A(0);
    event.SetRun({7, count, 1});
    story.Raw(event);
  };
  story.AtMs(500);
  note("own_kind", 1);
  story.AtMs(2'000);
  note("own_kind", 4);
  note("malformed", 1);
  note("nobody_declares_it", 1);
  const json summary = SummaryOfWindows(story.AtMs(3'000).End());
  CHECK(summary["notes"] == json::parse(R"({"malformed": {"count": 1, "per_s": 0.5},
                                            "own_kind": {"count": 5, "per_s": 2.0}})"));
  CHECK(analysis::NoteMetricsOf(summary).at("notes_own_kind") == 5);
  CHECK(analysis::NoteMetricsOf(summary).at("notes_own_kind_per_s") == 2);
  const auto metrics = analysis::MetricsOf(summary);
  CHECK(metrics.at("notes_malformed_per_s") == 0.5);
  CHECK_FALSE(metrics.contains("notes_own_kind"));  // Not known to every protocol.
}

TEST_CASE("notes: what was sent again is counted by stream and attempt") {
  analysis::Recipe recipe = TwoClusters(4, 1);
  recipe.notes = {"resent"};
  Story story(recipe);
  const auto resent = [&](std::uint64_t attempt, std::uint64_t count) {
    trace::Event event;
    event.kind = trace::EventKind::kNote;
    event.note = core::NoteKind("resent");
    event.node = event.peer = A(0);
    event.detail = attempt;
    event.SetRun({7, count, 1});
    story.Raw(event);
  };
  story.AtMs(500);
  resent(1, 3);
  resent(2, 1);
  resent(1, 2);
  resent(1'000, 1);
  const json summary = SummaryOfWindows(story.AtMs(3'000).End());
  CHECK(summary["notes"]["resent"]["by_attempt"] ==
        json::parse(R"({"a -> b": {"1": 5, "2": 1, "64": 1}})"));
  CHECK(analysis::NoteMetricsOf(summary).at("notes_resent_attempt_1") == 5);
  CHECK(analysis::NoteMetricsOf(summary).at("notes_resent_attempt_2") == 1);
}

}  // namespace lockstep::tests
