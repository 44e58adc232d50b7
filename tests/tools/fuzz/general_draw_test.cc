// Draws for any protocol: legal, pure, within budget; and what a run shows of them.

#include "tools/fuzz/general_draw.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/fault/engine/kinds.h"
#include "tests/support/json_schema.h"
#include "tests/support/process.h"
#include "tools/fuzz/coverage.h"
#include "tools/fuzz/dice.h"
#include "tools/fuzz/trouble.h"
#include "tools/lockstep/fuzz_run.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using fuzz::Piece;
using nlohmann::json;

cli::Fuzzer FuzzerOf(const std::string& target, const fuzz::DrawOptions& options = {}) {
  static const cli::Additions none;
  auto fuzzer = cli::Fuzzer::Make(target, options, none);
  REQUIRE_MESSAGE(fuzzer.ok(), std::string(fuzzer.status().message()));
  return *std::move(fuzzer);
}

json DrawnBy(const cli::Fuzzer& fuzzer, const Piece& piece) {
  const auto scenario = fuzzer.Scenario(piece);
  REQUIRE_MESSAGE(scenario.ok(), std::string(scenario.status().message()));
  return *scenario;
}

cli::Prepared ReadDrawn(const json& scenario) {
  auto prepared = cli::PrepareDocument(scenario, "fuzz.json", {});
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  return *std::move(prepared);
}

// Who fails and who lies, in all clusters, beyond their budgets; or the stake of those.
std::uint64_t Overspent(const sim::Scenario& scenario) {
  std::uint64_t over = 0;
  for (const core::Cluster& cluster : scenario.clusters) {
    std::set<core::NodeId> failing;
    std::set<core::NodeId> lying;
    for (const sim::Fault& fault : scenario.faults) {
      for (const core::NodeId host : fault.targets) {
        if (!cluster.Has(host) || fault.body->is_within_budget()) continue;
        if (fault.spends_u()) failing.insert(host);
        if (fault.spends_r()) lying.insert(host);
      }
    }
    const auto stake = [&](const std::set<core::NodeId>& hosts) {
      std::uint64_t sum = 0;
      for (const core::NodeId host : hosts)
        sum += cluster.StakeOf(host.value() - cluster.first.value());
      return sum;
    };
    over += std::max<std::uint64_t>(stake(failing), cluster.u) - cluster.u;
    over += std::max<std::uint64_t>(stake(lying), cluster.r) - cluster.r;
  }
  return over;
}

}  // namespace

TEST_CASE(
    "fuzz: draws of every protocol are functions of their seeds, which reader and schema take") {
  fuzz::DrawOptions general;
  general.strategy = fuzz::Strategy::kSwarm;
  for (const std::string& protocol : cli::FuzzedProtocols({})) {
    CAPTURE(protocol);
    const cli::Fuzzer fuzzer = FuzzerOf(protocol, general);
    std::set<std::string> drawn;
    std::set<std::string> kinds;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      CAPTURE(seed);
      const Piece piece{Piece::Kind::kDrawn, seed, ""};
      const json scenario = DrawnBy(fuzzer, piece);
      if (seed < 20) CHECK(scenario == DrawnBy(fuzzer, piece));
      drawn.insert(scenario.dump());
      const cli::Prepared prepared = ReadDrawn(scenario);
      const absl::Status shape = CheckSchema(prepared.scenario.document, "fuzz.json");
      CHECK_MESSAGE(shape.ok(), std::string(shape.message()));
      CHECK(Overspent(prepared.scenario) == 0);
      for (const sim::Fault& fault : prepared.scenario.faults)
        kinds.insert(std::string(fault.kind->name));
    }
    CHECK(drawn.size() == 200);
    CHECK(kinds.size() >= 6);
  }
}

TEST_CASE("fuzz: no rule is drawn, and with one that is asked for each draw has it alone") {
  fuzz::DrawOptions options;
  options.rule = "artifact";
  const cli::Fuzzer artifact = FuzzerOf("picsou", options);
  const cli::Fuzzer plain = FuzzerOf("picsou");
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Piece piece{Piece::Kind::kDrawn, seed, ""};
    const json without = DrawnBy(plain, piece);
    for (const json& cluster : without["clusters"])
      CHECK_FALSE(cluster["stack"][1].contains("rule"));
    const json with = DrawnBy(artifact, piece);
    for (const json& cluster : with["clusters"]) {
      const json& layer = cluster["stack"][1];
      CHECK(layer["rule"] == "artifact");
      for (const char* key : {"repeat_interval", "remedy", "retain", "wire"})
        CHECK_FALSE(layer.contains(key));
    }
  }
  options.rule = "guess";
  CHECK_FALSE(cli::Fuzzer::Make("picsou", options, {}).ok());
  options.rule = "artifact";
  CHECK_FALSE(cli::Fuzzer::Make("chora", options, {}).ok());
  CHECK_FALSE(cli::Fuzzer::Make("scenarios/smoke/picsou.json", options, {}).ok());
}

