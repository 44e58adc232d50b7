// What connects hosts, as plain values: classes of pairs, and a topology where there is one.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocols/core/ids.h"
#include "protocols/core/program.h"
#include "protocols/core/time.h"
#include "sim/chance/ratio.h"
#include "sim/net/topology.h"

namespace lockstep::sim {

enum class Transport : std::uint8_t { kDatagram, kStream };

// What travels, is lost and is resent as one packet; it carries a header for each MTU in it.
enum class Segmentation : std::uint8_t {
  kBytes,    // up to `segment` bytes, as segmentation offload hands them to the card; streams only
  kMtu,      // what one MTU carries
  kMessage,  // a whole message, if the window allows
};

// Congestion control of a stream: see reno.h.
enum class Congestion : std::uint8_t { kNone, kReno };

// How hosts of one class of pairs are connected.
struct LinkClass {
  Transport transport = Transport::kStream;
  Segmentation segmentation = Segmentation::kBytes;
  core::ByteCount segment;  // payload bytes at most, of kBytes
  // Of the fabric, where the scenario names no topology:
  core::Duration delay;   // one way, host to host
  core::Duration jitter;  // uniform in [0, jitter], drawn per packet
  Ratio loss;             // per packet
  // Of a stream:
  Congestion congestion = Congestion::kReno;
  std::int64_t pair_rate_bps = 0;   // for an ordered pair of hosts; 0: none
  core::ByteCount pair_burst;       // that may pass at once
  core::ByteCount window;           // sent and not yet read by the receiving host
  core::Duration retransmit_after;  // least retransmission timeout
  core::Duration give_up = core::Duration::Seconds(15);  // after hearing nothing for so long
  bool is_cold = false;  // connections are opened when they are needed; else they stand at 0
};

enum class PairClass : std::uint8_t { kIntra, kCross, kClient };
inline constexpr std::array<std::string_view, 3> kPairClassNames = {"intra", "cross", "client"};

// The class of a host of one cluster and a host of another, or of the same.
inline PairClass PairClassOf(const core::Cluster& a, const core::Cluster& b) {
  if (a.first == b.first) return PairClass::kIntra;
  return a.is_client || b.is_client ? PairClass::kClient : PairClass::kCross;
}

struct NetworkSpec {
  LinkClass intra;              // within a cluster
  LinkClass cross;              // between clusters of replicas
  LinkClass client;             // between a cluster of clients and any other
  core::ByteCount send_buffer;  // credit of each (node, peer)
  // What the scenario describes or imports; else the fabric of these classes.
  std::optional<Topology> topology;

  const LinkClass& Of(PairClass pair) const {
    if (pair == PairClass::kIntra) return intra;
    return pair == PairClass::kCross ? cross : client;
  }
};

}  // namespace lockstep::sim
