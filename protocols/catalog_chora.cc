// Parameters of Chora-R: see catalog_chora.h.

#include "protocols/catalog_chora.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocols/chora/config.h"
#include "protocols/chora/fields.h"
#include "protocols/chora/keys.h"
#include "protocols/chora/notes.h"
#include "protocols/chora/replica.h"
#include "protocols/core/log_notes.h"
#include "protocols/machines/counter.h"
#include "protocols/machines/key_value.h"

namespace lockstep {
namespace {

// A place in the log for each (round, lane) that is kept.
constexpr std::uint64_t kSlotBytes = 200;

chora::Config ReadChora(core::Keys& layer, const core::Cluster& own) {
  chora::Config config;
  config.cluster = own;
  chora::Describe(layer, config);
  if (!layer.ok()) return config;
  if (const absl::Status status = chora::Validate(config); !status.ok())
    layer.Fail("", std::string(status.message()));
  if (own.size == 1)  // It tells nobody what it does, so that nothing of it can be judged.
    layer.Fail("", "replicas: want an odd number from 3 on, not 1");
  if (own.u > config.faults())
    layer.Fail("", "want a budget u of at most f = (size - 1) / 2 for this cluster");
  if (own.r > 0)
    layer.Fail("", "want a budget r of 0 for this cluster: Chora-R bears crashes, and no liars");
  return config;
}

}  // namespace

HostProgram CompileChora(core::Keys& layer, const core::Cluster& own) {
  static constexpr core::Option kMachines[] = {
      {"counter", "applies any request, and counts them."},
      {"key_value", "a store of values under keys, linearizable to its clients."}};
  const chora::Config config = ReadChora(layer, own);
  std::size_t machine = 0;
  layer.Choice({"machine", "What the log is applied to."}, machine, kMachines);
  std::uint64_t state_bytes = 0;
  layer.Only(machine == 0, {"machine", "counter"}, [&](core::Keys& counter) {
    counter.Size({"state_bytes", "Size of its state, which snapshots and transfers carry."},
                 state_bytes);
  });
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
