// Line-rate FIFO server: see nic.h.

#include "sim/net/nic.h"

#include <algorithm>
#include <limits>

#include "absl/numeric/int128.h"

#include "protocols/core/check.h"

namespace lockstep::sim {

core::Duration SerializationTime(core::ByteCount size, std::int64_t rate_bps) {
  const absl::int128 bit_ps = absl::int128(8) * size.value() * 1'000'000'000'000;
  const absl::int128 time_ps = (bit_ps + rate_bps - 1) / rate_bps;
  CHECK(time_ps <= std::numeric_limits<std::int64_t>::max());
  return core::Duration::Picoseconds(static_cast<std::int64_t>(time_ps));
}

Shaper::Shaper(const TokenBucket& bucket) : rate_(bucket.rate_bps), burst_(bucket.burst) {}

core::Instant Shaper::Earliest(core::Instant now, core::ByteCount size) {
  const core::ByteCount spare = std::max(core::ByteCount(0), burst_ - size);
  return std::max(now, full_at_ - SerializationTime(spare, rate_.rate_bps()));
}

void Shaper::Take(core::Instant at, core::ByteCount size) {
  full_at_ = std::max(full_at_, at) + rate_.TimeFor(size);
}

Nic::Nic(const PortSpec& spec, core::Random random)
    : spec_(spec),
      rate_(spec.rate_bps),
      random_(random),
      is_bounded_(spec.bytes.value() > 0 || spec.packets > 0),
      has_latency_(!spec.latency.is_constant() || spec.latency.min().ps() > 0 ||
                   spec.per_byte.ps() > 0) {
  if (spec.limit.rate_bps > 0) shaper_.emplace(spec.limit);
}

core::ByteCount Nic::Waiting(core::Instant now) {
  while (!queue_.empty() && queue_.front().ends <= now) {
    waiting_ = waiting_ - queue_.front().size;
    queue_.pop_front();
  }
  return waiting_;
}

bool Nic::HasRoomFor(core::Instant now, core::ByteCount size) {
  const core::ByteCount waiting = Waiting(now);
  if (spec_.bytes.value() > 0 && waiting + size > spec_.bytes) return false;
  return spec_.packets == 0 || queue_.size() < spec_.packets;
}

core::Instant Nic::ReadyAt(core::Instant now, core::ByteCount size) {
  const core::Duration latency = spec_.latency.Sample(random_) + spec_.per_byte * size.value();
  return ready_ = std::max(ready_, now + latency);
}

std::optional<Service> Nic::Enqueue(core::Instant now, core::ByteCount size) {
  return Enqueue(now, now, size);
}

std::optional<Service> Nic::Enqueue(core::Instant now, core::Instant tail, core::ByteCount size) {
  if (is_bounded_ && !HasRoomFor(now, size)) {
    dropped_ = dropped_ + size;
    return std::nullopt;
  }
  const core::Duration service = rate_.TimeFor(size);
  core::Instant ready = now;
  if (has_latency_) {
    ready = ReadyAt(now, size);
    tail = tail + (ready - now);
  }
  ready = std::max(ready, tail - service);
  Service on_wire;
  on_wire.begins = std::max(ready, busy_until_);
  if (shaper_) {
    on_wire.begins = shaper_->Earliest(on_wire.begins, size);
    shaper_->Take(on_wire.begins, size);
  }
  on_wire.ends = on_wire.begins + service;
  if (!stalls_.empty()) on_wire = PauseForStalls(on_wire);
  if (!told_.empty()) CountDelayed(ready, on_wire.ends);
  busy_until_ = on_wire.ends;
  taken_ = taken_ + size;
  if (is_bounded_) {
    queue_.push_back({on_wire.ends, size});
    waiting_ = waiting_ + size;
  }
  return on_wire;
}

void Nic::AddStall(core::Instant from, core::Instant until) {
  CHECK(from <= until);
  told_.push_back(Stall{from, until});
  const auto place =
      std::upper_bound(stalls_.begin(), stalls_.end(), from,
                       [](core::Instant at, const Stall& stall) { return at < stall.from; });
  stalls_.insert(place, Stall{from, until});
  // Those that overlap become one.
  std::size_t last = 0;
  for (std::size_t i = 1; i < stalls_.size(); ++i) {
    if (stalls_[i].from <= stalls_[last].until) {
      stalls_[last].until = std::max(stalls_[last].until, stalls_[i].until);
    } else {
      stalls_[++last] = stalls_[i];
    }
  }
  stalls_.resize(last + 1);
}

std::uint64_t Nic::DelayedBy(core::Instant from, core::Instant until) const {
  for (const Stall& stall : told_)
    if (stall.from == from && stall.until == until) return stall.delayed;
  return 0;
}

void Nic::CountDelayed(core::Instant ready, core::Instant ends) {
  for (Stall& stall : told_)
    if (ready < stall.until && stall.from < ends) ++stall.delayed;
}

// What was to be sent during a stall is sent after it.
Service Nic::PauseForStalls(Service service) {
  // Service goes forward in time, so what has ended before it concerns no packet any more.
  std::erase_if(stalls_, [&](const Stall& stall) { return stall.until <= service.begins; });
  for (const Stall& stall : stalls_) {
    if (stall.from >= service.ends) break;
    const core::Duration lost = stall.until - std::max(stall.from, service.begins);
    if (stall.from <= service.begins) service.begins = stall.until;
    service.ends = service.ends + lost;
  }
  return service;
}

}  // namespace lockstep::sim
