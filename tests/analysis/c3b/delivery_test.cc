// Eventual delivery: what is right is accepted, and what is not is refused.

#include "analysis/c3b/delivery.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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
    story.AtMs(2400).Delivered(B(receiver++), {0, end, 1});
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
        "b2 has not delivered k′ 6, one of 1 that were transmitted by the heal; stuck: the QUACK "
        "stands at 0 since 0 ms");
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

TEST_CASE(
    "delivery: what goes to brokers in between counts as transmitted, what they say does not") {
  constexpr core::NodeId kBroker(200);
  Story story(TwoClusters(2, 2));
  story.AtMs(500).Offered(kBroker, B(0), {8, 8, 1});
  CHECK(Story(story).AtMs(3000).End().Ask("L") == Verdict::kNotExercised);
  story.Offered(A(0), kBroker, {0, 2, 2});
  CHECK(Story(story).AtMs(3000).End().Ask("L") == Verdict::kViolated);
  for (std::uint32_t i = 0; i < 2; ++i) story.AtMs(600).Delivered(B(i), {0, 2, 2});
  CHECK(story.AtMs(3000).End().Ask("L") == Verdict::kHolds);
}

TEST_CASE("delivery: that a greater k′ was sent says nothing of those below it") {
  // a1 was stopped after k′ 1, and a0 runs ahead: 3, 5 and 7 were never sent.
  Story story(TwoClusters(2, 2));
  story.AtMs(500).Offered(A(0), B(0), {0, 4, 2}).Offered(A(1), B(1), {1, 1, 1});
  for (std::uint32_t i = 0; i < 2; ++i) {
    story.AtMs(600).Delivered(B(i), {0, 4, 2}).Delivered(B(i), {1, 1, 1});
  }
  CHECK(Story(story).AtMs(3000).End().Ask("L") == Verdict::kHolds);
  // Sent by the heal after all, and not delivered.
  story.AtMs(2000).Offered(A(1), B(1), {5, 1, 1}).AtMs(3000).End();
  CHECK(story.Ask("L") == Verdict::kViolated);
  CHECK(story.FirstFinding("L").starts_with("b0 has not delivered k′ 5, one of 1 "));
}

TEST_CASE("delivery: what a faulty sender sent counts only where a correct one sent it, too") {
  Story story(TwoClusters(4, 4));
  story.AtMs(500).Offered(A(0), B(0), {0, 1, 1}).Offered(A(1), B(1), {1, 2, 4});
  for (std::uint32_t i = 0; i < 4; ++i) story.Delivered(B(i), {0, 1, 1});
  story.AtMs(1000).Faulty(A(1));
  CHECK(Story(story).AtMs(3000).End().Ask("L") == Verdict::kHolds);
  story.AtMs(1500).Offered(A(2), B(2), {1, 1, 1}).AtMs(3000).End();
  CHECK(story.Ask("L") == Verdict::kViolated);
  CHECK(story.FirstFinding("L").starts_with("b0 has not delivered k′ 1, one of 1 "));
}

TEST_CASE("delivery: slow is told from stuck, with its rate and when it would be done") {
  // 8 were transmitted; of the 4 that b0 lacks at 2.5 s, halfway, 2 come by 3 s.
  Story slow(TwoClusters(1, 1));
  slow.AtMs(500).Offered(A(0), B(0), {0, 8, 1}).Delivered(B(0), {0, 4, 1});
  slow.AtMs(2600).Delivered(B(0), {4, 1, 1}).AtMs(2900).Delivered(B(0), {5, 1, 1});
  slow.AtMs(3000).End();
  CHECK(
      slow.FirstFinding("L") ==
      "b0 has not delivered k′ 6, one of 2 that were transmitted by the heal; slow: 2 came in the "
      "last 500 ms, 4 a second, so that all would be there 500 ms later");
  CHECK(slow.Counts("L") == std::vector<std::uint64_t>{0, 0, 0, 1, 0});
}