TEST_CASE("fuzz: the artifact's rule breaks a promise within a few draws, the paper's does not") {
  fuzz::DrawOptions options;
  options.rule = "artifact";
  const cli::Fuzzer artifact = FuzzerOf("picsou", options);
  const cli::Fuzzer plain = FuzzerOf("picsou");
  std::uint64_t broken = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Piece piece{Piece::Kind::kDrawn, seed, ""};
    const fuzz::Outcome outcome = artifact.Run(piece);
    if (outcome.verdict == "violated" && outcome.oracle == "R1") ++broken;
    CHECK(plain.Run(piece).verdict != "violated");
  }
  CHECK(broken > 0);
}

TEST_CASE("fuzz: stake is drawn for who bears it, within budgets that it bears, or over one") {
  const auto with_stake = [](const std::string& protocol, fuzz::Spending spending,
                             std::uint64_t& over) {
    fuzz::DrawOptions options;
    options.spending = spending;
    const cli::Fuzzer fuzzer = FuzzerOf(protocol, options);
    std::uint64_t count = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      const cli::Prepared prepared = ReadDrawn(DrawnBy(fuzzer, {Piece::Kind::kDrawn, seed, ""}));
      const auto& clusters = prepared.scenario.clusters;
      const bool has_stake = std::any_of(clusters.begin(), clusters.end(),
                                         [](const auto& cluster) { return cluster.has_stake(); });
      if (!has_stake) continue;
      ++count;
      if (Overspent(prepared.scenario) > 0) ++over;
    }
    return count;
  };
  std::uint64_t over = 0;
  CHECK(with_stake("otu", fuzz::Spending::kRandom, over) == 0);
  CHECK(with_stake("picsou", fuzz::Spending::kRandom, over) > 30);
  CHECK(with_stake("picsou", fuzz::Spending::kFull, over) > 30);
  CHECK(over == 0);
  CHECK(with_stake("picsou", fuzz::Spending::kOver, over) > 30);
  CHECK(over > 5);
}

TEST_CASE("fuzz: every kind of which something is promised is drawn somewhere, within the budget") {
  fuzz::DrawOptions general;
  general.spending = fuzz::Spending::kFull;
  std::set<std::string> kinds;
  for (const char* protocol : {"picsou", "chora"}) {
    const cli::Fuzzer fuzzer = FuzzerOf(protocol, general);
    for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
      CAPTURE(seed);
      const cli::Prepared prepared = ReadDrawn(DrawnBy(fuzzer, {Piece::Kind::kDrawn, seed, ""}));
      CHECK(Overspent(prepared.scenario) == 0);
      for (const sim::Fault& fault : prepared.scenario.faults)
        kinds.insert(std::string(fault.kind->name));
    }
  }
  for (const sim::FaultKind* kind : sim::FaultKinds()) {
    const std::string name(kind->name);
    CAPTURE(name);
    // What only a stated round has.
    const bool is_left = name == "round_breach";
    CHECK((kinds.contains(name) || is_left));
  }
}

TEST_CASE("fuzz: where no certificates are checked, nothing that makes other contents is drawn") {
  const std::vector<std::string> left_out = fuzz::NotPromised(false, true);
  const auto is_left_out = [&](const std::string& words) {
    return std::find(left_out.begin(), left_out.end(), words) != left_out.end();
  };
  CHECK(is_left_out("equivocate"));
  CHECK(is_left_out("corrupt with a checksum that misses"));
  CHECK_FALSE(is_left_out("corrupt"));
  CHECK(FuzzerOf("otu").LeftOut() == left_out);
  // Its contents have certificates, unless a draw says that they have none.
  CHECK(FuzzerOf("picsou").LeftOut().empty());
  // Who is asked by clients knows no lengths.
  CHECK_FALSE(is_left_out("truncate"));
  CHECK(FuzzerOf("chora").LeftOut().size() == left_out.size() + 1);
  CHECK(fuzz::NotPromised(true, false).empty());
  fuzz::Frame frame;
  frame.clusters.push_back({"a", 4, 1, 1, false});
  frame.links.push_back({"intra", true});
  frame.lasts = core::Duration::Milliseconds(100);
  frame.heal = core::Duration::Milliseconds(50);
  const auto drawn = [&](bool has_certificates) {
    frame.has_certificates = has_certificates;
    std::uint64_t count = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      json faults = json::array();
      fuzz::Trouble(frame, fuzz::Spending::kFull, fuzz::Dice(core::Random(seed)))
          .AddSome(fuzz::Strategy::kRandom, faults);
      for (const json& fault : faults)
        count += fault.contains("equivocate") ||
                 (fault.contains("corrupt") && fault["corrupt"].value("checksum", "") == "missed");
    }
    return count;
  };
  CHECK(drawn(true) > 0);
  CHECK(drawn(false) == 0);
}

