// What clients got: requests made and answered, and how long they waited, by their cluster.
//
// From the notes `invoked` and `returned`, which are the clients' own: a host that lies about
// replicas can lie here. Rates and latencies are measured from the warm-up to the end of the run, a
// latency by when its answer came.
//
// Invariant: state is kept for requests that are open; beyond kMostOpen of them, and of those that
// died with their clients, none is added, and their latency is not measured.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "nlohmann/json.hpp"

#include "analysis/histogram.h"
#include "analysis/recipe.h"
#include "protocols/core/time.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

class Clients final : public trace::Sink {
 public:
  static constexpr std::size_t kMostOpen = std::size_t{1} << 20;

  explicit Clients(std::shared_ptr<const Recipe> recipe);

  trace::Interest Wants() const override;
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}

  // One object for each cluster whose clients asked something: {"cluster", "invoked", "returned",
  // "turned_away", "invoked_per_s", "returned_per_s", "latency"?}; the first three of the whole
  // run, the last as LatencySummary says.
  nlohmann::json Summary() const;
  // Requests that are kept, for tests of memory.
  std::size_t size() const { return open_.size(); }

 private:
  struct OfCluster {
    std::uint64_t invoked = 0;
    std::uint64_t returned = 0;
    std::uint64_t turned_away = 0;
    std::uint64_t invoked_measured = 0;
    std::uint64_t returned_measured = 0;
    Histogram picoseconds;
  };

  OfCluster& ClusterOf(core::NodeId node);

  std::shared_ptr<const Recipe> recipe_;
  std::vector<OfCluster> clusters_;  // as in the recipe
  // When it was invoked, by client and number; only looked up.
  absl::flat_hash_map<std::pair<std::uint64_t, std::uint64_t>, core::Instant> open_;
  core::Instant end_;
};

}  // namespace lockstep::analysis
