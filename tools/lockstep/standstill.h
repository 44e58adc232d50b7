// Whether a world's time goes on: a node that is called again and again at one instant would keep
// its run for ever.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/world.h"

namespace lockstep::cli {

class Standstill {
 public:
  // `world` has `hosts` hosts, and outlives this.
  Standstill(sim::World& world, std::size_t hosts, std::uint64_t calls_most)
      : world_(world), hosts_(hosts), calls_most_(calls_most), since_(world.now()) {}

  // The host whose node was called more than `calls_most` times at the instant at which the world
  // stands, as far as this was asked: once in a while, as the world runs on.
  std::optional<core::NodeId> Find() {
    if (world_.now() != since_) {
      since_ = world_.now();
      calls_.clear();
      return std::nullopt;
    }
    const bool is_first = calls_.empty();
    for (std::uint32_t i = 0; i < hosts_; ++i) {
      const std::uint64_t calls = world_.host(core::NodeId(i)).calls();
      if (is_first) calls_.push_back(calls);
      if (calls - calls_[i] > calls_most_) return core::NodeId(i);
    }
    return std::nullopt;
  }

 private:
  sim::World& world_;
  std::size_t hosts_;
  std::uint64_t calls_most_;
  core::Instant since_;
  std::vector<std::uint64_t> calls_;  // calls_[host], when it was seen to stand still; else empty
};

}  // namespace lockstep::cli