TEST_CASE(
    "fuzz: what is lost for good is lost by who fails, also when the fault that made it fail "
    "goes") {
  fuzz::Frame frame;
  frame.clusters = {{"a", 4, 1, 0, false, {2}, {}}, {"b", 4, 1, 0, false, {}, {}}};
  const auto loses = [&](const char* faults) {
    return fuzz::LosesOfCorrect(frame, json::parse(faults));
  };
  CHECK_FALSE(loses("[]"));
  CHECK_FALSE(loses(R"([{"id": "x", "drop": {"link": {"src": "a2"}}}])"));
  CHECK(loses(R"([{"id": "x", "drop": {"link": {"src": "b2"}}}])"));
  CHECK(loses(R"([{"id": "x", "drop": {"link": {"dst": "a2"}}}])"));
  CHECK(loses(R"([{"id": "x", "truncate": {"link": {"src": "a1"}}}])"));
  CHECK(loses(R"([{"id": "x", "conn_reset": {}}])"));
  // A stream sends again what is lost below it, and who spends a budget is counted.
  CHECK_FALSE(loses(R"([{"id": "x", "loss": {"rate": [1, 2]}}])"));
  CHECK_FALSE(loses(R"([{"id": "x", "withhold": {"target": "b1"}}])"));

  // Of all-to-all and leader to leader, as mutants are made.
  for (const std::string protocol : {"all-to-all", "ll"}) {
    const cli::Fuzzer fuzzer = FuzzerOf(protocol);
    json parent = DrawnBy(fuzzer, {Piece::Kind::kDrawn, 1, ""});
    parent["clusters"][0]["size"] = 4;
    parent["clusters"][0]["budget"] = {{"u", 1U}, {"r", 0U}};
    parent["faults"] = json::parse(R"([
        {"id": "dead", "expect_effect": 0, "at": "1ns", "crash": {"target": "a1"}},
        {"id": "lost", "expect_effect": 0, "drop": {"link": {"src": "a1"}}}])");
    int kept = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      const json mutant = DrawnBy(fuzzer, {Piece::Kind::kMutant, seed, parent.dump()});
      const sim::Scenario scenario = ReadDrawn(mutant).scenario;
      const core::NodeId a1 = scenario.clusters[0].Replica(1);
      bool fails = false;
      bool is_lost = false;
      for (const sim::Fault& fault : scenario.faults) {
        fails |= fault.spends_u() && std::count(fault.targets.begin(), fault.targets.end(), a1) > 0;
        is_lost |= fault.id == "lost";
      }
      CHECK((fails || !is_lost));
      kept += is_lost ? 1 : 0;
    }
    CHECK(kept > 0);
  }
}

TEST_CASE("fuzz: Chora-R has draws of its own from seeds that are even, and general ones besides") {
  const cli::Fuzzer fuzzer = FuzzerOf("chora");
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    CHECK(fuzzer.IsOwn({Piece::Kind::kDrawn, seed, ""}) == (seed % 2 == 0));
  fuzz::DrawOptions swarm;
  swarm.strategy = fuzz::Strategy::kSwarm;
  CHECK_FALSE(FuzzerOf("chora", swarm).IsOwn({Piece::Kind::kDrawn, 0, ""}));
  CHECK_FALSE(FuzzerOf("picsou").IsOwn({Piece::Kind::kDrawn, 0, ""}));
}

