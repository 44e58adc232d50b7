// What a payload is on the wire: each packet of at most an MTU carries a header.

#pragma once

#include <cstdint>

#include "protocols/core/ids.h"
#include "sim/profile.h"

namespace lockstep::sim {

// On the wire; of an acknowledgement and whatever else the ends of a stream say to each other:
// Ethernet, IPv4, TCP with timestamps.
inline constexpr core::ByteCount kControlBytes(66);

struct Framed {
  core::ByteCount size;
  std::uint64_t packets = 0;
};

// Payload with a header for each packet of a maximal size.
inline Framed Frame(std::uint64_t payload, const NicSpec& nic) {
  const auto mtu = static_cast<std::uint64_t>(nic.mtu_payload.value());
  const std::uint64_t packets = payload <= mtu ? 1 : (payload + mtu - 1) / mtu;
  const std::uint64_t size = payload + packets * static_cast<std::uint64_t>(nic.header.value());
  return {core::ByteCount(static_cast<std::int64_t>(size)), packets};
}

}  // namespace lockstep::sim
