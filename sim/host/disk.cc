// Records and their durability: see disk.h.

#include "sim/host/disk.h"

#include <algorithm>
#include <utility>

#include "protocols/core/check.h"
#include "sim/net/line_rate.h"

namespace lockstep::sim {

core::Instant Disk::Begin(core::Instant now, std::vector<Write> group, core::Duration longer) {
  CHECK(!spec_.is_instant);
  free_ = Later(std::max(free_, now), longer);
  for (const Write& write : group) {
    free_ = Later(free_, spec_.latency.Sample(random_));
    if (spec_.bandwidth_bps > 0)
      free_ = Later(free_, SerializationTime(write.record.byte_count(), spec_.bandwidth_bps));
  }
  free_ = Later(free_, spec_.sync.Sample(random_));
  for (Write& write : group) in_flight_.push_back({free_, std::move(write)});
  return free_;
}

void Disk::Settle(core::Instant now) {
  while (!in_flight_.empty() && in_flight_.front().durable <= now) {
    Keep(std::move(in_flight_.front().write));
    in_flight_.pop_front();
  }
}

void Disk::Keep(Write write) {
  if (write.is_snapshot)
    std::erase_if(saved_, [&](const Saved& saved) { return saved.layer == write.layer; });
  saved_.push_back({write.layer, std::move(write.record)});
}

void Disk::Crash(core::Instant now, CrashState state) {
  Settle(now - core::Duration::Picoseconds(1));
  switch (state) {
    case CrashState::kKeep:
      Settle(core::Instant::Max());
      break;
    case CrashState::kLoseUnsynced:
      break;
    case CrashState::kTorn:
      Tear();
      break;
    case CrashState::kAmnesia:
      saved_.clear();
      break;
  }
  in_flight_.clear();
  free_ = now;
}

void Disk::Tear() {
  if (in_flight_.empty()) return;
  const std::uint64_t whole = random_.Below(in_flight_.size());
  for (std::uint64_t i = 0; i < whole; ++i) Keep(std::move(in_flight_[i].write));
  const Write& torn = in_flight_[whole].write;
  if (torn.is_snapshot || torn.record.size() == 0) return;
  const std::uint64_t size = random_.Below(torn.record.size());
  if (size > 0) Keep({torn.layer, torn.record.Slice(0, size), false});
}

std::vector<core::Bytes> Disk::Records() const {
  std::vector<core::Bytes> records;
  for (const Saved& saved : saved_) records.push_back(saved.record);
  return records;
}

}  // namespace lockstep::sim
