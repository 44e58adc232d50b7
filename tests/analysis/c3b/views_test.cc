// Oracles across views of the clusters, on runs told by hand: by which schedule a send is judged,
// whose complaints count, what is bounded in each.
//
// n = 4 and u = r = 1 on both sides. In view 1, announced at 100 ms, the receivers' turns are in
// the order 1, 0, 3, 2: k′ 4 goes from a0 to b0, and attempt 1 from a1 to b3; in view 0 it goes to
// b1, and from a1 to b2. Repeats count after 100 ms.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analysis/c3b/resends.h"
#include "analysis/c3b/schedule_agreement.h"
#include "analysis/c3b/send_ledger.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

analysis::Recipe WithViews(std::vector<std::uint32_t> stake = {}) {
  analysis::Recipe recipe = TwoClusters(4, 4);
  Promise(recipe, "S");
  analysis::AnnouncedView view{1, core::Instant() + core::Duration::Milliseconds(100),
                               recipe.clusters};
  view.clusters[1].positions = {1, 0, 3, 2};
  view.clusters[1].stake = std::move(stake);
  recipe.views = {view};
  return recipe;
}

// All hear of view 1 at `ms`.
Story& AllTold(Story& story, std::int64_t ms) {
  story.AtMs(ms);
  for (std::uint32_t i = 0; i < 4; ++i) story.Told(A(i), 1).Told(B(i), 1);
  return story;
}

Story& HearsIn(Story& story, std::uint64_t view, std::int64_t ms, core::NodeId sender,
               std::initializer_list<std::uint32_t> receivers) {
  story.AtMs(ms);
  for (const std::uint32_t receiver : receivers) story.Heard(sender, B(receiver), 4).InView(view);
  return story;
}

}  // namespace

TEST_CASE("views: a send is judged by the schedule of the view that it states") {
  Story story(WithViews());
  story.AtMs(50).Offered(A(0), B(1), {4, 1, 1});
  AllTold(story, 110);
  story.AtMs(120).Offered(A(0), B(0), {4, 1, 1}).InView(1);
  CHECK(story.Ask("S") == Verdict::kHolds);
  CHECK(story.Ask("R1") == Verdict::kHolds);
  Story old = story;
  old.Offered(A(0), B(1), {8, 1, 1}).InView(1);  // In view 0 it were attempt 3, from a3.
  CHECK(old.Ask("S") == Verdict::kViolated);
  CHECK(old.FirstFinding("S") ==
        "a0 sends k′ 8 to b1, which the schedule of view 1 never asks of it");
}

TEST_CASE("views: one that nobody has announced, or not yet, is refused") {
  Story unknown(WithViews());
  unknown.AtMs(200).Offered(A(0), B(0), {4, 1, 1}).InView(2);
  CHECK(unknown.FirstFinding("S") ==
        "a0 states that it goes by view 2, which nobody has announced");
  Story early(WithViews());
  early.AtMs(99).Offered(A(0), B(0), {4, 1, 1}).InView(1);
  CHECK(early.Ask("S") == Verdict::kViolated);
}

TEST_CASE("views: a replica states the one that it was told of last") {
  Story story(WithViews());
  AllTold(story, 110);
  // It was listed before.
  story.AtMs(112).Stated(B(0), A(0), 0).ListedBefore(core::Duration::Milliseconds(3));
  story.AtMs(113).Stated(B(0), A(0), 0).InView(1);
  CHECK(story.AtMs(120).Passed(A(0), B(0), {0, 1, 1}).Ask("S") != Verdict::kViolated);
  Story old = story;
  CHECK(old.AtMs(130).Stated(B(0), A(1), 0).FirstFinding("S") ==
        "b0 states that it goes by view 0, and the newest that it was told of is 1");
  Story untold(WithViews());
  untold.AtMs(110).Told(B(1), 1).AtMs(120).Stated(B(0), A(1), 0).InView(1);
  CHECK(untold.Ask("S") == Verdict::kViolated);
  Story liar = old;
  CHECK(Story(WithViews()).Faulty(B(0), 2).Stated(B(0), A(1), 0).InView(7).Ask("S") !=
        Verdict::kViolated);
}

