// A protocol that is no part of the tree, two-phase commit in its smallest form, is judged by what
// it notes: agreement, validity and at most once, without a checker or a promise of its own.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "analysis/verdict.h"
#include "protocols/catalog.h"
#include "protocols/core/decision_notes.h"
#include "protocols/core/fields.h"
#include "protocols/core/node.h"
#include "protocols/core/random.h"
#include "protocols/core/wire.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/fuzz_run.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Bytes;
using core::Effects;
using core::NodeId;
using core::Now;
using nlohmann::json;

enum class TwoPhaseBug : std::uint8_t { kNone, kThirdDecidesOtherwise, kDecidesTwice, kMadeUp };
enum : std::uint8_t { kPrepare = 1, kVote, kOutcome };

Bytes Say(std::uint8_t type, std::uint64_t transaction, bool yes) {
  core::Encoder encoder;
  encoder.U8(type);
  encoder.U64(transaction);
  encoder.U8(yes ? 1 : 0);
  return encoder.Take();
}

// Replica 0 coordinates transactions 1, 2, ..., one after the other; who wants it says yes. What is
// decided is saved before it is said, and said again until the next is decided.
class TwoPhaseCommit final : public core::Node {
 public:
  TwoPhaseCommit(const core::Cluster& own, std::uint32_t index, TwoPhaseBug bug)
      : own_(own), index_(index), bug_(bug), votes_(own.size), decided_(1, true) {}

  void OnStart(const Now& now, std::span<const Bytes> saved, Effects& out) override {
    for (const Bytes& record : saved) {
      core::Decoder decoder(record);
      const std::uint64_t transaction = decoder.U64();
      Remember(transaction, decoder.U8() != 0);
    }
    if (index_ != 0) return;
    Begin(out);
    OnTimer(now, core::TimerId(0), out);
  }
  void OnTimer(const Now& now, core::TimerId timer, Effects& out) override {
    out.SetTimer(timer, now.monotonic() + core::Duration::Microseconds(500));
    if (++ticks_ > 3) {  // Somebody is down, or does not want it.
      Tell(out, decided_.size(), false);
      Begin(out);
    }
    Broadcast(Say(kOutcome, decided_.size() - 1, decided_.back()), out);
    Broadcast(Say(kPrepare, decided_.size(), true), out);
  }
  void OnMessage(const Now&, NodeId from, const Bytes& payload, Effects& out) override {
    core::Decoder decoder(payload);
    const std::uint8_t type = decoder.U8();
    const std::uint64_t transaction = decoder.U64();
    const bool yes = decoder.U8() != 0;
    if (type == kPrepare) out.Send(from, Say(kVote, transaction, transaction % 5 != index_));
    if (type == kOutcome && index_ != 0 && transaction > 0) Decide(transaction, yes, out);
    if (type != kVote || transaction != decided_.size()) return;
    votes_[from.value() - own_.first.value()] = yes;
    if (std::ranges::find(votes_, false) != votes_.end()) return;
    Tell(out, transaction, true);
    Begin(out);
  }
  void OnWritable(const Now&, NodeId, Effects&) override {}
  void OnSubmit(const Now&, core::ClientId, core::RequestId, core::RequestId, const Bytes&,
                Effects&) override {}

