// Which bytes of a stream have come: all up to an offset, and runs beyond it that came before their
// turn.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/net/packet.h"

namespace lockstep::sim {

class Reassembly {
 public:
  void Add(const Segment& segment) {
    if (segment.begin <= whole_ && early_.empty()) {
      whole_ = std::max(whole_, segment.end);
      return;
    }
    // Runs that touch it become one with it.
    Segment merged = segment;
    const auto first = std::find_if(early_.begin(), early_.end(),
                                    [&](const Segment& run) { return run.end >= merged.begin; });
    auto last = first;
    for (; last != early_.end() && last->begin <= merged.end; ++last) {
      merged.begin = std::min(merged.begin, last->begin);
      merged.end = std::max(merged.end, last->end);
    }
    const auto place = early_.erase(first, last);
    if (merged.begin <= whole_) {
      whole_ = std::max(whole_, merged.end);
      if (early_.empty()) early_ = {};
    } else {
      early_.insert(place, merged);
    }
  }

  // Without a gap from the beginning.
  std::uint64_t whole() const { return whole_; }
  // The run around a byte that has come.
  Segment Around(std::uint64_t offset) const {
    for (const Segment& run : early_)
      if (run.begin <= offset && offset < run.end) return run;
    return {0, whole_};
  }

 private:
  std::uint64_t whole_ = 0;
  std::vector<Segment> early_;  // by offset, with gaps between them
};

}  // namespace lockstep::sim