TEST_CASE("views: in each, a message has an original send, and one alone") {
  Story story(WithViews());
  story.AtMs(50).Offered(A(0), B(1), {4, 1, 1});
  AllTold(story, 110);
  story.AtMs(120).Offered(A(0), B(0), {4, 1, 1}).InView(1);
  CHECK(story.Ask("R1") == Verdict::kHolds);
  CHECK(story.AtMs(130).Offered(A(0), B(0), {4, 1, 1}).InView(1).Ask("R1") == Verdict::kViolated);
}

TEST_CASE("views: what was QUACKed before is not sent again, and all else is") {
  const auto turned = [] {
    Story story(WithViews());
    for (const std::uint32_t j : {0U, 1U}) story.AtMs(90).Heard(A(0), B(j), 30);
    AllTold(story, 110);
    return story;
  };
  // a0's for b0: 4, 20, 36, 52, ...
  Story story = turned();
  story.AtMs(120).Offered(A(0), B(0), {36, 1, 1}).InView(1);
  story.AtMs(121).Offered(A(0), B(0), {52, 3, 16}).InView(1);
  CHECK(story.Ask("R1") == Verdict::kHolds);
  Story old = turned();
  CHECK(old.AtMs(120).Offered(A(0), B(0), {20, 1, 1}).InView(1).FirstFinding("R1") ==
        "a0 sends k′ 20 in view 1, and it was QUACKed there before");
  Story over = turned();
  over.AtMs(120).Offered(A(0), B(0), {52, 1, 1}).InView(1);
  // Overtaken, it may come yet; and who passes over it at the end may have had no time.
  CHECK(over.Ask("R1") == Verdict::kHolds);
  Story overtaken = over;
  overtaken.AtMs(130).Offered(A(0), B(0), {36, 1, 1}).InView(1);
  CHECK(overtaken.AtMs(2'900).Offered(A(0), B(0), {68, 1, 1}).InView(1).Ask("R1") ==
        Verdict::kHolds);
  CHECK(
      over.AtMs(2'900).Offered(A(0), B(0), {68, 1, 1}).InView(1).FirstFinding("R1") ==
      "a0 never sends k′ 36 in view 1, where it sends later ones of the same turn, and it was not "
      "QUACKed");
  // What is QUACKed meanwhile needs no second send.
  Story late = turned();
  for (const std::uint32_t j : {0U, 1U}) late.AtMs(115).Heard(A(0), B(j), 37).InView(1);
  CHECK(late.AtMs(120).Offered(A(0), B(0), {52, 1, 1}).InView(1).Ask("R1") == Verdict::kHolds);
}

TEST_CASE("views: complaints count in the view that they state, once their sender is in it") {
  const auto resent = [](std::uint64_t first, std::uint64_t second) {
    Story story(WithViews());
    story.Faulty(A(0));
    HearsIn(story, 0, 90, A(1), {0, 1});
    AllTold(story, 110);
    HearsIn(story, first, 120, A(1), {0, 1});
    HearsIn(story, second, 250, A(1), {0, 1});
    story.AtMs(260).Offered(A(1), B(3), {4, 1, 1}).InView(1);
    return story;
  };
  CHECK(resent(1, 1).Ask("R1") == Verdict::kHolds);
  // Reports of two views are no complaint.
  CHECK(resent(0, 1).Ask("R1") == Verdict::kViolated);
  CHECK(resent(0, 0).FirstFinding("R1") ==
        "a1 sends k′ 4 to b3 again, but what it heard are no complaints");
  // Complaints that came before it was told do not count either.
  Story early(WithViews());
  early.Faulty(A(0));
  HearsIn(early, 1, 105, A(1), {0, 1});
  AllTold(early, 150);
  HearsIn(early, 1, 210, A(1), {0, 1});
  CHECK(early.AtMs(220).Offered(A(1), B(3), {4, 1, 1}).InView(1).Ask("R1") == Verdict::kViolated);
}

TEST_CASE("views: complaints weigh what their receivers weigh in the view") {
  const auto resent = [](const std::vector<std::uint32_t>& stake) {
    Story story(WithViews(stake));
    const analysis::Schedule schedule(story.recipe().views[0].clusters[0],
                                      story.recipe().views[0].clusters[1]);
    const auto from = static_cast<std::uint32_t>(schedule.Sender(4, 1));
    const auto to = static_cast<std::uint32_t>(schedule.Receiver(4, 1));
    AllTold(story, 110);
    for (const std::uint32_t j : {2U, 3U}) story.AtMs(115).Heard(A(from), B(j), 4).InView(1);
    HearsIn(story, 1, 120, A(from), {0, 1});
    HearsIn(story, 1, 250, A(from), {0, 1});
    return story.AtMs(260).Offered(A(from), B(to), {4, 1, 1}).InView(1).Ask("R1");
  };
  CHECK(resent({1, 1, 2, 1}) == Verdict::kHolds);
  CHECK(resent({1, 0, 2, 1}) == Verdict::kViolated);  // 1 of the 2 that are wanted
}

TEST_CASE("views: what is QUACKed stays so, and is complained about no more") {
  Story story(WithViews());
  story.Faulty(A(0));
  for (const std::uint32_t j : {0U, 1U}) story.AtMs(90).Heard(A(1), B(j), 9);
  AllTold(story, 110);
  // Somebody below it; whose QUACK were 0 would take that for complaints.
  HearsIn(story, 1, 120, A(1), {2, 3});
  HearsIn(story, 1, 250, A(1), {2, 3});
  CHECK(story.AtMs(260).Offered(A(1), B(3), {4, 1, 1}).InView(1).Ask("R1") == Verdict::kViolated);
}

TEST_CASE("views: the bound on sends is that of each, and a first send is no resend in any") {
  Story story(WithViews());
  story.Faulty(B(1), 2).AtMs(50).Offered(A(0), B(1), {4, 1, 1}).Offered(A(1), B(2), {5, 1, 1});
  AllTold(story, 110);
  story.AtMs(120).Offered(A(0), B(0), {4, 1, 1}).InView(1);
  CHECK(story.Ask("R2") == Verdict::kHolds);
  CHECK(story.Counts("R2") == std::vector<std::uint64_t>{0, 0});
  story.Offered(A(1), B(3), {4, 1, 1}).InView(1);
  CHECK(story.Counts("R2") == std::vector<std::uint64_t>{1, 1});
}

TEST_CASE("views: a recipe's are written, read back, and refused where they make no sense") {
  const analysis::Recipe recipe = WithViews({1, 0, 2, 1});
  const nlohmann::json written = analysis::ToJson(recipe);
  const auto read = analysis::ReadRecipe(written);
  REQUIRE(read.ok());
  REQUIRE(read->views.size() == 1);
  CHECK(read->views[0].number == 1);
  CHECK(read->views[0].at == recipe.views[0].at);
  CHECK(read->views[0].clusters[1].stake == recipe.views[0].clusters[1].stake);
  CHECK(read->views[0].clusters[1].positions == recipe.views[0].clusters[1].positions);
  CHECK(read->views[0].clusters[0].stake.empty());
  CHECK(analysis::ToJson(*read) == written);
  const auto error = [&](const char* pointer, const nlohmann::json& value) {
    nlohmann::json spoilt = written;
    spoilt[nlohmann::json::json_pointer(pointer)] = value;
    return std::string(analysis::ReadRecipe(spoilt).status().message());
  };
  CHECK(error("/views/0/number", 0U) != "");
  CHECK(error("/views/0/clusters/1/stake", {1U, 0U, 1U, 1U}).find("/views/0/clusters/1/stake") !=
        std::string::npos);
  CHECK(error("/views/0/clusters/1/positions", {1U, 1U, 3U, 2U})
            .find("/views/0/clusters/1/positions") != std::string::npos);
  CHECK(error("/views/0/clusters", nlohmann::json::array()) != "");
  CHECK(error("/views/1", written["views"][0]) != "");
}

}  // namespace lockstep::tests
