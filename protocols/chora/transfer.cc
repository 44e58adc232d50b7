// Checkpoints on their way: see transfer.h.

#include "protocols/chora/transfer.h"

#include <utility>

namespace lockstep::chora {

void CheckpointStore::Add(Checkpoint checkpoint, std::uint64_t now) {
  if (!kept_.empty() && checkpoint.round <= latest().round) return;
  kept_.push_back({std::move(checkpoint), 0});
  Forget(now);
}

void CheckpointStore::Forget(std::uint64_t now) {
  if (kept_.empty()) return;
  const std::uint64_t newest = latest().round;
  const auto is_done = [&](const Kept& kept) {
    if (kept.checkpoint.round == newest) return false;
    const bool is_asked = kept.asked_at > 0 && now <= kept.asked_at + patience_;
    // It was the latest for C rounds, and is kept for 2C more at most.
    return !is_asked || newest > kept.checkpoint.round + 3 * checkpoint_rounds_;
  };
  std::erase_if(kept_, is_done);
}

std::optional<core::Bytes> CheckpointStore::Chunk(std::uint64_t round, std::uint32_t index,
                                                  std::uint64_t now) {
  for (Kept& kept : kept_) {
    if (kept.checkpoint.round != round) continue;
    const std::uint64_t begin = index * chunk_bytes_;
    const core::Bytes& bytes = kept.checkpoint.bytes;
    if (begin >= bytes.size()) return std::nullopt;
    kept.asked_at = now;
    return bytes.Slice(begin, std::min(chunk_bytes_, bytes.size() - begin));
  }
  return std::nullopt;
}

std::uint64_t CheckpointStore::OldestInUse(std::uint64_t now) {
  Forget(now);
  return kept_.empty() ? 0 : kept_.front().checkpoint.round;
}

bool Download::OnOffer(std::uint32_t peer, std::uint64_t round, std::uint64_t bytes,
                       std::uint64_t now) {
  if (bytes == 0 || bytes > kBytesMax) return false;
  if (is_active_ && !IsStalled(now)) return false;
  const bool goes_on = is_active_ && round == round_ && bytes == bytes_;
  peer_ = peer;
  heard_at_ = now;
  if (goes_on) {
    for (Part& part : parts_) part.asked_at = 0;
    return true;
  }
  is_active_ = true;
  round_ = round;
  bytes_ = bytes;
  missing_ = (bytes + chunk_bytes_ - 1) / chunk_bytes_;
  first_missing_ = 0;
  parts_.assign(missing_, Part());
  return true;
}

void Download::OnChunk(std::uint64_t round, std::uint32_t index, const core::Bytes& content,
                       std::uint64_t now) {
  if (!is_active_ || round != round_ || index >= parts_.size()) return;
  Part& part = parts_[index];
  if (part.is_here || content.size() != SizeOf(index)) return;
  part.content = content;
  part.is_here = true;
  --missing_;
  heard_at_ = now;
  while (first_missing_ < parts_.size() && parts_[first_missing_].is_here) ++first_missing_;
}

std::vector<Download::Ask> Download::Next(std::uint64_t now) {
  std::vector<Ask> asks;
  if (!is_active_) return asks;
  std::uint32_t outstanding = 0;
  // Those asked for lie close behind the first that is missing.
  for (std::size_t i = first_missing_; i < parts_.size(); ++i) {
    if (outstanding >= kOutstanding || asks.size() >= kAskedEachRound) break;
    Part& part = parts_[i];
    if (part.is_here) continue;
    ++outstanding;
    if (part.asked_at > 0 && now + 1 < part.asked_at + patience_) continue;
    part.asked_at = now + 1;
    asks.push_back({peer_, round_, static_cast<std::uint32_t>(i)});
  }
  return asks;
}

std::optional<core::Bytes> Download::Take() {
  if (!is_active_ || missing_ > 0) return std::nullopt;
  core::BytesBuilder builder;
  for (const Part& part : parts_) builder.Append(part.content);
  is_active_ = false;
  parts_.clear();
  return builder.Take();
}

}  // namespace lockstep::chora
