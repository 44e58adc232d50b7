// Line-rate FIFO server: see port.h.

#include "sim/net/port.h"

#include <algorithm>

#include "absl/numeric/int128.h"

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

// What is left of a packet, at another rate; rounded up.
core::Duration AtRate(core::Duration left, std::int64_t before_bps, std::int64_t after_bps) {
  const absl::int128 bits = absl::int128(left.ps()) * before_bps;
  const absl::int128 most_ps = (kNever - core::Instant()).ps();
  return core::Duration::Picoseconds(
      static_cast<std::int64_t>(std::min((bits + after_bps - 1) / after_bps, most_ps)));
}

}  // namespace

Port::Port(const PortSpec& spec, core::Random random)
    : spec_(spec),
      rate_(spec.rate_bps),
      random_(random),
      is_bounded_(spec.bytes.value() > 0 || spec.packets > 0),
      has_latency_(!spec.latency.is_constant() || spec.latency.min().ps() > 0 ||
                   spec.per_byte.ps() > 0) {
  if (spec.limit.rate_bps > 0) settled_ = shaper_.emplace(spec.limit);
}

void Port::PopFront() {
  const Queued& front = queue_.front();
  waiting_ = waiting_ - front.size;
  if (settled_ && !is_front_begun_) settled_->Take(front.begins, front.size);
  is_front_begun_ = false;
  queue_.pop_front();
}

void Port::Settle(core::Instant now) {
  if (is_standing()) return;
  while (!queue_.empty() && queue_.front().ends <= now) PopFront();
}

// Room for as many as are here, so that it is not looked for at each packet.
void Port::MakeRoom(core::Instant now) {
  const std::size_t before = queue_.size();
  Settle(now);
  if (2 * queue_.size() >= before) queue_.Grow();
}

bool Port::HasRoomFor(core::Instant now, core::ByteCount size, std::uint64_t packets) {
  if (is_down() && while_down_ == WhileDown::kDropped) return false;
  if (!is_bounded_) return true;
  Settle(now);
  if (spec_.bytes.value() > 0 && waiting_ + size > spec_.bytes) return false;
  return spec_.packets == 0 || queue_.size() + packets <= spec_.packets;
}

core::Instant Port::ReadyAt(core::Instant came, core::ByteCount size) {
  const core::Duration latency = spec_.latency.Sample(random_) + spec_.per_byte * size.value();
  return ready_ = std::max(ready_, came + latency);
}

const Port::Queued* Port::Enqueue(core::Instant now, core::Instant came, core::Instant tail,
                                  core::ByteCount size, Tag tag) {
  // Where nobody asks how full it is, what is through is forgotten when its room is needed.
  if (queue_.is_full()) MakeRoom(now);
  if ((is_bounded_ || is_down()) && !HasRoomFor(now, size)) {
    dropped_ = dropped_ + size;
    return nullptr;
  }
  const core::Duration service = rate_.TimeFor(size);
  Queued& packet = queue_.Add();
  packet.tag = tag;
  packet.size = size;
  packet.came = packet.ready = came;
  packet.tail = tail;
  if (has_latency_) {
    packet.ready = ReadyAt(came, size);
    packet.tail = tail + (packet.ready - came);
  }
  core::Instant begins = std::max({packet.ready, packet.tail - service, busy_until_});
  if (shaper_) {
    begins = shaper_->Earliest(begins, size);
    shaper_->Take(begins, size);
  }
  packet.begins = begins;
  packet.ends = busy_until_ = Later(begins, service);
  taken_ = taken_ + size;
  waiting_ = waiting_ + size;
  return &packet;
}

core::ByteCount Port::taken(core::Instant now) const {
  core::ByteCount taken = taken_;
  for (std::size_t i = queue_.size(); i > 0 && queue_[i - 1].came > now; --i)
    taken = taken - queue_[i - 1].size;
  return taken;
}

core::Instant Port::RetryAt(core::Instant now, core::ByteCount size) {
  const core::Instant alone = Later(now, rate_.TimeFor(size));
  return is_standing() ? alone : std::max(alone, busy_until_);
}

// --- What is done to it ---

// The front's service so far is done with; what is left of it begins now.
void Port::HalveFront(core::Instant now) {
  if (queue_.empty() || queue_.front().begins >= now) return;
  Queued& front = queue_.front();
  if (settled_ && !is_front_begun_) settled_->Take(front.begins, front.size);
  is_front_begun_ = true;
  front.begins = now;
}

