// A receiver's patience: see watch.h.

#include "protocols/c3b/watch.h"

#include <algorithm>

#include "protocols/core/quorum.h"

namespace lockstep::c3b {
namespace {

constexpr std::int64_t kPatienceMost = 64;

}  // namespace

Watch::Watch(const core::Cluster& receivers, const core::Cluster& senders, std::uint32_t self,
             core::Duration timeout, core::Instant now)
    : self_(self),
      timeout_(timeout),
      joined_by_(receivers.u + 1),
      known_by_(senders.r + 1),
      moved_(now),
      committed_(senders.size, 0),
      views_(receivers.size, 0) {}

void Watch::OnHeld(core::Instant now, std::uint64_t held) {
  if (held <= held_) return;
  held_ = held;
  moved_ = now;
  patience_ = 1;
  missed_.reset();
  Reconsider(now);
}

void Watch::OnCommitted(core::Instant now, std::uint32_t sender, std::uint64_t end) {
  committed_[sender] = std::max(committed_[sender], end);
  Reconsider(now);
}

void Watch::OnView(core::Instant now, std::uint32_t peer, std::uint64_t view) {
  views_[peer] = std::max(views_[peer], view);
  const std::uint64_t asked = core::ReachedBy(views_, joined_by_);
  if (asked <= views_[self_]) return;
  views_[self_] = asked;
  if (missed_) missed_ = now;
}

void Watch::Reconsider(core::Instant now) {
  if (!missed_ && core::ReachedBy(committed_, known_by_) > held_) missed_ = now;
}

bool Watch::OnTick(core::Instant now) {
  if (now - moved_ < timeout_) return false;
  if (missed_ && now - *missed_ >= Patience()) {
    ++views_[self_];
    missed_ = now;
    patience_ = std::min(2 * patience_, kPatienceMost);
  }
  return true;
}

core::Instant Watch::NextTick(core::Instant now) const {
  if (now - moved_ < timeout_) return moved_ + timeout_;
  core::Instant next = now + timeout_;
  if (missed_ && now - *missed_ < Patience()) next = std::min(next, *missed_ + Patience());
  return next;
}

}  // namespace lockstep::c3b
