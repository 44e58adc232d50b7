// A set of sequence numbers that is filled mostly in order and in strided runs.
//
// Kept by residue class modulo `period` (the rotation's: n_s * n_r), where such runs are intervals:
// a stream of millions costs a few entries a class.
//
// Invariant: Frontier() never decreases.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/interval_map.h"
#include "protocols/core/run.h"

namespace lockstep::core {

class SeqSet {
 public:
  explicit SeqSet(std::uint64_t period) : lanes_(period) {}

  std::uint64_t period() const { return lanes_.size(); }

  // Adds `run`; returns the parts of it that were not there before.
  std::vector<Run> Insert(const Run& run);
  bool Contains(std::uint64_t number) const;
  bool ContainsAll(const Run& run) const;
  // How many numbers from 0 on are held without a gap: a cumulative acknowledgement.
  std::uint64_t Frontier() const { return frontier_; }
  // One past the greatest number held.
  std::uint64_t End() const { return end_; }
  // How many numbers are held.
  std::uint64_t Count() const { return count_; }
  // Calls `visit(Run)` for what is held (or not held) in [begin, end), lane by lane.
  template <typename Visit>
  void ForEachHeld(std::uint64_t begin, std::uint64_t end, Visit&& visit) const {
    ForEach(begin, end, true, visit);
  }
  template <typename Visit>
  void ForEachMissing(std::uint64_t begin, std::uint64_t end, Visit&& visit) const {
    ForEach(begin, end, false, visit);
  }

 private:
  struct Present {
    friend bool operator==(const Present&, const Present&) = default;
  };

  template <typename Visit>
  void ForEach(std::uint64_t begin, std::uint64_t end, bool held, Visit& visit) const {
    for (std::uint64_t lane = 0; lane < period(); ++lane) {
      const std::uint64_t from = IndexAtLeast(lane, begin);
      const std::uint64_t to = IndexAtLeast(lane, end);
      lanes_[lane].ForEach(from, to, [&](std::uint64_t b, std::uint64_t e, const Present* value) {
        if ((value != nullptr) == held) visit(Run{lane + period() * b, e - b, period()});
      });
    }
  }
  // The least index whose number in `lane` is at least `number`.
  std::uint64_t IndexAtLeast(std::uint64_t lane, std::uint64_t number) const {
    return number <= lane ? 0 : (number - lane + period() - 1) / period();
  }
  void AdvanceFrontier();

  std::vector<IntervalMap<Present>> lanes_;  // lanes_[number % period] holds number / period
  std::uint64_t frontier_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace lockstep::core
