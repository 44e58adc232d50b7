// What clients got: see clients.h.

#include "analysis/clients.h"

#include <algorithm>

#include "analysis/latency.h"

namespace lockstep::analysis {
namespace {

// Clients of an open loop declare it.
constexpr core::NoteKind kTurnedAway("turned_away");

}  // namespace

Clients::Clients(std::shared_ptr<const Recipe> recipe)
    : recipe_(std::move(recipe)), clusters_(recipe_->clusters.size()) {}

trace::Interest Clients::Wants() const {
  return trace::Interest(Bit(trace::EventKind::kEnd))
      .Add(core::NoteKind::kInvoked)
      .Add(core::NoteKind::kReturned)
      .Add(kTurnedAway);
}

Clients::OfCluster& Clients::ClusterOf(core::NodeId node) {
  for (std::size_t c = 0; c + 1 < clusters_.size(); ++c) {
    if (recipe_->clusters[c].Has(node)) return clusters_[c];
  }
  return clusters_.back();
}

void Clients::OnEvent(const trace::Event& event) {
  if (event.kind == trace::EventKind::kEnd) {
    end_ = event.at;
    return;
  }
  if (event.kind != trace::EventKind::kNote || clusters_.empty()) return;
  OfCluster& cluster = ClusterOf(event.node);
  const bool is_measured = event.at > recipe_->warmup;
  const std::pair request(event.detail, event.value);
  if (event.note == core::NoteKind::kInvoked) {
    ++cluster.invoked;
    if (is_measured) ++cluster.invoked_measured;
    if (open_.size() < kMostOpen) open_.emplace(request, event.at);
  } else if (event.note == core::NoteKind::kReturned) {
    ++cluster.returned;
    if (is_measured) ++cluster.returned_measured;
    const auto found = open_.find(request);
    if (found == open_.end()) return;
    if (is_measured)
      cluster.picoseconds.Add(static_cast<std::uint64_t>((event.at - found->second).ps()));
    open_.erase(found);
  } else if (event.note == kTurnedAway) {
    ++cluster.turned_away;
  }
}

nlohmann::json Clients::Summary() const {
  const double measured_s = static_cast<double>((end_ - recipe_->warmup).ps()) / 1e12;
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t c = 0; c < clusters_.size(); ++c) {
    const OfCluster& cluster = clusters_[c];
    if (cluster.invoked == 0) continue;
    nlohmann::json row = {{"cluster", recipe_->clusters[c].name},
                          {"invoked", cluster.invoked},
                          {"returned", cluster.returned},
                          {"turned_away", cluster.turned_away}};
    if (measured_s > 0) {
      row["invoked_per_s"] = static_cast<double>(cluster.invoked_measured) / measured_s;
      row["returned_per_s"] = static_cast<double>(cluster.returned_measured) / measured_s;
    }
    nlohmann::json latency = LatencySummary(cluster.picoseconds);
    if (!latency.is_null()) row["latency"] = std::move(latency);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace lockstep::analysis
