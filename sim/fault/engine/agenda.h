// What is due of faults, and when.
//
// At one instant, faults end first, then hosts restart, then hosts crash, then other faults begin,
// then those in force do what they had planned for it: what ends with an instant does not reach
// into it, and whoever is to restart at an instant is up for what begins at it. Among equals, the
// order is that of the scenario's list, or of the hosts.

#pragma once

#include <compare>
#include <cstdint>

#include "absl/container/btree_set.h"

#include "protocols/core/time.h"

namespace lockstep::sim {

enum class FaultStep : std::uint8_t { kEnd, kRestart, kCrash, kBegin, kTick };

class FaultAgenda {
 public:
  struct Item {
    core::Instant at;
    FaultStep step = FaultStep::kEnd;
    std::uint64_t index = 0;  // of the fault in the scenario's list; of the host, for a restart
    friend auto operator<=>(const Item&, const Item&) = default;
  };

  // Whether it is the first at its instant: somebody has to see to it that Take is asked then.
  bool Add(const Item& item) {
    const auto first = items_.lower_bound(Item{item.at, FaultStep::kEnd, 0});
    const bool is_first = first == items_.end() || first->at != item.at;
    items_.insert(item);
    return is_first;
  }
  bool IsDue(core::Instant now) const { return !items_.empty() && items_.begin()->at <= now; }
  Item Take() {
    const Item item = *items_.begin();
    items_.erase(items_.begin());
    return item;
  }

 private:
  absl::btree_set<Item> items_;
};

}  // namespace lockstep::sim
