// States of all runs: see thoroughness.h.

#include "tools/fuzz/thoroughness.h"

namespace lockstep::fuzz {

std::uint64_t Thoroughness::Add(std::span<const State> states, bool is_drawn) {
  const std::uint64_t run = runs_;
  if (is_drawn) ++runs_;
  std::uint64_t fresh = 0;
  std::uint64_t alone = 0;
  for (const State state : states) {
    const auto [at, is_new] = shown_.try_emplace(state, kNobody);
    if (is_new) ++fresh;
    if (!is_drawn || at->second == kSeveral) continue;
    if (at->second == kNobody) {
      at->second = run;
      ++alone;
      continue;
    }
    const auto other = alone_.find(at->second);
    if (--other->second == 0) alone_.erase(other);
    at->second = kSeveral;
  }
  if (alone > 0) alone_[run] = alone;
  return fresh;
}

}  // namespace lockstep::fuzz
