// Fetching: see fetcher.h.

#include "protocols/picsou/fetcher.h"

#include <algorithm>
#include <utility>

namespace lockstep::picsou {
namespace {

constexpr core::Duration kLeastPatience = core::Duration::Milliseconds(1);
constexpr core::Duration kLongestRound = core::Duration::Seconds(10);
constexpr core::Duration kLapWaitMax = core::Duration::Seconds(1);
// Who is silent for so long, from the first time that anybody was asked, has nothing.
constexpr core::Duration kSilence = core::Duration::Seconds(1);

}  // namespace

Fetcher::Fetcher(const Config& config)
    : config_(config),
      peers_(config.peers),
      numbers_(config.life << 32),
      next_peer_(After(config.self)),
      next_probe_(After(config.self)) {}

std::uint32_t Fetcher::After(std::uint32_t peer) const {
  const std::uint32_t next = (peer + 1) % config_.peers;
  return next == config_.self ? (next + 1) % config_.peers : next;
}

core::Duration Fetcher::patience() const {
  return smoothed_ ? std::max(kLeastPatience, *smoothed_ * 4) : kLeastPatience;
}

void Fetcher::Observe(const core::Now& now, std::uint64_t cumulative, std::uint64_t believable) {
  believable_ = believable;
  if (std::exchange(cumulative_, cumulative) != cumulative) {
    since_ = now.monotonic();
    first_asked_.reset();
    in_vain_ = 0;
    lap_wait_ = core::Duration();
    not_before_ = now.monotonic();
    for (Peer& peer : peers_) peer.has_nothing = false;
  }
  if (cumulative >= believable) since_ = now.monotonic();
  if (cumulative >= target_) {
    target_ = 0;
    open_.reset();
  }
  if (target_ > 0 || !smoothed_ || config_.peers == 1) return;
  if (now.monotonic() - since_ >= std::max(config_.noop_delay, patience())) target_ = believable;
}

Fetcher::Ask Fetcher::AskPeer(const core::Now& now, std::uint32_t peer, bool is_probe) {
  peers_[peer].number = ++numbers_;
  peers_[peer].asked = now.monotonic();
  peers_[peer].is_awaited = true;
  return {peer, numbers_, is_probe};
}

std::optional<Fetcher::Ask> Fetcher::Next(const core::Now& now) {
  if (open_ && now.monotonic() >= open_->until) PassOn(now);
  if (target_ == 0 || open_ || now.monotonic() < not_before_) return std::nullopt;
  if (!first_asked_) first_asked_ = now.monotonic();
  const Ask ask = AskPeer(now, next_peer_, false);
  open_ = Open{ask.peer, ask.number, now.monotonic() + patience()};
  return ask;
}

std::optional<Fetcher::Ask> Fetcher::Probe(const core::Now& now, bool is_quiet,
                                           absl::FunctionRef<bool(std::uint32_t)> is_idle) {
  const bool is_wanted = is_quiet || !smoothed_ || cumulative_ < believable_;
  if (open_ || !is_wanted) return std::nullopt;
  for (std::uint32_t tried = 1; tried < config_.peers; ++tried) {
    const std::uint32_t peer = std::exchange(next_probe_, After(next_probe_));
    if (is_idle(peer)) return AskPeer(now, peer, true);
  }
  return std::nullopt;
}

void Fetcher::Sample(core::Duration round_trip) {
  // Whoever was away for longer says nothing of how long it takes.
  round_trip = std::min(round_trip, kLongestRound);
  if (!smoothed_) {
    smoothed_ = round_trip;
    return;
  }
  // As TCP smooths its own (Jacobson, 1988): an eighth of what is new.
  smoothed_ =
      core::Duration::Picoseconds(smoothed_->ps() - smoothed_->ps() / 8 + round_trip.ps() / 8);
}

void Fetcher::PassOn(const core::Now& now) {
  next_peer_ = After(open_->peer);
  open_.reset();
  not_before_ = now.monotonic();
  if (++in_vain_ < config_.peers - 1) return;
  in_vain_ = 0;
  const core::Duration longer =
      lap_wait_.ps() == 0 ? config_.noop_delay : std::min(kLapWaitMax, lap_wait_ * 2);
  lap_wait_ = std::min(kLapWaitMax, longer);
  not_before_ = now.monotonic() + lap_wait_;
}

void Fetcher::OnAnswer(const core::Now& now, const Answer& answer) {
  Peer& peer = peers_[answer.peer];
  if (answer.peer == config_.self || !peer.is_awaited || peer.number != answer.number) return;
  peer.is_awaited = false;
  peer.floor = answer.floor;
  Sample(now.monotonic() - peer.asked);
  if (!open_ || open_->peer != answer.peer || open_->number != answer.number) return;
  if (answer.brought_any) {
    next_peer_ = answer.peer;
    open_.reset();
    in_vain_ = 0;
    return;
  }
  peer.has_nothing = true;
  PassOn(now);
}

std::optional<core::Instant> Fetcher::Wakes() const {
  if (open_) return open_->until;
  if (target_ > 0) return not_before_;
  return std::nullopt;
}

std::optional<std::uint64_t> Fetcher::Past(const core::Now& now) const {
  if (target_ == 0 || !first_asked_) return std::nullopt;
  const bool is_silence_over = now.monotonic() - *first_asked_ >= kSilence;
  std::uint64_t above = 0;  // peers, or their stake
  std::uint64_t lowest = ~std::uint64_t{0};
  for (std::uint32_t i = 0; i < peers_.size(); ++i) {
    if (i == config_.self) continue;
    const Peer& peer = peers_[i];
    if (peer.floor > cumulative_) {
      above += config_.stake.empty() ? 1 : config_.stake[i];
      lowest = std::min(lowest, peer.floor);
    } else if (!peer.has_nothing && !(is_silence_over && peer.is_awaited)) {
      return std::nullopt;
    }
  }
  if (above < config_.believed) return std::nullopt;
  return lowest;
}

}  // namespace lockstep::picsou
