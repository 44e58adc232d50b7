// What is kept for peers: see retained.h.

#include "protocols/picsou/retained.h"

#include <algorithm>
#include <utility>

#include "protocols/core/check.h"
#include "protocols/core/quorum.h"

namespace lockstep::picsou {

Retained::Retained(const Config& config, const core::StreamProofs* proofs)
    : config_(config), proofs_(proofs), line_(config.lanes), acks_(config.peers, 0) {
  // Nobody else is there to acknowledge anything, or to ask for it.
  if (config.peers == 1) by_all_ = by_enough_ = ~std::uint64_t{0};
  if (config.sparing == 0) by_enough_ = ~std::uint64_t{0};
}

void Retained::Add(const core::Records& records) {
  if (records.run.count == 0 || records.run.Last() < by_all_) return;
  const std::uint64_t period = line_.lanes();
  if (config_.is_dense || records.run.count == 1 || records.run.stride == period) {
    AddOfLane(line_.Place(records.run.first), records);
  } else {
    core::ForEachLane(records.run, period,
                      [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
                        const std::uint64_t place = line_.Begin(lane) + begin;
                        const core::Run part = line_.RunAt(place, line_.Begin(lane) + end);
                        AddOfLane(place, core::Pick(records, part, proofs_));
                      });
  }
  Trim();
}

void Retained::AddOfLane(std::uint64_t place, const core::Records& records) {
  if (!kept_.emplace(place, records).second) return;
  order_.push_back(place);
  firsts_.insert(records.run.first);
  const std::uint64_t width = records.run.Last() - records.run.first;
  if (config_.is_dense && width > kNarrow) {
    wide_.emplace(place, records.run);
    widest_ = std::max(widest_, width);
  }
  messages_ += records.run.count;
  bytes_ += records.run.count * records.size;
}

void Retained::OnPeerAck(std::uint32_t peer, std::uint64_t cumulative) {
  CHECK(peer < acks_.size());
  if (peer == config_.self) return;
  const std::uint64_t before = std::exchange(acks_[peer], cumulative);
  // Nothing moves where it was not one of the last.
  const bool is_behind = std::min(before, cumulative) <= by_all_;
  const bool is_counted = std::min(before, cumulative) <= by_enough_ && config_.sparing > 0;
  if (before == cumulative || (!is_behind && !is_counted)) return;
  CountAcks();
  Trim();
}

void Retained::OnView(std::uint64_t sparing, std::vector<std::uint32_t> stake) {
  config_.sparing = sparing;
  config_.stake = std::move(stake);
  if (config_.peers == 1) return;
  by_enough_ = ~std::uint64_t{0};
  CountAcks();
  Trim();
}

void Retained::CountAcks() {
  std::vector<std::uint64_t> others = acks_;
  others.erase(others.begin() + config_.self);
  by_all_ = *std::min_element(others.begin(), others.end());
  if (config_.sparing > 0) {
    std::vector<std::uint32_t> stake = config_.stake;
    if (!stake.empty()) stake.erase(stake.begin() + config_.self);
    by_enough_ = stake.empty() ? core::ReachedBy(std::move(others), config_.sparing)
                               : core::ReachedByStake(others, stake, config_.sparing);
  }
}

void Retained::DropOldest() {
  const auto oldest = kept_.find(order_.front());
  order_.pop_front();
  if (passed_ > 0) --passed_;
  firsts_.erase(oldest->second.run.first);
  wide_.erase(oldest->first);
  messages_ -= oldest->second.run.count;
  bytes_ -= oldest->second.run.count * oldest->second.size;
  kept_.erase(oldest);
}

std::uint64_t Retained::room() const {
  const auto most = static_cast<std::uint64_t>(config_.bytes.value());
  if (bytes_ <= most) return config_.messages;
  // Less than the one message that is kept is no room; the products stay below 2^60.
  const std::uint64_t each = std::max<std::uint64_t>(1, bytes_ / messages_);
  return std::min(config_.messages, std::max<std::uint64_t>(1, most / each));
}

std::uint64_t Retained::limit() {
  const std::uint64_t may_go = std::max(by_all_, by_enough_);
  // What a peer needs again that has lost its memory was passed before.
  if (may_go < passed_for_) passed_ = 0;
  passed_for_ = may_go;
  for (; passed_ < order_.size(); ++passed_) {
    const core::Run& run = kept_.find(order_[passed_])->second.run;
    if (run.Last() < may_go) continue;
    // Of a run that cannot go as a whole, part may not be needed any more.
    const std::uint64_t gone =
        may_go <= run.first ? 0 : (may_go - run.first + run.stride - 1) / run.stride;
    return run.At(gone) + room();
  }
  return ~std::uint64_t{0};
}

void Retained::Ripen(std::uint64_t ripe) {
  ripe_ = std::max(ripe_, ripe);
  Trim();
}

void Retained::Trim() {
  const auto last_of_oldest = [this] { return kept_.find(order_.front())->second.run.Last(); };
  while (!order_.empty() && last_of_oldest() < by_all_) DropOldest();
  while (messages_ > room() && last_of_oldest() < by_enough_) {
    if (last_of_oldest() >= ripe_ && messages_ <= 2 * room()) return;
    squeezed_ += kept_.find(order_.front())->second.run.count;
    DropOldest();
  }
}

std::vector<core::Records> Retained::Find(const std::vector<core::Run>& wanted,
                                          core::ByteCount bytes) const {
  std::vector<core::Records> found;
  std::uint64_t room = static_cast<std::uint64_t>(bytes.value());
  const auto take = [&](const core::Records& records, core::Run run) {
    if (!found.empty() && records.size > 0) run.count = std::min(run.count, room / records.size);
    if (found.empty() && records.size > 0)
      run.count = std::min(run.count, std::max<std::uint64_t>(1, room / records.size));
    if (run.count == 0) return;
    room -= std::min(room, run.count * records.size);
    found.push_back(core::Pick(records, run, proofs_));
  };
  for (const core::Run& run : wanted) {
    for (std::uint64_t i = 0; config_.is_dense;) {
      const std::optional<Match> next = NextDense(run, i);
      if (!next) break;
      take(*next->records, next->part);
      i = (next->part.Last() - run.first) / run.stride + 1;
    }
    if (config_.is_dense) continue;
    core::ForEachLane(
        run, line_.lanes(), [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
          const std::uint64_t base = line_.Begin(lane);
          auto at = kept_.upper_bound(base + begin);
          if (at != kept_.begin()) --at;
          for (; at != kept_.end() && at->first < base + end; ++at) {
            const std::uint64_t from = std::max(at->first, base + begin);
            const std::uint64_t to = std::min(at->first + at->second.run.count, base + end);
            if (from < to) take(at->second, line_.RunAt(from, to));
          }
        });
  }
  return found;
}

std::optional<Retained::Match> Retained::NextDense(const core::Run& run, std::uint64_t i) const {
  const auto has = [](const core::Run& kept, std::uint64_t number) {
    return number >= kept.first && number <= kept.Last() &&
           (number - kept.first) % kept.stride == 0;
  };
  const auto match = [&](const core::Records& records) {
    std::uint64_t n = 1;
    while (i + n < run.count && has(records.run, run.At(i + n))) ++n;
    return Match{&records, run.Part(i, n)};
  };
  for (; i < run.count; ++i) {
    const std::uint64_t number = run.At(i);
    for (auto at = kept_.lower_bound(number - std::min(number, kNarrow));
         at != kept_.end() && at->first <= number; ++at)
      if (has(at->second.run, number)) return match(at->second);
    for (auto at = wide_.lower_bound(number - std::min(number, widest_));
         at != wide_.end() && at->first <= number; ++at)
      if (has(at->second, number)) return match(kept_.find(at->first)->second);
  }
  return std::nullopt;
}

std::uint64_t Retained::FloorFor(std::uint64_t cumulative, std::uint64_t wanted) const {
  if (wanted >= cumulative) return cumulative;
  // As a rule it is there, and nothing has to be searched.
  if (!Find({core::Run{wanted, 1, 1}}, core::ByteCount(1)).empty()) return wanted;
  std::uint64_t floor = cumulative;
  for (const std::uint64_t first : firsts_) {
    if (first >= floor) break;
    if (first >= wanted) return first;
    const core::Run& run = kept_.find(line_.Place(first))->second.run;
    if (run.Last() < wanted) continue;
    floor = std::min(floor, run.At((wanted - first + run.stride - 1) / run.stride));
  }
  return floor;
}

}  // namespace lockstep::picsou