 private:
  static std::uint64_t DigestOf(std::uint64_t transaction, bool is_commit) {
    return is_commit ? core::Mix(1, transaction) : 0;
  }
  void Remember(std::uint64_t transaction, bool is_commit) {
    decided_.resize(std::max<std::size_t>(decided_.size(), transaction + 1));
    done_.resize(decided_.size());
    decided_[transaction] = is_commit;
    done_[transaction] = true;
  }
  void Begin(Effects& out) {
    ticks_ = 0;
    votes_.assign(own_.size, false);
    votes_[0] = true;
    const std::uint64_t next = decided_.size();
    if (bug_ == TwoPhaseBug::kMadeUp && next % 8 == 0) return;
    out.Note({core::kProposed, own_.first, {}, {next, 1, 1}, 0, DigestOf(next, true)});
  }
  void Tell(Effects& out, std::uint64_t transaction, bool is_commit) {
    Decide(transaction, is_commit, out);
    Broadcast(Say(kOutcome, transaction, is_commit), out);
  }
  void Decide(std::uint64_t transaction, bool is_commit, Effects& out) {
    if (transaction < done_.size() && done_[transaction] && bug_ != TwoPhaseBug::kDecidesTwice)
      return;
    if (bug_ == TwoPhaseBug::kThirdDecidesOtherwise && index_ == 2) is_commit = !is_commit;
    core::Encoder record;
    record.U64(transaction);
    record.U8(is_commit ? 1 : 0);
    out.Save(record.Take());
    Remember(transaction, is_commit);
    out.Note({core::kDecided,
              own_.Replica(index_),
              {},
              {transaction, 1, 1},
              is_commit ? 1U : 0U,
              DigestOf(transaction, is_commit)});
  }
  void Broadcast(const Bytes& message, Effects& out) {
    for (std::uint32_t i = 1; i < own_.size; ++i) out.Send(own_.Replica(i), message);
  }

  core::Cluster own_;
  std::uint32_t index_;
  TwoPhaseBug bug_;
  int ticks_ = 0;
  std::vector<bool> votes_;    // votes_[index], of the coordinator, on the next transaction
  std::vector<bool> decided_;  // decided_[transaction]: whether it is a commit
  std::vector<bool> done_;     // done_[transaction]: it is decided here
};

class TwoPhaseFields final : public core::MessageFields {
 public:
  std::span<const core::TypeSpec> types() const override { return kTypes; }
  bool Read(const Bytes&, core::FieldedMessage& out) const override {
    out = {};
    return true;
  }
  Bytes Build(const core::FieldedMessage&, const core::Signer&, core::Identity) const override {
    return Say(kVote, 0, false);
  }

 private:
  static constexpr core::TypeSpec kTypes[] = {{"two_phase.message", {}}};
};

template <TwoPhaseBug kBug>
HostProgram CompileTwoPhase(core::Keys&, const core::Cluster& own) {
  HostProgram host;
  host.fields = std::make_unique<TwoPhaseFields>();
  host.notes.push_back(core::kDecisionNotes);
  host.build = [own](const core::Seat& seat) {
    return std::make_unique<TwoPhaseCommit>(own, seat.index, kBug);
  };
  return host;
}
const std::vector<ProtocolEntry> kTwoPhase = {
    {"honest", CompileTwoPhase<TwoPhaseBug::kNone>},
    {"otherwise", CompileTwoPhase<TwoPhaseBug::kThirdDecidesOtherwise>},
    {"twice", CompileTwoPhase<TwoPhaseBug::kDecidesTwice>},
    {"made_up", CompileTwoPhase<TwoPhaseBug::kMadeUp>}};

// Three replicas for 20 ms, on links that lose one message in ten.
json ScenarioOf(const std::string& protocol, std::uint64_t seed) {
  return {
      {"lockstep", 1},
      {"name", "two-phase commit"},
      {"why", "A protocol of one's own."},
      {"run", {{"for", "20ms"}, {"seed", seed}, {"period", "10ms"}}},
      {"profile", "profiles/gcp-c2-standard-8.json"},
      {"clusters",
       {{{"name", "a"},
         {"size", 3},
         {"budget", {{"u", 1}, {"r", 0}}},
         {"stack", {{{"protocol", protocol}}}}}}},
      {"network",
       {{"intra",
         {{"transport", "datagram"}, {"delay", "25us"}, {"jitter", "20us"}, {"loss", {1, 10}}}}}}};
}

