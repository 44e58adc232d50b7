// Measured like a timeout of TCP: see repeat_interval.h.

#include "protocols/picsou/repeat_interval.h"

#include <algorithm>
#include <utility>

namespace lockstep::picsou {
namespace {

bool Has(const core::Run& run, std::uint64_t position) {
  return position >= run.first && position <= run.Last() &&
         (position - run.first) % run.stride == 0;
}

bool Lists(const Ack& ack, std::uint64_t position) {
  return std::any_of(ack.phi.begin(), ack.phi.end(),
                     [&](const core::Run& run) { return Has(run, position); });
}

}  // namespace

RepeatInterval::RepeatInterval(core::Duration floor, std::uint32_t receivers,
                               std::uint64_t acks_needed, std::uint64_t phi,
                               std::vector<std::uint32_t> stake)
    : is_measured_(true),
      floor_(floor),
      acks_needed_(acks_needed),
      stake_(std::move(stake)),
      phi_(phi),
      holds_(receivers) {
  Rebase();
}

core::Duration RepeatInterval::After(std::uint64_t attempts) const {
  if (!is_measured_ || attempts == 0) return base_;
  const core::Duration most = std::max(kBackedOff, base_ * 2);
  const std::int64_t factor = std::int64_t{1} << std::min(attempts, kDoublings);
  // As a quotient, since the product may leave the range.
  if (base_.ps() >= most.ps() / factor) return std::max(base_, most);
  return base_ * factor;
}

void RepeatInterval::OnSent(core::Instant now, std::uint64_t position) {
  if (!is_measured_) return;
  if (!until_quack_) until_quack_ = Probe{position, now};
  if (until_held_) return;
  until_held_ = Probe{position, now};
  holds_.assign(holds_.size(), false);
  holders_ = 0;
  is_attempt_noted_ = is_held_up_ = false;
}

void RepeatInterval::OnResent(core::Instant now, std::uint64_t position, std::uint64_t quack) {
  if (!is_measured_ || resent_until_quack_ || position != quack) return;
  resent_until_quack_ = Probe{position, now};
}

void RepeatInterval::OnReport(core::Instant now, std::uint32_t receiver, const Ack& ack,
                              std::uint64_t quack) {
  if (until_quack_ && quack > until_quack_->position) {
    quack_.Take(now - until_quack_->sent);
    until_quack_.reset();
    Rebase();
  }
  if (resent_until_quack_ && quack > resent_until_quack_->position) {
    resent_.Take(now - resent_until_quack_->sent);
    resent_until_quack_.reset();
    Rebase();
  }
  if (until_held_) OnHeld(now, receiver, ack);
}

void RepeatInterval::OnHeld(core::Instant now, std::uint32_t receiver, const Ack& ack) {
  if (holds_[receiver]) return;
  const std::uint64_t position = until_held_->position;
  const bool is_below = ack.cumulative > position;
  is_held_up_ |= is_below || position - ack.cumulative > phi_;
  if (!is_below && !Lists(ack, position)) return;
  holds_[receiver] = true;
  holders_ += stake_.empty() ? 1 : stake_[receiver];
  if (holders_ < acks_needed_) return;
  if (!is_attempt_noted_ || !is_held_up_) {
    held_.Take(now - until_held_->sent);
    Rebase();
  }
  until_held_.reset();
}

void RepeatInterval::OnView(std::uint64_t acks_needed, std::vector<std::uint32_t> stake) {
  acks_needed_ = acks_needed;
  stake_ = std::move(stake);
  until_quack_.reset();
  until_held_.reset();
  resent_until_quack_.reset();
}

void RepeatInterval::OnAttempt(const core::Run& positions) {
  until_quack_.reset();
  if (until_held_ && Has(positions, until_held_->position)) until_held_.reset();
  if (resent_until_quack_ && Has(positions, resent_until_quack_->position)) {
    resent_until_quack_.reset();
  }
  is_attempt_noted_ = true;
}

// RFC 6298, section 2: alpha = 1/8, beta = 1/4, K = 4.
void RepeatInterval::Estimate::Take(core::Duration sample) {
  sample = std::min(sample, kSampleMax);
  if (!has_sample) {
    has_sample = true;
    smoothed = sample;
    deviation = core::Duration::Picoseconds(sample.ps() / 2);
    return;
  }
  const std::int64_t off = sample.ps() - smoothed.ps();
  deviation =
      core::Duration::Picoseconds(deviation.ps() + ((off < 0 ? -off : off) - deviation.ps()) / 4);
  smoothed = core::Duration::Picoseconds(smoothed.ps() + off / 8);
}

void RepeatInterval::Rebase() {
  base_ = floor_;
  if (!quack_.has_sample && !held_.has_sample) {
    const core::Duration initial = std::clamp(floor_ * 10, kInitial, kBackedOff);
    base_ = std::max(base_, resent_.has_sample ? resent_.Timeout() : initial);
  }
  if (quack_.has_sample) base_ = std::max(base_, quack_.Timeout());
  if (held_.has_sample) base_ = std::max(base_, held_.Timeout());
}

}  // namespace lockstep::picsou
