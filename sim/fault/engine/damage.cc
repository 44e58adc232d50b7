// Damaged bytes: see damage.h.

#include "sim/fault/engine/damage.h"

#include <string>
#include <utility>
#include <vector>

namespace lockstep::sim {
namespace {

// A generator that no content of a run has.
constexpr std::uint64_t kForeign = 0xBAD0'0000'0000'0000U;

}  // namespace

std::optional<core::Bytes> WithFlippedBits(const core::Bytes& bytes, std::uint64_t bits,
                                           core::Random& random) {
  if (bytes.empty()) return std::nullopt;
  std::string literal(bytes.literal());
  std::vector<core::FillerRun> filler = bytes.filler();
  if (literal.empty()) {
    filler[0].generator = kForeign + filler[0].generator % kForeign;
    return core::Bytes::Of("", std::move(filler));
  }
  for (std::uint64_t i = 0; i < bits; ++i) {
    const std::uint64_t bit = random.Below(8 * literal.size());
    char& byte = literal[bit / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << bit % 8));
  }
  core::Bytes damaged = core::Bytes::Of(std::move(literal), std::move(filler));
  if (damaged == bytes) return std::nullopt;
  return damaged;
}

}  // namespace lockstep::sim
