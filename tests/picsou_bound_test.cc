// The bound on resends (the Picsou paper, section 4.2, and section 5 on stake): a message is sent
// at most u_s + u_r + 1 times until a correct replica has sent it to a correct one.

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

#include "analysis/judge.h"
#include "analysis/metrics.h"
#include "protocols/parameters/parameters.h"
#include "sim/world.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;
using trace::Phase;

// Two clusters of n = 3 f + 1. The first f senders say everything with a signature that nobody can
// verify, and the f receivers behind them say nothing: so k′ 0 meets each of them, one after the
// other, before a correct sender's turn comes to send it to a correct receiver.
json Adversarial(std::uint32_t f, bool has_liars) {
  const std::uint32_t n = 3 * f + 1;
  json document = ReadJsonFile("scenarios/faults/partial-mac.json").value();
  for (json& cluster : document["clusters"]) {
    cluster["size"] = n;
    cluster["budget"] = {{"u", f}, {"r", f}};
  }
  document["clusters"][0]["stack"][0]["rate"] = 500;
  document["run"]["for"] = "3s";
  document["phases"] = {{"heal", "1s"}, {"settle", "2s"}};
  json forging = json::array();
  json silent = json::array();
  for (std::uint32_t i = 0; i < f; ++i) {
    forging.push_back(absl::StrCat("a", i));
    silent.push_back(absl::StrCat("b", f + i));
  }
  document["faults"] = json::array();
  if (!has_liars) return document;
  document["faults"].push_back({{"id", "forged"}, {"forge", {{"target", forging}}}});
  document["faults"].push_back({{"id", "silent"}, {"silent", {{"target", silent}}}});
  return document;
}

// Counts how often k′ 0 of the first stream crosses until a correct sender has sent it to a correct
// receiver, that one included.
class SendsOfFirst final : public trace::Sink {
 public:
  SendsOfFirst(std::uint32_t n, std::uint32_t f) : n_(n), f_(f) {}
  trace::Interest Wants() const override {
    return trace::Interest().Add(core::Fact::kCarries, Phase::kSent);
  }
  void OnEvent(const trace::Event& event) override {
    const std::uint32_t from = event.node.value();
    const std::uint32_t to = event.peer.value();
    const bool is_across = from < n_ && to >= n_;
    if (is_met_ || !is_across || event.stream != core::StreamId(0) || event.run().first != 0)
      return;
    ++sends_;
    const std::uint32_t receiver = to - n_;
    is_met_ = from >= f_ && (receiver < f_ || receiver >= 2 * f_);
  }
  void Finish() override {}
  std::uint64_t sends() const { return is_met_ ? sends_ : 0; }

 private:
  std::uint32_t n_;
  std::uint32_t f_;
  std::uint64_t sends_ = 0;
  bool is_met_ = false;
};

// Of a run in which so many senders lie, and so many receivers say nothing.
std::uint64_t SendsOf(std::uint32_t f, std::uint32_t faulty, const json& document) {
  const auto prepared = cli::PrepareDocument(document, "scenarios/faults/partial-mac.json", {});
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  SendsOfFirst sends(3 * f + 1, faulty);
  analysis::Judge judge(prepared->recipe);
  sim::World world(prepared->scenario, *prepared->program, {&sends, &judge});
  world.Run(prepared->scenario.end, ~std::uint64_t{0});
  world.Finish(/*is_cut=*/false);
  for (const auto& judged : judge.checkers()) {
    CAPTURE(std::string(judged->oracle()));
    CHECK(judged->verdict() != analysis::Verdict::kViolated);
  }
  return sends.sends();
}

}  // namespace

TEST_CASE("Picsou: an adversary makes it send a message u_s + u_r + 1 times, and no more (4.2)") {
  for (const std::uint32_t f : {1U, 2U, 6U}) {
    CAPTURE(f);
    CHECK(SendsOf(f, f, Adversarial(f, true)) == 2 * f + 1);
  }
}

TEST_CASE("Picsou: where positions are random few messages meet the dead again and again (4.2)") {
  const auto over = [](const std::string& path, const std::string& seed) {
    const auto prepared = cli::Prepare(path, {{"/run/seed", seed}});
    REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
    const auto run = cli::Run(*prepared, {});
    REQUIRE_MESSAGE(run.ok(), std::string(run.status().message()));
    CHECK(run->summary["verdict"] == "holds");
    return analysis::MetricsOf(run->summary);
  };
  // u_s + u_r = 4, in both directions.
  const auto chosen = over("scenarios/faults/resend-bound.json", "1");
  CHECK(chosen.at("needed_resends_max") == 4);
  // Two of 49 pairs of first sender and first receiver are followed by all of the dead.
  CHECK(chosen.at("over_3_resends") == doctest::Approx(2.0 / 49).epsilon(0.05));
  // Of 7 times 7 pairs 7 times 7 - 5 times 5 have a dead end.
  double failed = 0;
  constexpr int kSeeds = 12;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const auto random = over("scenarios/faults/random-positions.json", std::to_string(seed));
    // Any five attempts in a row have one between correct nodes; who has that turn has seldom not
    // come to it when others are at the next.
    CHECK(random.at("over_4_resends") < 0.01);
    CHECK(random.at("over_0_resends") == doctest::Approx(24.0 / 49).epsilon(0.05));
    failed += random.at("over_2_resends") / kSeeds;
  }
  // Drawn without replacement, it is less than with it.
  CHECK(failed < 24.0 / 49 * 24.0 / 49 * 24.0 / 49);
}

TEST_CASE("Picsou: without faults a message is sent once (4.1)") {
  for (const std::uint32_t f : {1U, 2U, 6U}) {
    CAPTURE(f);
    CHECK(SendsOf(f, 0, Adversarial(f, false)) == 1);
  }
}

}  // namespace lockstep::tests