TEST_CASE("fuzz: all of the budget is spent where that is asked, and one more as a control") {
  fuzz::DrawOptions full;
  full.strategy = fuzz::Strategy::kRandom;
  full.spending = fuzz::Spending::kFull;
  fuzz::DrawOptions over = full;
  over.spending = fuzz::Spending::kOver;
  const cli::Fuzzer all = FuzzerOf("picsou", full);
  const cli::Fuzzer more = FuzzerOf("picsou", over);
  std::uint64_t controls = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    const cli::Prepared prepared = ReadDrawn(DrawnBy(all, {Piece::Kind::kDrawn, seed, ""}));
    for (const core::Cluster& cluster : prepared.scenario.clusters) {
      std::set<core::NodeId> failing;
      for (const sim::Fault& fault : prepared.scenario.faults)
        for (const core::NodeId host : fault.targets)
          if (fault.spends_u() && cluster.Has(host)) failing.insert(host);
      if (!cluster.has_stake()) {
        CHECK(failing.size() == cluster.u);
        continue;
      }
      // Whoever is left has more stake than is left.
      std::uint64_t spent = 0;
      std::uint64_t least = ~std::uint64_t{0};
      for (std::uint32_t i = 0; i < cluster.size; ++i) {
        if (failing.contains(cluster.Replica(i))) {
          spent += cluster.StakeOf(i);
        } else {
          least = std::min(least, cluster.StakeOf(i));
        }
      }
      CHECK(spent <= cluster.u);
      CHECK(least > cluster.u - spent);
    }
    const json beyond = DrawnBy(more, {Piece::Kind::kDrawn, seed, ""});
    CHECK(beyond["negative_control"] == true);
    if (Overspent(ReadDrawn(beyond).scenario) > 0) ++controls;
  }
  CHECK(controls > 90);
}

TEST_CASE("fuzz: to a scenario faults are added, and what it says stays") {
  const std::string file = std::string(LOCKSTEP_SOURCE_DIR) + "/scenarios/faults/crash.json";
  const cli::Fuzzer fuzzer = FuzzerOf(file);
  const auto base = cli::Prepare(file, {});
  REQUIRE(base.ok());
  const json& before = base->scenario.document;
  std::uint64_t added = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    const json drawn = DrawnBy(fuzzer, {Piece::Kind::kDrawn, seed, ""});
    CHECK(drawn["clusters"] == before["clusters"]);
    CHECK(drawn["network"] == before["network"]);
    CHECK(drawn["run"]["for"] == before["run"]["for"]);
    CHECK(drawn["run"]["seed"] == seed);
    REQUIRE(drawn["faults"].size() >= 2);
    CHECK(drawn["faults"][0] == before["faults"][0]);
    CHECK(drawn["faults"][1] == before["faults"][1]);
    added += drawn["faults"].size() - 2;
    CHECK(Overspent(ReadDrawn(drawn).scenario) == 0);
  }
  CHECK(added > 50);
}

TEST_CASE("fuzz: a mutant differs from its parent in a fault or in its seed, and is legal") {
  const cli::Fuzzer fuzzer = FuzzerOf("picsou");
  std::uint64_t changed = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const json parent = DrawnBy(fuzzer, {Piece::Kind::kDrawn, seed, ""});
    const Piece piece{Piece::Kind::kMutant, 1'000 + seed, parent.dump()};
    const json mutant = DrawnBy(fuzzer, piece);
    CHECK(mutant == DrawnBy(fuzzer, piece));
    CHECK(mutant["clusters"] == parent["clusters"]);
    CHECK(Overspent(ReadDrawn(mutant).scenario) == 0);
    const std::size_t before = parent["faults"].size();
    const std::size_t after = mutant["faults"].size();
    CHECK(after + 1 >= before);
    CHECK(after <= before + 1);
    if (mutant["faults"] != parent["faults"] || mutant["run"] != parent["run"]) ++changed;
  }
  CHECK(changed > 50);
}

TEST_CASE(
    "fuzz: with ties a run is another, which its scenario repeats and its trace is a recipe of") {
  const TemporaryFolder folder;
  // Clocks that agree: all replicas act at the same instants.
  json calm = DrawnBy(FuzzerOf("picsou"), {Piece::Kind::kDrawn, 3, ""});
  calm["faults"] = json::array();
  calm["run"].erase("ties");
  for (const auto& each : calm["profile"]["clocks"].items())
    if (each.key() != "sync_interval")
      each.value()["value"] = each.value()["value"].is_string() ? json("0ns") : json(0);
  std::set<std::string> digests;
  for (std::uint64_t ties = 0; ties < 4; ++ties) {
    CAPTURE(ties);
    if (ties > 0) calm["run"]["ties"] = ties;
    const cli::Prepared prepared = ReadDrawn(calm);
    cli::RunOptions options;
    options.trace_path = folder.File("trace.jsonl");
    const auto run = cli::Run(prepared, options);
    const auto again = cli::Run(prepared, {});
    REQUIRE(run.ok());
    REQUIRE(again.ok());
    CHECK(run->summary["digest"] == again->summary["digest"]);
    digests.insert(run->summary["digest"].get<std::string>());
    const std::string text = ReadText(options.trace_path);
    const bool says_ties = text.substr(0, text.find('\n')).find("\"ties\":") != std::string::npos;
    CHECK(says_ties == (ties > 0));
  }
  CHECK(digests.size() > 1);
}

