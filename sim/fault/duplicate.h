// `duplicate`: the names of the copies that a fault makes of a message, by which it knows them
// again where they arrive.

#pragma once

#include <cstddef>
#include <cstdint>

namespace lockstep::sim {

// The number of the `nth` copy (from 0) by this fault of so many, for its MessageId; never 0.
constexpr std::uint32_t CopyNumber(std::size_t fault, std::size_t faults, std::uint32_t nth) {
  return static_cast<std::uint32_t>(1 + fault + faults * nth);
}
constexpr std::size_t FaultOfCopy(std::uint32_t copy, std::size_t faults) {
  return (copy - 1) % faults;
}

}  // namespace lockstep::sim