TEST_CASE(
    "delivery: a promise that depends on leaders is judged while they are correct, and else not") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  for (analysis::Promise& promise : recipe.promises) {
    if (promise.oracle == "L") promise.parameters["if_correct"] = {A(0).value(), B(0).value()};
  }
  // b2 lacks something: that counts, but where a leader is faulty.
  const Story story = Transmission(recipe, {8, 8, 6, 8});
  const auto verdict = [&](std::optional<core::NodeId> faulty) {
    Story told = story;
    if (faulty) told.Faulty(*faulty);
    return told.AtMs(3000).End().Ask("L");
  };
  CHECK(verdict(std::nullopt) == Verdict::kViolated);
  CHECK(verdict(A(3)) == Verdict::kViolated);
  CHECK(verdict(B(1)) == Verdict::kViolated);
  CHECK(verdict(A(0)) == Verdict::kNotExercised);
  CHECK(verdict(B(0)) == Verdict::kNotExercised);
  for (const nlohmann::json& wrong : {nlohmann::json("a0"), nlohmann::json({"a0"}),
                                      nlohmann::json({999}), nlohmann::json({-1})}) {
    for (analysis::Promise& promise : recipe.promises)
      if (promise.oracle == "L") promise.parameters["if_correct"] = wrong;
    CHECK_FALSE(analysis::CheckPromises(recipe).ok());
  }
}

TEST_CASE("delivery: who is below the QUACK is called left behind (Picsou, section 4.3)") {
  Story story = Transmission(TwoClusters(4, 4), {8, 8, 6, 8});
  story.Delivered(B(2), {7, 1, 1}).Quacked(A(0), 7).Quacked(A(1), 8).AtMs(3000).End();
  CHECK(
      story.FirstFinding("L") ==
      "b2 has not delivered k′ 6, one of 1 that were transmitted by the heal; stuck, left behind: "
      "it is below the QUACK 8, so that no sender sends it again");
  CHECK(story.Counts("L") == std::vector<std::uint64_t>{1, 0, 0, 0, 0});
}

TEST_CASE("delivery: a QUACK that stands is named, one that moves is not") {
  Story story = Transmission(TwoClusters(4, 4), {6, 6, 6, 6});
  Story stands = story;
  stands.AtMs(2500).Quacked(A(1), 6).AtMs(3000).End();
  CHECK(stands.FirstFinding("L").ends_with("stuck: the QUACK stands at 6 since 2500 ms"));
  CHECK(stands.Counts("L") == std::vector<std::uint64_t>{0, 4, 0, 0, 0});
  story.AtMs(2400).Quacked(A(1), 4).AtMs(2501).Quacked(A(1), 6).AtMs(3000).End();
  CHECK(story.Counts("L") == std::vector<std::uint64_t>{0, 0, 0, 4, 0});
  // All lack 6 and 7.
  CHECK(
      story.FirstFinding("L").ends_with("slow: 2 below these came past the QUACK in the last "
                                        "500 ms, 4 a second, so that all would be there 500 ms "
                                        "later"));
  // Another sender that comes there later moves nothing.
  Story twice = Transmission(TwoClusters(4, 4), {6, 6, 6, 6});
  twice.AtMs(2400).Quacked(A(1), 6).AtMs(2600).Quacked(A(0), 6).AtMs(3000).End();
  CHECK(twice.FirstFinding("L").ends_with("stuck: the QUACK stands at 6 since 2400 ms"));
  // A protocol without QUACKs has neither.
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.streams[0].throughput = analysis::Published::kEnqueue;
  Story other(recipe);
  other.AtMs(500).Offered(A(0), B(0), {0, 1, 1}).AtMs(3000).End();
  CHECK(other.FirstFinding("L").ends_with(
      "stuck: nothing of it came in the second half of the settling time"));
}

