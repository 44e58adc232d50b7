// The account of rounds as lines of a trace, for readers of traces that do not hold what it was
// found in: each breach, each batch that was only just in time, what replicas say that is not so,
// and now and then all that was counted and measured so far.
//
// sim/trace/FORMAT.md describes the lines. What the numbers of counts mean, the oracle says that
// counts (round_bound.h).

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "analysis/smr/round_account.h"
#include "analysis/span_histogram.h"
#include "protocols/core/ids.h"
#include "protocols/core/program.h"
#include "protocols/core/run.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

// What is measured of rounds: see RoundLedger.
struct RoundSpans {
  SpanHistogram completion;
  SpanHistogram slack;
};

class RoundLineWriter {
 public:
  // `trace` outlives it.
  RoundLineWriter(const core::Cluster& cluster, trace::Sink* trace)
      : cluster_(cluster), trace_(trace) {}

  // What is told from now on is concluded from this event.
  void At(const trace::Event& event) {
    at_ = event.at;
    index_ = event.index;
  }
  void Tell(const Breach& breach);
  void Tell(const InTime& in_time);
  // What is of a batch is told with that already.
  void Tell(const Mismatch& mismatch);
  void TellAll(const std::vector<std::uint64_t>& counts, const SpanHistogram& completion,
               const SpanHistogram& slack);

 private:
  trace::Event LineOf(trace::EventKind kind, std::uint32_t replica) const;
  void TellSpans(std::uint64_t which, const SpanHistogram& spans);

  core::Cluster cluster_;
  trace::Sink* trace_;
  core::Instant at_;
  std::uint64_t index_ = 0;
  std::vector<core::Run> runs_;  // used again
};

// What was written, of one cluster. Total on any events.
class RoundLineReader {
 public:
  explicit RoundLineReader(const core::Cluster& cluster) : cluster_(cluster) {}

  // What the lines are, if they are of these kinds and of this cluster.
  std::optional<Breach> BreachOf(const trace::Event& event) const;
  std::optional<InTime> InTimeOf(const trace::Event& event) const;
  std::optional<Mismatch> MismatchOf(const trace::Event& event) const;
  // Of what was counted and measured, what is read last holds.
  void Read(const trace::Event& event);

  bool has_counts() const { return !counts_.empty(); }
  // As far as they were told; 0 beyond.
  std::uint64_t CountAt(std::size_t which) const {
    return which < counts_.size() ? counts_[which] : 0;
  }
  RoundSpans Spans() const;

 private:
  struct Measured {
    core::Duration least;
    core::Duration most;
    std::vector<core::Run> runs;
  };

  bool IsOfCluster(const trace::Event& event) const {
    return cluster_.Has(event.node) && cluster_.Has(event.peer);
  }
  std::uint32_t IndexOf(core::NodeId node) const { return node.value() - cluster_.first.value(); }

  core::Cluster cluster_;
  std::vector<std::uint64_t> counts_;
  std::array<Measured, 4> measured_;  // by what kSpans says
};

}  // namespace lockstep::analysis