void Port::PassFront() {
  passed_until_ = queue_.front().ends;
  PopFront();
}

// Visits each packet that is here with the times that it has if the port goes on now.
template <typename Visit>
void Port::ForEachPlanned(core::Instant now, const Visit& visit) const {
  core::Instant free = std::max(now, passed_until_);
  std::optional<Shaper> shaper = settled_;
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const Queued& packet = queue_[i];
    const core::Duration left = packet.ends - packet.begins;
    const bool is_begun = i == 0 && is_front_begun_;
    core::Instant begins = free;
    if (!is_begun) begins = std::max({free, packet.ready, packet.tail - left});
    if (shaper && !is_begun) {
      begins = shaper->Earliest(begins, packet.size);
      shaper->Take(begins, packet.size);
    }
    free = Later(begins, left);
    visit(i, begins, free);
  }
}

void Port::Plan(core::Instant now) {
  busy_until_ = std::max(now, passed_until_);
  shaper_ = settled_;
  ForEachPlanned(now, [&](std::size_t i, core::Instant begins, core::Instant ends) {
    Queued& packet = queue_[i];
    packet.begins = begins;
    packet.ends = busy_until_ = ends;
    if (shaper_ && !(i == 0 && is_front_begun_)) shaper_->Take(begins, packet.size);
  });
}

void Port::Stand(core::Instant now) {
  if (is_standing()) return;
  Settle(now);
  HalveFront(now);
}

void Port::BeginStall(core::Instant now) {
  Stand(now);
  ++stalls_;
}

std::uint64_t Port::MadeLater(core::Instant now) const {
  std::uint64_t later = 0;
  ForEachPlanned(now, [&](std::size_t i, core::Instant, core::Instant ends) {
    if (ends > queue_[i].ends) ++later;
  });
  return later;
}

void Port::EndStall(core::Instant now) {
  CHECK(stalls_ > 0);
  Plan(now);
  --stalls_;
}

std::vector<Port::Queued> Port::TakeDown(core::Instant now, WhileDown fate) {
  Stand(now);
  const bool is_harsher = downs_ == 0 || fate == WhileDown::kDropped;
  ++downs_;
  if (is_harsher) while_down_ = fate;
  std::vector<Queued> lost;
  while (!queue_.empty() && (is_front_begun_ || fate == WhileDown::kDropped)) {
    lost.push_back(queue_.front());
    waiting_ = waiting_ - queue_.front().size;
    is_front_begun_ = false;
    queue_.pop_front();
  }
  if (queue_.empty()) Plan(now);
  return lost;
}

void Port::BringUp(core::Instant now) {
  CHECK(downs_ > 0);
  if (downs_ == 1) Plan(now);
  --downs_;
}

void Port::SetRate(core::Instant now, std::int64_t rate_bps) {
  CHECK(rate_bps > 0);
  Settle(now);
  if (!is_standing()) HalveFront(now);
  const std::int64_t before_bps = rate_.rate_bps();
  rate_ = LineRate(rate_bps);
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    Queued& packet = queue_[i];
    const bool is_begun = i == 0 && is_front_begun_;
    packet.ends =
        Later(packet.begins, is_begun ? AtRate(packet.ends - packet.begins, before_bps, rate_bps)
                                      : rate_.TimeFor(packet.size));
  }
  Plan(now);
}

std::size_t Port::Unbegun(core::Instant now) {
  Settle(now);
  if (queue_.empty()) return 0;
  const bool is_begun = is_front_begun_ || (!is_standing() && queue_.front().begins <= now);
  return queue_.size() - (is_begun ? 1 : 0);
}

Port::Queued Port::Evict(core::Instant now, std::size_t nth) {
  const std::size_t unbegun = Unbegun(now);
  CHECK(nth < unbegun);
  if (!is_standing()) HalveFront(now);
  const std::size_t at = queue_.size() - unbegun + nth;
  const Queued evicted = queue_[at];
  for (std::size_t i = at; i + 1 < queue_.size(); ++i) queue_[i] = queue_[i + 1];
  queue_.pop_back();
  waiting_ = waiting_ - evicted.size;
  dropped_ = dropped_ + evicted.size;
  if (!is_standing()) Plan(now);
  return evicted;
}

}  // namespace lockstep::sim
