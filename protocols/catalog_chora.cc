// Parameters of Chora-R: see catalog_chora.h.

#include "protocols/catalog_chora.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocols/chora/config.h"
#include "protocols/chora/fields.h"
#include "protocols/chora/notes.h"
#include "protocols/chora/replica.h"
#include "protocols/core/log_notes.h"
#include "protocols/machines/counter.h"
#include "protocols/machines/key_value.h"

namespace lockstep {
namespace {

// A place in the log for each (round, lane) that is kept.
constexpr std::uint64_t kSlotBytes = 200;

chora::Config ReadChora(Parameters& layer, const core::Cluster& own) {
  constexpr std::uint64_t kMany = chora::Config::kWindowMax;
  chora::Config config;
  config.cluster = own;
  config.round_length = layer.TimeOr("round_length", config.round_length);
  config.depth = static_cast<std::uint32_t>(layer.IntegerOr("depth", config.depth, 1, 64));
  config.vote_rounds = static_cast<std::uint32_t>(
      layer.IntegerOr("vote_rounds", config.vote_rounds, 1, chora::Config::kVoteRoundsMax));
  config.alpha = static_cast<std::uint32_t>(layer.IntegerOr("alpha", config.alpha, 1, 1'024));
  config.soft_window = layer.IntegerOr("soft_window", config.soft_window, 1, kMany);
  config.hard_window = layer.IntegerOr("hard_window", config.hard_window, 1, kMany);
  config.checkpoint_rounds =
      layer.IntegerOr("checkpoint_rounds", config.checkpoint_rounds, 1, kMany);
  config.ring_rounds = layer.IntegerOr(
      "ring_rounds", config.hard_window + config.depth + 4 * config.checkpoint_rounds, 1,
      16 * kMany);
  config.dead_rounds = layer.IntegerOr("dead_rounds", config.dead_rounds, 1, kMany);
  config.batch_commands = layer.IntegerOr("batch_commands", config.batch_commands, 1, kMany);
  config.command_bytes_max = static_cast<std::uint64_t>(
      layer
          .SizeOr("command_bytes_max",
                  core::ByteCount(static_cast<std::int64_t>(config.command_bytes_max)))
          .value());
  config.packet_bytes = static_cast<std::uint64_t>(
      layer.SizeOr("packet_bytes", core::ByteCount(static_cast<std::int64_t>(config.packet_bytes)))
          .value());
  config.state_rounds = layer.IntegerOr("state_rounds", config.state_rounds, 0, kMany);
  config.clock = layer.ChoiceOr("clock", 0, {"synced", "self"}) == 0 ? chora::ClockMode::kSynced
                                                                     : chora::ClockMode::kSelf;
  config.gain_permille =
      static_cast<std::uint32_t>(layer.IntegerOr("gain_permille", config.gain_permille, 1, 1'000));
  config.expected_delay = layer.TimeOr("expected_delay", config.expected_delay);
  // Round 0 begins when all hosts are up, at one instant of the synchronised clock.
  config.first_round = core::Instant() + layer.TimeOr("first_round", config.round_length * 2);
  if (!layer.ok()) return config;
  if (const absl::Status status = chora::Validate(config); !status.ok())
    layer.Fail("", std::string(status.message()));
  if (own.size == 1)  // It tells nobody what it does, so that nothing of it can be judged.
    layer.Fail("", "replicas: want an odd number from 3 on, not 1");
  if (own.u > config.faults())
    layer.Fail("", "want a budget u of at most f = (size - 1) / 2 for this cluster");
  return config;
}

}  // namespace

HostProgram CompileChora(Parameters& layer, const core::Cluster& own) {
  const chora::Config config = ReadChora(layer, own);
  const std::size_t machine = layer.ChoiceOr("machine", 0, {"counter", "key_value"});
  const auto state_bytes =
      static_cast<std::uint64_t>(layer.SizeOr("state_bytes", core::ByteCount(0)).value());
  if (machine != 0 && state_bytes > 0)
    layer.Fail("state_bytes", "want none but of a counter: other machines have what they hold");
  HostProgram host;
  host.notes.push_back(chora::kNotes);
  host.notes.push_back(core::kLogNotes);
  host.fields = std::make_unique<chora::Fields>(config);
  host.request_bytes_max = config.command_bytes_max;
  host.is_store = machine == 1;
  host.footprint = [config](const RunExtent&) {
    return Footprint{kSlotBytes * config.ring_rounds * config.replicas(), config.replicas() - 1};
  };
  host.build = [config, machine, state_bytes](const core::Seat& seat) {
    std::unique_ptr<core::StateMachine> made;
    if (machine == 0) {
      made = std::make_unique<machines::Counter>(state_bytes);
    } else {
      made = std::make_unique<machines::KeyValue>();
    }
    return std::make_unique<chora::Replica>(config, seat, std::move(made));
  };
  host.bears_concurrent = true;
  // A proposal at ballot 1 is its proposer's acceptance; at higher ones it proves nothing.
  const auto round_ps = static_cast<std::uint64_t>(config.round_length.ps());
  const nlohmann::json slots = {{"lanes", own.size}, {"accepts_by_proposing", 1}};
  std::vector<const char*> oracles = {"X", "O", "H", "Y", "C", "V", "E", "F", "U"};
  // What is remarked on may never recover.
  if (layer.ok()) {
    host.remarks = chora::Remarks(config, state_bytes);
    if (host.remarks.empty()) oracles.push_back("P");
    for (std::string& remark : chora::RoundRemarks(config))
      host.remarks.push_back(std::move(remark));
  }
  for (const char* oracle : oracles) {
    Promise promise;
    promise.oracle = oracle;
    if (host.promises.size() >= 3) promise.parameters = slots;
    if (promise.oracle == "P") promise.parameters["round_ps"] = round_ps;
    host.promises.push_back(std::move(promise));
  }
  Promise bound;
  bound.oracle = "B";
  bound.parameters["depth"] = config.depth;
  bound.parameters["round_length_ps"] = round_ps;
  host.promises.push_back(std::move(bound));
  return host;
}

}  // namespace lockstep
