// Which call has had the last word on what calls may set anew: a timer, the reading of a peer, the
// wish for credit towards it.
//
// A call's effects wait for the work that it listed before them, and later calls do not wait for
// them. What the later call has set must stand nevertheless: a node that holds a peer, with work to
// do first, and then resumes it has resumed it. So what a call lists of a thing is void where a
// later call's was performed.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"

#include "protocols/core/effects.h"

namespace lockstep::sim {

class LastWord {
 public:
  using Thing = std::pair<std::uint8_t, std::uint64_t>;  // a kind, and which
  // What `listed` sets; none: nothing that another effect replaces.
  static std::optional<Thing> ThingOf(const core::Listed& listed);

  // Whether what call number `call` has listed still stands, as it is to be performed.
  bool Stands(const Thing& thing, std::uint64_t call) const;
  // It is performed.
  void Note(const Thing& thing, std::uint64_t call) { last_[thing] = call; }
  // Whether it is time to forget what no call can come too late for.
  bool is_large() const { return last_.size() >= forget_at_; }
  // No call before `oldest` waits.
  void Forget(std::uint64_t oldest);
  // None does.
  void Clear() { last_.clear(); }
  bool is_empty() const { return last_.empty(); }
  // Entries of state, for tests of memory.
  std::size_t size() const { return last_.size(); }

 private:
  static constexpr std::size_t kForgetFirst = 32;

  absl::flat_hash_map<Thing, std::uint64_t> last_;  // never in its order
  std::size_t forget_at_ = kForgetFirst;
};

}  // namespace lockstep::sim