cli::RunResult RunOf(const json& scenario) {
  const auto prepared = cli::PrepareDocument(scenario, "scenarios/two_phase.json", {}, {kTwoPhase});
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  auto result = cli::Run(*prepared, {});
  REQUIRE_MESSAGE(result.ok(), std::string(result.status().message()));
  return *std::move(result);
}

// Losses of up to two in five, and a replica that crashes up to three times, at any moment.
json StormyScenario(std::uint64_t seed) {
  core::Random random = core::Random(seed).Fork("storm");
  json scenario = ScenarioOf("honest", seed);
  scenario["network"]["intra"]["loss"] = {random.Below(40), 100};
  const std::string victim = absl::StrCat("a", random.Below(3));
  const std::uint64_t crashes = random.Below(4);
  for (std::uint64_t i = 0; i < crashes; ++i) {
    json crash = {{"target", victim},
                  {"restart_after", absl::StrCat(1 + random.Below(3'000), "us")}};
    const std::uint64_t at = random.Below(19'000);
    const bool is_in_a_call = random.Below(2) == 0;
    if (is_in_a_call) crash["before_effect"] = 1 + random.Below(6);
    scenario["faults"].push_back({{"id", absl::StrCat("crash", i)},
                                  {"crash", std::move(crash)},
                                  {"at", absl::StrCat(at, "us")},
                                  {"expect_effect", 0}});
  }
  return scenario;
}

std::string ObjectorsTo(const cli::RunResult& result) {
  std::string letters;
  for (const json& row : result.summary["oracles"])
    if (row["verdict"] != "holds") letters += row["oracle"].get<std::string>() + " ";
  return letters;
}

// Host 1 is called again and again at 1 ms, or as often as that at instants of its own.
template <std::int64_t kGapPs>
class Restless final : public core::Node {
 public:
  explicit Restless(std::uint32_t index) : index_(index) {}
  void OnStart(const Now& now, std::span<const Bytes>, Effects& out) override {
    if (index_ == 1)
      out.SetTimer(core::TimerId(0), now.monotonic() + core::Duration::Milliseconds(1));
  }
  void OnTimer(const Now& now, core::TimerId timer, Effects& out) override {
    const bool is_done = kGapPs > 0 && ++calls_ > 200'000;
    if (!is_done) out.SetTimer(timer, now.monotonic() + core::Duration::Picoseconds(kGapPs));
  }
  void OnMessage(const Now&, NodeId, const Bytes&, Effects&) override {}
  void OnWritable(const Now&, NodeId, Effects&) override {}
  void OnSubmit(const Now&, core::ClientId, core::RequestId, core::RequestId, const Bytes&,
                Effects&) override {}

 private:
  std::uint32_t index_;
  std::uint64_t calls_ = 0;
};

template <std::int64_t kGapPs>
HostProgram CompileRestless(core::Keys&, const core::Cluster&) {
  HostProgram host;
  host.fields = std::make_unique<TwoPhaseFields>();
  host.build = [](const core::Seat& seat) {
    return std::make_unique<Restless<kGapPs>>(seat.index);
  };
  return host;
}

absl::StatusOr<cli::RunResult> RunRestless(const ProtocolEntry& entry) {
  json scenario = ScenarioOf(std::string(entry.name), 1);
  scenario["expect"]["verdict"] = "not judged";
  const auto prepared = cli::PrepareDocument(scenario, "scenarios/restless.json", {}, {{entry}});
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  cli::RunOptions options;
  options.calls_at_once_max = 50'000;
  return cli::Run(*prepared, options);
}

}  // namespace

TEST_CASE("own protocol: two-phase commit whose third replica decides otherwise is caught") {
  const cli::RunResult result = RunOf(ScenarioOf("otherwise", 1));
  CHECK(result.verdict == analysis::Verdict::kViolated);
  CHECK(ObjectorsTo(result).find("GX") == 0);
  CHECK(cli::CodeOf(result.verdict, result.is_as_expected) == cli::kViolated);
  const json& finding = result.summary["oracles"][0]["findings"][0];
  CHECK(finding["node"] == "a2");
  CHECK(finding["text"] == "a2 decides 1 otherwise than a0");
}

TEST_CASE("own protocol: who decides twice, or what nobody proposed, is caught") {
  CHECK(ObjectorsTo(RunOf(ScenarioOf("twice", 1))) == "GC ");
  CHECK(ObjectorsTo(RunOf(ScenarioOf("made_up", 1))) == "GY ");
}

TEST_CASE("own protocol: honest two-phase commit is accepted, whatever is lost or crashes") {
  std::uint64_t decided = 0;
  std::uint64_t committed = 0;
  for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
    const cli::RunResult result = RunOf(StormyScenario(seed));
    CAPTURE(seed);
    INFO(result.summary["oracles"].dump(1));
    CHECK(ObjectorsTo(result).empty());
    CHECK(result.verdict == analysis::Verdict::kHolds);
    decided += result.summary["notes"]["decided"]["count"].get<std::uint64_t>();
    committed += result.summary["notes"].value("proposed", json::object()).value("count", 0U);
  }
  // Three replicas decide some transactions each in every run.
  CHECK(decided > 10'000);
  CHECK(committed > 5'000);
}

TEST_CASE("own protocol: fuzz finds what is wrong with it, and nothing where nothing is") {
  static const cli::Additions own = {kTwoPhase};
  const std::vector<std::pair<std::string, std::string>> protocols = {
      {"honest", ""}, {"otherwise", "GX"}, {"twice", "GC"}, {"made_up", "GY"}};
  for (const auto& each : protocols) {
    const std::string& protocol = each.first;
    const std::string& oracle = each.second;
    CAPTURE(protocol);
    const auto fuzzer = cli::Fuzzer::Make(protocol, {}, own);
    REQUIRE_MESSAGE(fuzzer.ok(), std::string(fuzzer.status().message()));
    std::uint64_t found = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      const fuzz::Outcome outcome = fuzzer->Run({fuzz::Piece::Kind::kDrawn, seed, ""});
      CAPTURE(seed);
      CAPTURE(outcome.text);
      if (outcome.is_failure()) ++found;
      CHECK((oracle.empty() || outcome.oracle.empty() || outcome.oracle == oracle));
      if (oracle.empty()) CHECK_FALSE(outcome.is_failure());
    }
    if (!oracle.empty()) CHECK(found > 10);
  }
}

TEST_CASE("own protocol: notes by kind are counted, and are metrics of it") {
  const cli::RunResult result = RunOf(ScenarioOf("honest", 1));
  const json& decided = result.summary["notes"]["decided"];
  CHECK(decided["count"].get<std::uint64_t>() > 30);
  CHECK(decided["per_s"].get<double>() == doctest::Approx(decided["count"].get<double>() / 0.020));
}

TEST_CASE("run: a node that makes no progress in simulated time stops it, with its name") {
  const auto stuck = RunRestless({"restless", CompileRestless<0>});
  REQUIRE(stuck.ok());
  CHECK(stuck->ending == cli::RunEnding::kStuck);
  CHECK(stuck->failure.find("a1 makes no progress in simulated time: called more than 50000 times "
                            "at ") == 0);
  CHECK(stuck->summary["failure"] == stuck->failure);
  CHECK(stuck->summary["is_complete"] == false);
  CHECK(stuck->verdict == analysis::Verdict::kNotJudged);
  CHECK_FALSE(stuck->is_as_expected);
  // Time goes on for this one, if by little.
  const auto busy = RunRestless({"busy", CompileRestless<1>});
  REQUIRE(busy.ok());
  CHECK(busy->ending == cli::RunEnding::kComplete);
  CHECK(busy->is_as_expected);
  CHECK(busy->summary["events"].get<std::uint64_t>() > 100'000);
}

}  // namespace lockstep::tests
