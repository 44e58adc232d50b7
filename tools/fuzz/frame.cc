// What a scenario leaves room for: see frame.h.

#include "tools/fuzz/frame.h"

#include <algorithm>
#include <utility>

namespace lockstep::fuzz {
namespace {

bool IsReachable(const std::vector<core::Cluster>& clusters, sim::PairClass pair) {
  for (const core::Cluster& from : clusters)
    for (const core::Cluster& to : clusters)
      if (sim::PairClassOf(from, to) == pair && (&from != &to || from.size > 1)) return true;
  return false;
}

// The indices of those that `hosts` names of this cluster.
void AddIndices(const core::Cluster& cluster, const std::vector<core::NodeId>& hosts,
                std::set<std::uint32_t>& indices) {
  for (const core::NodeId host : hosts)
    if (cluster.Has(host)) indices.insert(host.value() - cluster.first.value());
}

}  // namespace

std::vector<std::string> TypesOf(const core::Program& program) {
  std::vector<std::string> types;
  for (std::uint32_t c = 0; c < program.clusters().size(); ++c) {
    for (const core::TypeSpec& type : program.Fields(core::ClusterId(c)).types()) {
      const std::string name(type.name);
      if (std::find(types.begin(), types.end(), name) == types.end()) types.push_back(name);
    }
  }
  return types;
}

std::vector<std::string> NumbersOf(const core::Program& program) {
  std::vector<std::string> paths;
  for (std::uint32_t c = 0; c < program.clusters().size(); ++c) {
    for (const core::TypeSpec& type : program.Fields(core::ClusterId(c)).types()) {
      for (std::uint32_t i = 0; i < type.fields.size(); ++i) {
        const core::Role role = type.fields[i].role;
        const bool is_number = role != core::Role::kGroup && role != core::Role::kContent &&
                               role != core::Role::kSignature;
        std::string path = core::Path(type, i);
        if (is_number && std::find(paths.begin(), paths.end(), path) == paths.end())
          paths.push_back(std::move(path));
      }
    }
  }
  return paths;
}

std::vector<std::string> NotesOf(const CatalogProgram& program) {
  std::vector<std::string> notes;
  for (const core::NoteSpec& note : core::kSharedNotes) notes.emplace_back(note.name);
  for (const core::NoteSpec& note : program.Notes()) notes.emplace_back(note.name);
  return notes;
}

Frame FrameOf(const sim::Scenario& scenario, const CatalogProgram& program) {
  Frame frame;
  for (std::size_t c = 0; c < scenario.clusters.size(); ++c) {
    const core::Cluster& cluster = scenario.clusters[c];
    if (cluster.is_client) continue;
    FrameCluster left{cluster.name, cluster.size, cluster.u, cluster.r, scenario.is_concurrent[c]};
    left.stake = cluster.stake;
    for (const sim::Fault& fault : scenario.faults) {
      if (fault.body->is_within_budget()) continue;
      if (fault.spends_u()) AddIndices(cluster, fault.targets, left.failing);
      if (fault.spends_r()) AddIndices(cluster, fault.targets, left.lying);
    }
    frame.clusters.push_back(std::move(left));
  }
  for (const sim::PairClass pair :
       {sim::PairClass::kIntra, sim::PairClass::kCross, sim::PairClass::kClient}) {
    if (!IsReachable(scenario.clusters, pair)) continue;
    frame.links.push_back({std::string(sim::kPairClassNames[static_cast<std::size_t>(pair)]),
                           scenario.network.Of(pair).transport == sim::Transport::kStream});
  }
  frame.types = TypesOf(program);
  frame.notes = NotesOf(program);
  frame.numbers = NumbersOf(program);
  frame.has_certificates = program.has_certificates();
  frame.lasts = scenario.end - core::Instant();
  frame.heal = scenario.heal - core::Instant();
  return frame;
}

}  // namespace lockstep::fuzz
