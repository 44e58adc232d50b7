// Which machines have power, and which processes run on them, as the network sees them.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/time.h"

namespace lockstep::sim {

class Machines {
 public:
  explicit Machines(std::size_t hosts) : machines_(hosts) {}

  std::size_t size() const { return machines_.size(); }
  // Whether something would listen to what arrives.
  bool is_up(core::NodeId host) const { return At(host).is_up; }
  // Whether something would answer at all.
  bool has_power(core::NodeId host) const { return At(host).has_power; }
  // Whether a process there has died, at any time; whether its machine said so to the others, and
  // when it did last.
  bool has_died(core::NodeId host) const { return At(host).has_died; }
  bool has_told(core::NodeId host) const { return At(host).has_told; }
  core::Instant died_at(core::NodeId host) const { return At(host).died_at; }

  void OnDown(core::Instant now, core::NodeId host, bool keeps_power) {
    At(host) = {false, keeps_power, true, keeps_power, now};
  }
  void OnUp(core::NodeId host) { At(host).is_up = At(host).has_power = true; }

 private:
  struct Machine {
    bool is_up = true;
    bool has_power = true;
    bool has_died = false;
    bool has_told = false;
    core::Instant died_at;
  };
  Machine& At(core::NodeId host) { return machines_[host.value()]; }
  const Machine& At(core::NodeId host) const { return machines_[host.value()]; }

  std::vector<Machine> machines_;
};

}  // namespace lockstep::sim
