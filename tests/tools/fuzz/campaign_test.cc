// Campaigns: what comes back from workers, what is counted, and what is kept to be changed.

#include "tools/fuzz/campaign.h"

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "tests/support/process.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using fuzz::Outcome;
using fuzz::Piece;
using fuzz::State;
using fuzz::Thoroughness;

// Calls whose scenario says which piece it is of.
fuzz::CampaignCalls CallsOf(const std::function<Outcome(const Piece&)>& run,
                            std::vector<Piece>& taken) {
  return {run,
          [](const Piece& piece) -> absl::StatusOr<nlohmann::json> {
            return nlohmann::json{{"of", piece.seed}};
          },
          [&taken](const Piece& piece, const Outcome&, bool, const fuzz::Tally&) {
            taken.push_back(piece);
          }};
}

Outcome Holding(std::vector<State> states) {
  Outcome outcome;
  outcome.verdict = "holds";
  outcome.states = std::move(states);
  return outcome;
}

}  // namespace

TEST_CASE("fuzz: an outcome and a piece are read as they were written") {
  const Outcome outcome{"violated",
                        "X",
                        "a0 says \"no\"",
                        true,
                        5,
                        300,
                        {{"crash", 3, 2}},
                        {"lanes"},
                        1234,
                        4,
                        {1, 2, ~State{0}},
                        {{"a.ball", true, false}, {"a.bat", true, true}},
                        "left behind"};
  CHECK(outcome.Objection() == "X (left behind)");
  CHECK(fuzz::DecodeOutcome(fuzz::Encode(outcome)) == outcome);
  CHECK(fuzz::DecodeOutcome(fuzz::Encode(Outcome())) == Outcome());
  for (const Piece& piece : {Piece{}, Piece{Piece::Kind::kMutant, 17, R"({"a": [1, 2]})"}})
    CHECK(fuzz::DecodePiece(fuzz::Encode(piece)) == piece);
}

TEST_CASE("fuzz: what a run does to its process is an outcome, and coverage counts draws") {
  fuzz::CampaignOptions options;
  options.seed = 10;
  options.runs = 8;
  options.workers = 2;
  std::map<std::uint64_t, Outcome> outcomes;
  std::vector<Piece> taken;
  fuzz::CampaignCalls calls = CallsOf(
      [](const Piece& piece) {
        if (piece.seed == 13) std::abort();
        Outcome outcome;
        outcome.verdict = piece.seed == 15 ? "violated" : "holds";
        outcome.bites = {{"crash", 2, piece.seed % 2}, {"loss", 1, 0}};
        return outcome;
      },
      taken);
  calls.on_outcome = [&](const Piece& piece, const Outcome& outcome, bool, const fuzz::Tally&) {
    outcomes[piece.seed] = outcome;
  };
  fuzz::Corpus corpus;
  const auto tally = fuzz::RunCampaign(calls, options, corpus);
  REQUIRE(tally.ok());
  CHECK(tally->runs == 8);
  CHECK(tally->failures == 2);
  CHECK(outcomes[13].verdict == "failed");
  CHECK(outcomes[13].text.find("SIGABRT") != std::string::npos);
  CHECK(outcomes[15].is_failure());
  CHECK(tally->coverage.at("crash").draws == 7);
  CHECK(tally->coverage.at("crash").bitten == 3);
  CHECK(tally->coverage.at("loss").bitten == 0);
}

TEST_CASE("fuzz: runs are taken in the order of their seeds, and none after the first failure") {
  for (const bool is_until_failure : {false, true}) {
    CAPTURE(is_until_failure);
    fuzz::CampaignOptions options;
    options.seed = 1;
    options.runs = 60;
    options.workers = 3;
    options.is_until_failure = is_until_failure;
    options.known = {"known"};
    std::vector<Piece> taken;
    fuzz::Corpus corpus;
    const auto tally = fuzz::RunCampaign(CallsOf(
                                             [](const Piece& piece) {
                                               Outcome outcome = Holding({});
                                               if (piece.seed % 20 == 0)
                                                 outcome.verdict = "violated";
                                               if (piece.seed == 20) outcome.text = "as is known";
                                               return outcome;
                                             },
                                             taken),
                                         options, corpus);
    REQUIRE(tally.ok());
    CHECK(taken.size() == (is_until_failure ? 40 : 60));
    CHECK(tally->failures == (is_until_failure ? 1 : 2));
    CHECK(tally->known.at("known") == 1);
    for (std::size_t i = 0; i < taken.size(); ++i) CHECK(taken[i].seed == i + 1);
  }
}

TEST_CASE("fuzz: what showed something new is kept, and changed from the next epoch on") {
  fuzz::CampaignOptions options;
  options.seed = 1;
  options.runs = 400;
  options.has_mutants = true;
  std::vector<Piece> taken;
  const TemporaryFolder folder;
  auto corpus = fuzz::Corpus::Load(folder.File("corpus"));
  REQUIRE(corpus.ok());
  const auto run = [](const Piece& piece) { return Holding({piece.seed < 4 ? piece.seed : 0}); };
  const auto tally = fuzz::RunCampaign(CallsOf(run, taken), options, *corpus);
  REQUIRE(tally.ok());
  // Seeds 1, 2 and 3 have a state of their own; 4 is the first of all others.
  CHECK(corpus->scenarios().size() == 4);
  CHECK(tally->latest_new == 4);
  CHECK(tally->mutants > 50);
  for (const Piece& piece : taken)
    if (piece.seed <= 128) CHECK(piece.kind == Piece::Kind::kDrawn);
  // A folder is begun with: its scenarios are run as they are.
  auto again = fuzz::Corpus::Load(folder.File("corpus"));
  REQUIRE(again.ok());
  CHECK(again->scenarios().size() == 4);
  taken.clear();
  options.runs = 10;
  REQUIRE(fuzz::RunCampaign(CallsOf(run, taken), options, *again).ok());
  REQUIRE(taken.size() == 14);
  for (std::size_t i = 0; i < 4; ++i) CHECK(taken[i].kind == Piece::Kind::kKept);
}

// Six runs: A in one, B in two, C in all, D twice and E once in one run. Of the runs, the first has
// shown A alone, and the last D and E: 2 of 6.
TEST_CASE(
    "fuzz: the chance of something new is the share of runs that have shown something alone") {
  enum : State { kA = 1, kB, kC, kD, kE };
  Thoroughness thoroughness;
  CHECK(thoroughness.Add(std::vector<State>{kA, kC}, true) == 2);
  CHECK(thoroughness.singles() == 1);
  CHECK(thoroughness.Add(std::vector<State>{kB, kC}, true) == 1);
  CHECK(thoroughness.Add(std::vector<State>{kB, kC}, true) == 0);
  CHECK(thoroughness.Add(std::vector<State>{kC}, true) == 0);
  CHECK(thoroughness.Add(std::vector<State>{kC}, true) == 0);
  CHECK(thoroughness.Add(std::vector<State>{kC, kD, kE}, true) == 2);
  CHECK(thoroughness.states() == 5);
  CHECK(thoroughness.runs() == 6);
  CHECK(thoroughness.singles() == 2);
  // A mutant shows states, and says nothing of draws.
  CHECK(thoroughness.Add(std::vector<State>{kA, kD, kE + 1}, false) == 1);
  CHECK(thoroughness.runs() == 6);
  CHECK(thoroughness.singles() == 2);
  // Nor is what only a mutant has shown known among draws.
  CHECK(thoroughness.Add(std::vector<State>{kA, kE + 1}, true) == 0);
  CHECK(thoroughness.singles() == 2);
}

}  // namespace lockstep::tests
