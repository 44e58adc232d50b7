// How long the messages of a stream took from cluster to cluster.
//
// A k′ sets out when anybody of the sending cluster first offers it to anybody of the receiving
// one; resends do not set it back. It arrives at each receiver that is correct at that time when
// that one first delivers it, and each arrival counts as one. Measured are arrivals after the
// warm-up, whenever their k′ set out. Runs of k′ with one history stay one entry throughout.
//
// Decided here, where the sources are silent:
// - Where a protocol promises delivery to all, every correct receiver is waited for. Where it does
//   not, most of them may never deliver, and the first that does ends the journey.
// - What is delivered without having been offered (forged, or made on the spot) has no latency and
//   counts nowhere. What never arrives has none either: these numbers are silent about loss.
// - Of a stream by stake whose turns are many, which comes in short runs that have no history in
//   common, one k′ in about sixty is measured: there are more than enough of them.
//
// Invariant: state is kept for k′ that somebody still waits for, and merged where it is equal. Of
// those, more than kMostPieces entries are not kept: the older half is given up, and counted.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "nlohmann/json.hpp"

#include "analysis/histogram.h"
#include "analysis/recipe.h"
#include "protocols/core/ids.h"
#include "protocols/core/interval_map.h"
#include "protocols/core/program.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

// {"count", "p50_us", "p90_us", "p99_us", "p999_us", "max_us"} of so many picoseconds; null where
// there are none.
nlohmann::json LatencySummary(const Histogram& picoseconds);

class Latency final : public trace::Sink {
 public:
  static constexpr std::size_t kMostPieces = std::size_t{1} << 18;

  // Of `recipe->streams[stream]`.
  Latency(std::shared_ptr<const Recipe> recipe, std::size_t stream);

  trace::Interest Wants() const override;
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}

  core::StreamId stream() const { return stream_->stream; }
  const Histogram& picoseconds() const { return picoseconds_; }
  // Arrivals that are not measured, because they took too long with too much else going on.
  std::uint64_t given_up() const { return given_up_; }
  // Entries of state, for tests of memory.
  std::size_t size() const { return pieces_; }

  // {"count", "p50_us", "p90_us", "p99_us", "p999_us", "max_us", "given_up"?}; null where nothing
  // was measured.
  nlohmann::json Summary() const;

 private:
  // Of one k′ that was offered: when, and who has yet to deliver it, a bit each. Where that is
  // nobody, `offered` is no longer told apart.
  struct Journey {
    core::Instant offered;
    std::uint64_t awaited = 0;
    friend bool operator==(const Journey&, const Journey&) = default;
  };
  using Lane = core::IntervalMap<Journey>;
  // Of 64 receivers; or of whichever comes first, as if it were one, where that ends the journey.
  struct Group {
    std::uint64_t awaited = 0;  // by a k′ that is offered now
    std::vector<Lane> lanes;
  };

  // What is left of it when that one need not be awaited any more.
  static Journey Without(const Journey& journey, std::uint64_t bit);
  void OnOffered(core::Instant at, const core::Run& run);
  void OnDelivered(core::Instant at, std::uint64_t receiver, const core::Run& run);
  void OnFaulty(core::NodeId node);
  // Lane::Update that keeps count of the pieces.
  // Calls `visit(lane, begin, end)` for what of a run is measured.
  template <typename Visit>
  void ForEachMeasured(const core::Run& run, Visit&& visit) const;
  template <typename Change>
  void Update(Lane& lane, std::uint64_t begin, std::uint64_t end, Change&& change);
  void GiveUpHalf();

  std::shared_ptr<const Recipe> recipe_;
  const Stream* stream_;            // in the recipe
  const core::Cluster* senders_;    // in the recipe
  const core::Cluster* receivers_;  // in the recipe
  bool is_for_all_;
  std::uint64_t one_in_ = 1;     // k′ that are measured, which are those that this divides
  std::vector<bool> is_faulty_;  // is_faulty_[index of the receiver]
  std::vector<Group> groups_;
  std::size_t pieces_ = 0;  // of all lanes of all groups
  std::uint64_t given_up_ = 0;
  Histogram picoseconds_;
};

}  // namespace lockstep::analysis