TEST_CASE("delivery: its cause tells left behind, a QUACK that stands, stuck and slow apart") {
  analysis::Outlook outlook = analysis::Outlook::kUnclear;
  const auto cause = [&](const analysis::Recipe& recipe, const Story& story) {
    analysis::Judge judge(recipe);
    story.Tell(judge);
    for (std::size_t i = 0; i < judge.checkers().size(); ++i) {
      if (judge.checkers()[i]->oracle() != "L") continue;
      CHECK(judge.NatureOf(i) == analysis::Nature::kLiveness);
      outlook = judge.checkers()[i]->outlook();
    }
    const nlohmann::json summary = judge.Summary();
    for (const nlohmann::json& row : summary["oracles"])
      if (row["oracle"] == "L") return row.value("cause", "none");
    return std::string("no row");
  };
  const analysis::Recipe two = TwoClusters(4, 4);
  Story behind = Transmission(two, {8, 8, 6, 8});
  behind.Delivered(B(2), {7, 1, 1}).Quacked(A(0), 7).Quacked(A(1), 8).AtMs(3000).End();
  CHECK(cause(two, behind) == "left behind");
  CHECK(outlook == analysis::Outlook::kMayCome);
  Story skipped = Transmission(two, {8, 8, 6, 8});
  skipped.Delivered(B(2), {7, 1, 1}).Quacked(A(0), 8).Skipped(B(2), {6, 1, 1}).AtMs(3000).End();
  CHECK(cause(two, skipped) == "skipped");
  CHECK(outlook == analysis::Outlook::kNeverComes);
  // Where it has left some behind and stands for the others it is that which stops all.
  Story both = Transmission(two, {6, 6, 3, 6});
  both.AtMs(2500).Quacked(A(1), 6).AtMs(3000).End();
  CHECK(cause(two, both) == "the QUACK stands");
  CHECK(outlook == analysis::Outlook::kMayCome);
  Story stands = Transmission(two, {6, 6, 6, 6});
  stands.AtMs(2500).Quacked(A(1), 6).AtMs(3000).End();
  CHECK(cause(two, stands) == "the QUACK stands");
  Story slow = Transmission(two, {6, 6, 6, 6});
  slow.AtMs(2400).Quacked(A(1), 4).AtMs(2501).Quacked(A(1), 6).AtMs(3000).End();
  CHECK(cause(two, slow) == "slow");
  CHECK(outlook == analysis::Outlook::kMayCome);
  Story good = Transmission(two, {8, 8, 8, 8});
  good.AtMs(3000).End();
  CHECK(cause(two, good) == "none");
  analysis::Recipe other = two;
  other.streams[0].throughput = analysis::Published::kEnqueue;
  Story stuck(other);
  stuck.AtMs(500).Offered(A(0), B(0), {0, 1, 1}).AtMs(3000).End();
  CHECK(cause(other, stuck) == "stuck");
  CHECK(outlook == analysis::Outlook::kUnclear);
}

TEST_CASE("delivery: what is skipped is excused where all who had it were beyond what they keep") {
  const auto verdict = [](std::optional<std::uint64_t> retain, std::uint64_t reach) {
    analysis::Recipe recipe = TwoClusters(4, 4);
    for (analysis::Promise& promise : recipe.promises)
      if (promise.oracle == "L" && retain) promise.parameters["retain"] = *retain;
    Story story = Transmission(recipe, {8, 8, 6, 8});
    for (const std::uint32_t i : {0U, 1U, 3U}) story.Delivered(B(i), {reach - 1, 1, 1});
    story.Delivered(B(2), {7, 1, 1}).Quacked(A(0), 8).Skipped(B(2), {6, 1, 1});
    return story.AtMs(3000).End().Ask("L");
  };
  CHECK(verdict(20, 27) == Verdict::kUnknown);
  // They keep 20, and k′ 6 is among the last 20 that they have delivered.
  CHECK(verdict(20, 26) == Verdict::kViolated);
  CHECK(verdict(std::nullopt, 1'000) == Verdict::kViolated);
}

TEST_CASE("delivery: what was sent is remembered as far as somebody lacks it") {
  Story story(TwoClusters(4, 4));
  const auto facts = std::make_shared<analysis::StreamFacts>(
      std::make_shared<const analysis::Recipe>(story.recipe()), 0);
  analysis::DeliveryChecker checker(facts, /*is_to_all=*/true);
  // Every fifth message is sent again by another, so that its lane has a gap there.
  for (std::uint64_t k = 0; k < 50'000; ++k) {
    story.Offered(A(static_cast<std::uint32_t>(k % 4)), B(0), {k, 1, 1});
    if (k % 5 == 0) story.Offered(A(static_cast<std::uint32_t>((k + 1) % 4)), B(0), {k, 1, 1});
    for (std::uint32_t i = 0; i < 4 && k % 100 == 99; ++i) story.Delivered(B(i), {k - 99, 100, 1});
  }
  for (const trace::Event& event : story.events()) checker.OnEvent(event);
  CHECK(checker.size() <= 4 * 4096);
}

}  // namespace lockstep::tests
