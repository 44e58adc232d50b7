// The skeleton of a lock-step protocol: what one message of a round costs the simulator itself.
//
// Three replicas share a kernel-bypass rack. At each boundary, every 1.86 us on the synchronised
// clock, a replica declares five pieces of work, sends two messages of 450 B and says one note; a
// message that comes is only received. Nothing is decided, so that what is measured is the world:
// queue entries a message, and (under callgrind, by the difference of two lengths) instructions.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "nlohmann/json.hpp"

#include "analysis/judge.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/digest.h"
#include "tools/validate/lab.h"

namespace lockstep::tools {
namespace {

constexpr core::Duration kRound = core::Duration::Nanoseconds(1'860);
constexpr std::uint64_t kMessageBytes = 450;

class SkeletonNode final : public validate::QuietNode {
 public:
  SkeletonNode(const core::Cluster& own, core::NodeId self) : own_(own), self_(self) {}

  void OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) override {
    next_ = now.synced() + kRound;
    out.SetTimer(core::TimerId(0), next_, core::Clock::kSynced);
  }
  void OnTimer(const core::Now&, core::TimerId timer, core::Effects& out) override {
    out.Spend(core::Work::kVote, own_.size);
    out.Spend(core::Work::kBuild, 1, core::ByteCount(kMessageBytes));
    for (std::uint32_t i = 0; i < own_.size; ++i)
      if (own_.Replica(i) != self_) out.Send(own_.Replica(i), payload_);
    out.Spend(core::Work::kApply, 4);
    out.Spend(core::Work::kLog, 4);
    out.Spend(core::Work::kBookkeep, 1);
    out.Note({core::NoteKind::kState, self_, {}, core::Run{++round_, 1, 1}, 0, 0});
    next_ = next_ + kRound;
    out.SetTimer(timer, next_, core::Clock::kSynced);
  }

 private:
  core::Cluster own_;
  core::NodeId self_;
  core::Instant next_;
  std::uint64_t round_ = 0;
  core::Bytes payload_ = validate::Filler(kMessageBytes);
};

struct Options {
  std::string profile = "scenarios/profiles/rack-100g-dpdk.json";
  std::uint64_t rounds = 100'000;
  std::string sinks = "none";
};

absl::StatusOr<sim::Scenario> MakeScenario(const Options& options) {
  const nlohmann::json document = {
      {"lockstep", 1},
      {"name", "lock-step skeleton"},
      {"why", "What a message of a round costs the simulator."},
      {"run", {{"for", "3600s"}, {"seed", 1}}},
      {"profile", std::filesystem::absolute(options.profile).string()},
      {"clusters",
       {{{"name", "a"},
         {"size", 3},
         {"budget", {{"u", 1}, {"r", 0}}},
         {"stack", nlohmann::json::array({{{"protocol", "skeleton"}}})}}}},
      {"network", {{"intra", {{"transport", "datagram"}}}}}};
  return sim::ReadScenarioDocument(document, "lock_step_rounds.json");
}

int Run(const Options& options) {
  const absl::StatusOr<sim::Scenario> scenario = MakeScenario(options);
  if (!scenario.ok()) {
    std::fprintf(stderr, "%s\n", std::string(scenario.status().message()).c_str());
    return 2;
  }
  trace::Digest digest;
  analysis::Recipe recipe;
  recipe.clusters = scenario->clusters;
  recipe.run_for = scenario->end - core::Instant();
  analysis::Judge judge(recipe);
  std::vector<trace::Sink*> sinks;
  if (options.sinks != "none") sinks.push_back(&digest);
  if (options.sinks == "judge") sinks.push_back(&judge);
  const core::Cluster own = scenario->clusters[0];
  validate::Lab lab(
      *scenario,
      [&](const core::Seat& seat) { return std::make_unique<SkeletonNode>(own, seat.self); },
      sinks);
  const auto begin = std::chrono::steady_clock::now();
  lab.Run(kRound * static_cast<std::int64_t>(options.rounds));
  const auto end = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(end - begin).count();
  const auto messages = static_cast<double>(options.rounds * own.size * (own.size - 1));
  std::printf("%s\n", nlohmann::json({{"benchmark", "lock_step_rounds"},
                                      {"sinks", options.sinks},
                                      {"rounds", options.rounds},
                                      {"queue_entries_per_message",
                                       static_cast<double>(lab.world().steps()) / messages},
                                      {"messages_per_s", messages / seconds},
                                      {"wall_s", seconds},
                                      {"digest", options.sinks == "none" ? "" : digest.Hex()}})
                          .dump()
                          .c_str());
  return 0;
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "The skeleton of a lock-step protocol on a kernel-bypass rack: queue entries for each\n"
      "message, and messages per second of wall time. One JSON object.");
  app.add_option("--profile", options.profile, "the machine")->capture_default_str();
  app.add_option("--rounds", options.rounds, "how many")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 30))
      ->capture_default_str();
  app.add_option("--sinks", options.sinks, "who listens: none, digest, or judge as well")
      ->check(CLI::IsMember({"none", "digest", "judge"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return Run(options);
}

}  // namespace
}  // namespace lockstep::tools

int main(int argc, char** argv) { return lockstep::tools::Main(argc, argv); }
