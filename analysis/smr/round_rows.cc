// A ring of rounds: see round_rows.h.

#include "analysis/smr/round_rows.h"

#include <algorithm>

namespace lockstep::analysis {
namespace {

constexpr std::size_t kFirstSize = 64;

}  // namespace

RoundRows::RoundRows(std::uint32_t replicas)
    : replicas_(replicas),
      rounds_(kFirstSize, kNobody),
      seats_(kFirstSize * replicas_),
      pairs_(kFirstSize * replicas_ * replicas_) {}

std::size_t RoundRows::Keep(std::uint64_t round) {
  const std::size_t row = round & (rounds_.size() - 1);
  rounds_[row] = round;
  std::fill_n(seats_.begin() + static_cast<std::ptrdiff_t>(row * replicas_), replicas_, Seat());
  return row;
}

bool RoundRows::Grow() {
  const std::size_t row_bytes = replicas_ * (sizeof(Seat) + replicas_ * sizeof(Pair));
  if (2 * rounds_.size() * row_bytes > kBytesMost) return false;
  RoundRows larger(0);
  larger.replicas_ = replicas_;
  larger.rounds_.assign(2 * rounds_.size(), kNobody);
  larger.seats_.resize(larger.rounds_.size() * replicas_);
  larger.pairs_.resize(larger.rounds_.size() * replicas_ * replicas_);
  for (std::size_t row = 0; row < rounds_.size(); ++row) {
    if (rounds_[row] == kNobody) continue;
    const std::size_t to = rounds_[row] & (larger.rounds_.size() - 1);
    larger.rounds_[to] = rounds_[row];
    for (std::uint32_t i = 0; i < replicas_; ++i) {
      larger.seat(to, i) = seat(row, i);
      for (std::uint32_t k = 0; k < replicas_; ++k) larger.pair(to, i, k) = pair(row, i, k);
    }
  }
  *this = std::move(larger);
  return true;
}

}  // namespace lockstep::analysis
