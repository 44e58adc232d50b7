// The verdict on a whole run, and its summary.

#include "analysis/judge.h"

#include <memory>
#include <string>
#include <vector>

#include "analysis/oracles.h"
#include "analysis/verdict.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

constexpr std::uint64_t kMessages = 16 * 5;

// A loss-free run of n = 4 that exercises every promise.
Story GoodRun(analysis::Recipe recipe) {
  Story story(std::move(recipe));
  story.AtMs(100);
  for (std::uint32_t lane = 0; lane < 16; ++lane) {
    const core::Run run{lane, kMessages / 16, 16};
    const std::uint32_t receiver = (lane % 4 + lane / 4) % 4;
    story.Passed(A(lane % 4), B(receiver), run).Delivered(B(receiver), run);
    for (std::uint32_t other = 0; other < 4; ++other) {
      if (other != receiver) story.Passed(B(receiver), B(other), run).Delivered(B(other), run);
    }
  }
  for (std::uint32_t i = 0; i < 4; ++i)
    story.Stated(B(i), A(i), kMessages).Heard(A(i), B(i), kMessages);
  story.AtMs(1500).Quacked(A(0), kMessages);
  return story;
}

nlohmann::json SummaryOf(const Story& story) {
  analysis::Judge judge(story.recipe());
  story.Tell(judge);
  return judge.Summary();
}

analysis::Recipe WithFault(std::uint64_t expect_effect) {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.faults = {{"lost", "drop", expect_effect}};
  return recipe;
}

}  // namespace

TEST_CASE("judge: a good run holds, and every promised oracle says so") {
  const nlohmann::json summary = SummaryOf(GoodRun(TwoClusters(4, 4)).AtMs(3000).End());
  CHECK(summary["verdict"] == "holds");
  CHECK(summary["as_expected"] == true);
  CHECK(summary["is_complete"] == true);
  std::string oracles;
  for (const auto& oracle : summary["oracles"]) {
    oracles.append(oracle["oracle"].get<std::string>()).append(" ");
    CHECK(oracle["verdict"] == "holds");
    CHECK(oracle["findings"].empty());
  }
  CHECK(oracles == "I D L Q A R1 R2 W ");
}

TEST_CASE("judge: only what is promised is judged") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.promises.clear();
  Promise(recipe, "I");
  const auto panel = analysis::MakePanel(std::make_shared<const analysis::Recipe>(recipe));
  REQUIRE(panel.ok());
  REQUIRE(panel->checkers.size() == 1);
  CHECK(panel->checkers[0]->oracle() == "I");
}

TEST_CASE("judge: a promise that no oracle takes is refused by its place") {
  const auto refusal = [](const analysis::Promise& promise) {
    analysis::Recipe recipe = TwoClusters(4, 4);
    recipe.promises.push_back(promise);
    return std::string(analysis::CheckPromises(recipe).message());
  };
  const analysis::Scope stream{analysis::Scope::Kind::kStream, 0};
  const analysis::Scope cluster{analysis::Scope::Kind::kCluster, 0};
  CHECK(refusal({"I", stream, {}}).empty());
  CHECK(refusal({"ZZ", stream, {}}) == "/promises/7/oracle: there is no oracle ZZ");
  CHECK(refusal({"I", cluster, {}}) == "/promises/7 (I): want a promise about a stream");
  CHECK(refusal({"L", stream, {{"to", "some"}}}).find("/promises/7 (L): want the parameter") == 0);
  CHECK(refusal({"R1", stream, {{"repeat_interval_ps", -1}}}).find("/promises/7 (R1)") == 0);
  CHECK(refusal({"R3", stream, {{"allowed", "few"}}}).find("/promises/7 (R3)") == 0);
}

TEST_CASE("judge: one violation decides, and is told") {
  Story story = GoodRun(TwoClusters(4, 4)).Delivered(B(1), {17, 1, 1});
  const nlohmann::json summary = SummaryOf(story.AtMs(3000).End());
  CHECK(summary["verdict"] == "violated");
  CHECK(summary["as_expected"] == false);
  const nlohmann::json& duplicates = summary["oracles"][1];
  CHECK(duplicates["stream"] == "a -> b");
  CHECK(duplicates["violations"] == 1);
  CHECK(duplicates["findings"][0]["node"] == "b1");
  CHECK(duplicates["findings"][0]["at_ps"] == 1'500'000'000'000);
  CHECK(duplicates["findings"][0]["text"] ==
        "b1 delivers k′ 17 a second time (1 such in this note)");
}

TEST_CASE("judge: an expected violation must come from the oracle that was named") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.expect = {Verdict::kViolated, "D"};
  const Story story = GoodRun(recipe).Delivered(B(1), {17, 1, 1}).AtMs(3000).End();
  CHECK(SummaryOf(story)["as_expected"] == true);
  recipe.expect = {Verdict::kViolated, "Q"};
  const Story other = GoodRun(recipe).Delivered(B(1), {17, 1, 1}).AtMs(3000).End();
  CHECK(SummaryOf(other)["as_expected"] == false);
}

TEST_CASE("judge: a promise that was never put to the test is not kept") {
  const Story story = Story(TwoClusters(4, 4)).AtMs(3000).End();
  CHECK(SummaryOf(story)["verdict"] == "not exercised");
}

