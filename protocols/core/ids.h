// Identities and sizes: whole numbers that cannot be mixed up.

#pragma once

#include <compare>
#include <cstdint>

namespace lockstep::core {

// A whole number that cannot be mixed with a number of another kind.
template <typename Tag, typename Rep>
class Strong {
 public:
  using rep = Rep;
  constexpr Strong() = default;
  explicit constexpr Strong(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(Strong, Strong) = default;

 private:
  Rep value_{};
};

using NodeId = Strong<struct NodeIdTag, std::uint32_t>;  // A host, numbered over the whole run.
// Who speaks: the holder of a signing key. As a rule one on each host, but never by accident.
using Identity = Strong<struct IdentityTag, std::uint32_t>;
using ClusterId = Strong<struct ClusterIdTag, std::uint32_t>;  // In order of the scenario.
using StreamId = Strong<struct StreamIdTag, std::uint32_t>;  // The sending cluster of a C3B stream.
using Layer = Strong<struct LayerTag, std::uint8_t>;   // Position in a host's stack, from below.
using SeqNo = Strong<struct SeqNoTag, std::uint64_t>;  // k′ or k; counts from 0.
using Round = Strong<struct RoundTag, std::uint64_t>;
using TimerId = Strong<struct TimerIdTag, std::uint64_t>;      // Chosen by the node.
using ClientId = Strong<struct ClientIdTag, std::uint64_t>;    // Who asks; many may share a host.
using RequestId = Strong<struct RequestIdTag, std::uint64_t>;  // Of a client, chosen by it.
using ByteCount = Strong<struct ByteCountTag, std::int64_t>;

constexpr ByteCount operator+(ByteCount a, ByteCount b) { return ByteCount(a.value() + b.value()); }
constexpr ByteCount operator-(ByteCount a, ByteCount b) { return ByteCount(a.value() - b.value()); }

}  // namespace lockstep::core