TEST_CASE("fuzz: numbers are drawn by their powers of two, within their ends") {
  fuzz::Dice dice(core::Random(1));
  std::map<std::uint64_t, int> seen;
  for (int i = 0; i < 2'000; ++i) ++seen[dice.Log(3, 40)];
  CHECK(seen.begin()->first == 3);
  CHECK(seen.rbegin()->first == 40);
  // Of the widths 2, 3, 4, 5 and 6, the first holds one number alone.
  CHECK(seen[3] > 300);
  for (int i = 0; i < 100; ++i) CHECK(dice.Log(7, 7) == 7);
  CHECK(dice.Log(0, 0) == 0);
}

namespace {

// The states of a run of this scenario.
std::vector<fuzz::State> StatesOf(const json& scenario) {
  const cli::Prepared prepared = ReadDrawn(scenario);
  return cli::RunScenario(prepared).states;
}

}  // namespace

TEST_CASE("fuzz: a run shows the states of what happened, and not those of what did not") {
  const cli::Fuzzer fuzzer = FuzzerOf("picsou");
  json calm = DrawnBy(fuzzer, {Piece::Kind::kDrawn, 3, ""});
  calm["faults"] = json::array();
  const std::vector<fuzz::State> before = StatesOf(calm);
  CHECK(before == StatesOf(calm));
  json crash = calm;
  crash["faults"] = {{{"id", "dead"}, {"crash", {{"target", "a0"}}}, {"at", "1ms"}}};
  const std::vector<fuzz::State> after = StatesOf(crash);
  CHECK(after != before);
  CHECK(std::is_sorted(after.begin(), after.end()));
  // By type of message, too.
  json lossy = calm;
  lossy["faults"] = {
      {{"id", "lost"}, {"drop", {{"msg", {{"type", "picsou.batch"}}}}}, {"count", 3}}};
  const std::vector<fuzz::TypeFate> types = cli::RunScenario(ReadDrawn(lossy)).types;
  const auto batch = std::ranges::find(types, "picsou.batch", &fuzz::TypeFate::name);
  REQUIRE(batch != types.end());
  CHECK(batch->is_handed);
  CHECK(batch->is_dropped);
  for (const fuzz::TypeFate& type : cli::RunScenario(ReadDrawn(calm)).types)
    CHECK_FALSE(type.is_dropped);
  // A run that is watched comes to what it comes to anyway; what was late then may have come since.
  const cli::Prepared prepared = ReadDrawn(crash);
  const auto plain = cli::Run(prepared, {});
  REQUIRE(plain.ok());
  const fuzz::Outcome watched = cli::RunScenario(prepared);
  const bool is_slow = watched.verdict == "slow";
  CHECK((watched.is_failure() || is_slow) == (plain->verdict == analysis::Verdict::kViolated));
}

TEST_CASE("fuzz: what is still coming after 30 s is slow, and what has stopped is a failure") {
  const auto verdict_with = [](const char* interval) {
    const json cluster = {{"budget", {{"u", 0}, {"r", 0}}},
                          {"stack",
                           {{{"rsm", "file"}, {"message_bytes", 10}, {"rate", 1000}},
                            {{"c3b", "picsou"}, {"repeat_interval", interval}}}}};
    json sender = cluster;
    sender["name"] = "a";
    sender["size"] = 1;
    json receiver = cluster;
    receiver["name"] = "b";
    receiver["size"] = 2;
    const json scenario = {
        {"lockstep", 1},
        {"name", "holes"},
        {"why", "Tests."},
        {"run", {{"for", "60ms"}, {"seed", 1}}},
        {"profile", "scenarios/profiles/gcp-c2-standard-8.json"},
        {"clusters", {sender, receiver}},
        {"network",
         {{"intra", {{"transport", "stream"}, {"delay", "25us"}}},
          {"cross", {{"transport", "stream"}, {"delay", "25us"}}}}},
        {"faults",
         {{{"id", "lost"},
           {"drop", {{"link", {{"src", "a0"}}}, {"msg", {{"type", "picsou.batch"}}}}},
           {"prob", {3, 4}},
           {"at", "1ms"},
           {"for", "15ms"}}}},
        {"phases", {{"heal", "20ms"}, {"settle", "40ms"}}}};
    return cli::RunScenario(ReadDrawn(scenario)).verdict;
  };
  CHECK(verdict_with("10ms") == "slow");  // it comes within the time that the run goes on for
  CHECK(verdict_with("5s") == "slow");
  CHECK(verdict_with("100s") == "violated");
}

}  // namespace lockstep::tests
