// Which hosts a cluster can spare: who is down, as a concurrent budget counts, from a crash until
// the note that it has rejoined. A sink, so that it knows no more than the trace tells.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocols/core/note.h"
#include "protocols/core/program.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::sim {

class SpareHosts final : public trace::Sink {
 public:
  // The clusters outlive this.
  explicit SpareHosts(const std::vector<core::Cluster>& clusters) : clusters_(clusters) {
    std::size_t hosts = 0;
    for (const core::Cluster& cluster : clusters) hosts += cluster.size;
    is_down_.resize(hosts);
  }

  trace::Interest Wants() const override {
    return trace::Interest(Bit(trace::EventKind::kCrash) | Bit(trace::EventKind::kFaulty))
        .Add(core::NoteKind::kRejoined);
  }
  void OnEvent(const trace::Event& event) override {
    // Who fails otherwise than by a crash does so for the whole run, and is never spared.
    const bool is_for_good = event.kind == trace::EventKind::kFaulty && event.detail == 0;
    if (event.kind == trace::EventKind::kFaulty && !is_for_good) return;
    is_down_[event.node.value()] = !event.Is(core::NoteKind::kRejoined);
  }
  void Finish() override {}

  // Whether it may be down, too.
  bool CanSpare(core::NodeId host) const {
    for (const core::Cluster& cluster : clusters_) {
      if (!cluster.Has(host)) continue;
      std::uint64_t down = cluster.StakeOf(host.value() - cluster.first.value());
      for (std::uint32_t i = 0; i < cluster.size; ++i)
        if (is_down_[cluster.first.value() + i]) down += cluster.StakeOf(i);
      return !is_down_[host.value()] && down <= cluster.u;
    }
    return false;
  }

 private:
  const std::vector<core::Cluster>& clusters_;
  std::vector<bool> is_down_;  // is_down_[host]
};

}  // namespace lockstep::sim
