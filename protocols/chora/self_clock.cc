// Rounds without a clock protocol: see self_clock.h.

#include "protocols/chora/self_clock.h"

#include <algorithm>
#include <limits>

namespace lockstep::chora {
namespace {

core::Duration Half(core::Duration span) { return core::Duration::Picoseconds(span.ps() / 2); }

}  // namespace

SelfClock::SelfClock(const Config& config, std::uint32_t self)
    : self_(self),
      replicas_(config.replicas()),
      quorum_(config.quorum()),
      depth_(config.depth),
      length_(config.round_length),
      interval_(config.interval()),
      gain_permille_(config.gain_permille),
      heard_(config.replicas()) {
  for (Heard& heard : heard_) heard.delay = config.expected_delay;
}

std::optional<std::uint64_t> SelfClock::Start(core::Instant now, bool is_first_start) {
  if (!is_first_start && replicas_ > 1) return std::nullopt;
  has_started_ = true;
  next_at_ = now;
  return 0;
}

void SelfClock::Begin(std::uint64_t round, core::Instant at) {
  // Rounds that were passed over began, nominally, one interval before the other.
  const std::uint64_t first = round > round_ + kHistory ? round - kHistory : round_ + 1;
  for (std::uint64_t q = first; q < round; ++q) {
    const auto before = static_cast<std::int64_t>(round - q);
    began_[q % kHistory] = at - interval_ * before;
    entered_[q % kHistory] = core::Instant::Max();  // Nothing was sent.
  }
  round_ = round;
  began_[round % kHistory] = at;
}

std::uint64_t SelfClock::Enter(core::Instant now, std::uint64_t next) {
  // A boundary that is handled late is that of the round that the clock shows by then.
  const std::int64_t late_ps = std::max<std::int64_t>(0, (now - next_at_).ps());
  const std::int64_t skipped = late_ps / interval_.ps();
  Begin(next + static_cast<std::uint64_t>(skipped), next_at_ + interval_ * skipped);
  entered_[round_ % kHistory] = now;

  std::vector<std::int64_t> offsets = {0};  // its own
  for (std::uint32_t i = 0; i < replicas_; ++i) {
    if (i == self_ || !heard_[i].offset) continue;
    offsets.push_back(heard_[i].offset->ps());
    heard_[i].offset.reset();
  }
  const auto middle = offsets.begin() + static_cast<std::ptrdiff_t>((offsets.size() - 1) / 2);
  std::nth_element(offsets.begin(), middle, offsets.end());
  const std::int64_t most = interval_.ps() / 4;
  const std::int64_t nudge = std::clamp(*middle / 1'000 * gain_permille_, -most, most);
  next_at_ = began_[round_ % kHistory] + interval_ + core::Duration::Picoseconds(nudge);
  return round_;
}

core::Instant SelfClock::Expected(std::uint64_t round) const {
  if (round > round_) return next_at_;
  const std::uint64_t back = round_ - round;
  if (back < kHistory) return began_[round % kHistory];
  return began_[round_ % kHistory] - interval_ * static_cast<std::int64_t>(back);
}

void SelfClock::Measure(Heard& heard, const Echo& echo, core::Instant now) {
  if (echo.held_ps == Echo::kNone || !has_started_) return;
  // The newest round with these bits.
  const std::uint64_t back = (round_ - echo.round) & 0xFFFF;
  if (back > round_ || back >= kHistory) return;
  const core::Instant sent = entered_[(round_ - back) % kHistory];
  if (sent > now) return;
  const core::Duration there_and_back =
      (now - sent) - core::Duration::Picoseconds(static_cast<std::int64_t>(echo.held_ps));
  if (there_and_back < core::Duration() || there_and_back > length_ * 8) return;
  const core::Duration sample = Half(there_and_back);
  if (!heard.is_measured) {
    heard.is_measured = true;
    heard.delay = sample;
  } else {
    heard.delay += core::Duration::Picoseconds((sample - heard.delay).ps() / 8);
  }
}

std::uint64_t SelfClock::MedianRound() const {
  std::vector<std::uint64_t> rounds;
  if (has_started_) rounds.push_back(round_);
  for (std::uint32_t i = 0; i < replicas_; ++i) {
    if (i != self_ && heard_[i].is_heard) rounds.push_back(heard_[i].newest);
  }
  std::sort(rounds.begin(), rounds.end());
  return rounds[(rounds.size() - 1) / 2];
}

std::optional<std::uint64_t> SelfClock::OnRound(std::uint32_t peer, std::uint64_t round,
                                                const Echo& echo, core::Instant now) {
  Heard& heard = heard_[peer];
  // Further away there is no time; a peer of ours never says so.
  const auto far =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 4 / interval_.ps());
  if (round > round_ + far || round_ > round + far) return std::nullopt;
  if (!heard.is_heard || round > heard.newest) {
    heard.is_heard = true;
    heard.newest = round;
    heard.newest_at = now;
  }
  if (round % replicas_ == self_) Measure(heard, echo, now);
  if (has_started_ && round <= round_ + 1) heard.offset = now - (Expected(round) + heard.delay);
  if (has_started_ && round <= round_ + depth_) return std::nullopt;

  const auto others = static_cast<std::uint32_t>(std::count_if(
      heard_.begin(), heard_.end(), [](const Heard& other) { return other.is_heard; }));
  if (!has_started_ && others + 1 < quorum_) return std::nullopt;
  const std::uint64_t target = MedianRound();
  if (has_started_ && target <= round_ + 1) return std::nullopt;
  // As if it had begun with those who sent this.
  const std::int64_t ahead = static_cast<std::int64_t>(round) - static_cast<std::int64_t>(target);
  const core::Instant began = now - heard.delay - interval_ * ahead;
  next_at_ = std::min(now, std::max(began, now - interval_));
  has_started_ = true;
  return target;
}

SelfClock::Echo SelfClock::MakeEcho(core::Instant now) const {
  Echo echo;
  const Heard& heard = heard_[round_ % replicas_];
  if (round_ % replicas_ == self_ || !heard.is_heard) return echo;
  const std::int64_t held_ps = (now - heard.newest_at).ps();
  if (held_ps < 0 || held_ps >= static_cast<std::int64_t>(Echo::kNone)) return echo;
  echo.round = static_cast<std::uint16_t>(heard.newest & 0xFFFF);
  echo.held_ps = static_cast<std::uint32_t>(held_ps);
  return echo;
}

}  // namespace lockstep::chora
