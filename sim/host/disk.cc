// Records and their durability: see disk.h.

#include "sim/host/disk.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/btree_set.h"

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
  std::optional<Harm> harm = write.harm;
  if (harm && harm->what == Harm::What::kMisdirected) {
    const auto before = std::find_if(saved_.rbegin(), saved_.rend(), [&](const Saved& saved) {
      return saved.layer == write.layer;
    });
    harm->what = Harm::What::kLost;
    // Whatever is lost, it is so by this fault.
    if (before != saved_.rend()) before->harm = std::exchange(harm, std::nullopt);
  }
  const bool is_written = !harm || harm->what != Harm::What::kLost;
  if (write.is_snapshot && is_written)
    std::erase_if(saved_, [&](const Saved& saved) { return saved.layer == write.layer; });
  saved_.push_back({write.layer, std::move(write.record), harm});
}

void Disk::Crash(core::Instant now, CrashState state, bool is_power_lost) {
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
  if (!is_power_lost) return;
  for (Saved& saved : saved_)
    if (saved.harm && saved.harm->what == Harm::What::kUnsynced)
      saved.harm->what = Harm::What::kLost;
}

Disk::Image Disk::TakeImage(core::Instant now) {
  Settle(now - core::Duration::Picoseconds(1));
  return saved_;
}

std::uint64_t Disk::Restore(Image image) {
  CHECK(in_flight_.empty());
  absl::btree_set<std::uint64_t> kept;
  for (const Saved& saved : image) kept.insert(saved.record.Digest());
  std::uint64_t gone = 0;
  for (const Saved& saved : saved_) gone += kept.contains(saved.record.Digest()) ? 0U : 1U;
  saved_ = std::move(image);
  return gone;
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

std::optional<core::Bytes> Disk::ReadBack(const Saved& saved) {
  switch (saved.harm->what) {
    case Harm::What::kLost:
      return std::nullopt;
    case Harm::What::kTorn:
      if (saved.record.empty()) return saved.record;
      return saved.record.Slice(0, saved.harm->draw % saved.record.size());
    case Harm::What::kRotten: {
      std::string literal(saved.record.literal());
      if (literal.empty()) return saved.record;
      const std::uint64_t bit = saved.harm->draw % (8 * literal.size());
      char& byte = literal[bit / 8];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << bit % 8));
      return core::Bytes::Of(std::move(literal), saved.record.filler());
    }
    case Harm::What::kUnsynced:
    case Harm::What::kMisdirected:
      return saved.record;
  }
  return saved.record;
}

std::vector<core::Bytes> Disk::Records(std::uint64_t missing,
                                       std::vector<std::size_t>* harmed) const {
  std::vector<core::Bytes> records;
  for (std::size_t i = 0; i + missing < saved_.size(); ++i) {
    const Saved& saved = saved_[i];
    if (!saved.harm) {
      records.push_back(saved.record);
      continue;
    }
    std::optional<core::Bytes> read = ReadBack(saved);
    const bool is_same = read && *read == saved.record;
    if (!is_same && harmed != nullptr) harmed->push_back(saved.harm->fault);
    if (read) records.push_back(*std::move(read));
  }
  return records;
}

}  // namespace lockstep::sim