TEST_CASE("judge: where nothing was promised nothing is judged, which is not to hold") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.promises.clear();
  const auto verdict = [&] { return SummaryOf(GoodRun(recipe).AtMs(3000).End())["verdict"]; };
  CHECK(verdict() == "not judged");
  // That no more failed than the budget bears is a claim about the scenario.
  recipe.promises = {{"CB", {analysis::Scope::Kind::kCluster, 0}, nlohmann::json::object()}};
  CHECK(verdict() == "not judged");
  recipe.faults = {{"idle", "drop", 1}};
  CHECK(verdict() == "not exercised");
  recipe.faults.clear();
  CHECK(SummaryOf(GoodRun(recipe))["verdict"] == "unknown");  // The trace has no end.
  Promise(recipe, "I");
  CHECK(verdict() == "holds");
}

TEST_CASE("judge: a fault without its effect makes the run not exercised") {
  CHECK(SummaryOf(GoodRun(WithFault(1)).AtMs(3000).End())["verdict"] == "not exercised");
  CHECK(SummaryOf(GoodRun(WithFault(0)).AtMs(3000).End())["verdict"] == "holds");
  const Story weak = GoodRun(WithFault(3)).Receipt(0, 9, 1).Receipt(0, 1, 1).AtMs(3000).End();
  CHECK(SummaryOf(weak)["verdict"] == "not exercised");
  const Story strong = GoodRun(WithFault(3)).Receipt(0, 9, 1).Receipt(0, 1, 2).AtMs(3000).End();
  const nlohmann::json summary = SummaryOf(strong);
  CHECK(summary["verdict"] == "holds");
  CHECK(summary["receipts"] == nlohmann::json::parse(R"([{"id": "lost", "kind": "drop",
      "touched": 10, "changed": 3, "expect_effect": 3}])"));
}

TEST_CASE("judge: a trace without an end is unknown, one cut short shows no delivery") {
  CHECK(SummaryOf(GoodRun(TwoClusters(4, 4)))["verdict"] == "unknown");
  const nlohmann::json cut = SummaryOf(GoodRun(TwoClusters(4, 4)).AtMs(1600).End(true));
  CHECK(cut["verdict"] == "not exercised");
  CHECK(cut["is_complete"] == false);
}

TEST_CASE("judge: violated outranks unknown, unknown outranks not exercised") {
  using analysis::Worse;
  CHECK(Worse(Verdict::kHolds, Verdict::kNotExercised) == Verdict::kNotExercised);
  CHECK(Worse(Verdict::kUnknown, Verdict::kNotExercised) == Verdict::kUnknown);
  CHECK(Worse(Verdict::kUnknown, Verdict::kViolated) == Verdict::kViolated);
  CHECK(Worse(Verdict::kNotJudged, Verdict::kNotExercised) == Verdict::kNotExercised);
  CHECK(Worse(Verdict::kNotJudged, Verdict::kHolds) == Verdict::kNotJudged);
  CHECK(analysis::VerdictNamed("not_judged") == Verdict::kNotJudged);
  CHECK(analysis::VerdictNamed("not exercised") == Verdict::kNotExercised);
  CHECK_FALSE(analysis::VerdictNamed("fine").has_value());
}

TEST_CASE("judge: streams are judged apart") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  analysis::Stream back = recipe.streams[0];
  back.stream = core::StreamId(1);
  std::swap(back.from, back.to);
  recipe.streams.push_back(back);
  const std::vector<analysis::Promise> promised = recipe.promises;
  for (analysis::Promise promise : promised) {
    promise.scope.id = 1;
    recipe.promises.push_back(promise);
  }
  const Story good = GoodRun(recipe);
  Story story = good;
  for (trace::Event event : good.events()) {
    // The same, the other way round.
    const auto swapped = [](core::NodeId node) {
      return node.value() < kFirstReceiver ? B(node.value()) : A(node.value() - kFirstReceiver);
    };
    event.node = swapped(event.node);
    event.peer = swapped(event.peer);
    event.stream = core::StreamId(1);
    story.Raw(event);
  }
  CHECK(SummaryOf(Story(story).AtMs(3000).End())["verdict"] == "holds");
  story.Delivered(B(1), {17, 1, 1});
  trace::Event foreign;
  foreign.kind = trace::EventKind::kFact;
  foreign.stream = core::StreamId(9);
  story.Raw(foreign);
  const nlohmann::json summary = SummaryOf(story.AtMs(3000).End());
  for (const auto& oracle : summary["oracles"]) {
    const bool is_hurt = oracle["oracle"] == "D" && oracle["stream"] == "a -> b";
    CHECK(oracle["verdict"] == (is_hurt ? "violated" : "holds"));
  }
}

TEST_CASE("judge: checkers can be fed without one, after the facts that they share") {
  const Story story = GoodRun(TwoClusters(4, 4)).AtMs(3000).End();
  const auto recipe = std::make_shared<const analysis::Recipe>(story.recipe());
  const auto made = analysis::MakePanel(recipe);
  REQUIRE(made.ok());
  const analysis::Panel& panel = *made;
  // Without a judge, as sinks of an emitter would be fed.
  for (const trace::Event& event : story.events()) {
    const auto feed = [&](trace::Sink& sink) {
      if (sink.Wants().Has(event)) sink.OnEvent(event);
    };
    for (const auto& part : panel.shared.listeners()) feed(*part.sink);
    for (const auto& checker : panel.checkers) feed(*checker);
  }
  for (const auto& part : panel.shared.listeners()) part.sink->Finish();
  for (const auto& checker : panel.checkers) {
    checker->Finish();
    CHECK(checker->verdict() == Verdict::kHolds);
  }
}

}  // namespace lockstep::tests
