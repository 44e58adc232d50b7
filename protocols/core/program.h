// What a world is handed to run: who sits where, and how to build the node for a seat.
//
// The catalogue makes a Program from names and parameters; the simulator and the socket world run
// it.

#pragma once

#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "protocols/core/content.h"
#include "protocols/core/crypto.h"
#include "protocols/core/fields.h"
#include "protocols/core/ids.h"
#include "protocols/core/node.h"
#include "protocols/core/random.h"

namespace lockstep::core {

// Who speaks on a host that nobody has taken over: identities are numbered as hosts are.
constexpr Identity SpeakerOf(NodeId host) { return Identity(host.value()); }

// Bounds of stake: of one replica, and of a cluster together, so that the product of two sums is a
// number.
inline constexpr std::uint32_t kStakeMost = 1U << 20;
inline constexpr std::uint64_t kTotalStakeMost = std::uint64_t{1} << 30;

// A cluster: hosts first .. first + size - 1. Faults it bears, UpRight style (Picsou, section 2):
// at most `u` replicas fail in any way, of which at most `r` lie; size >= 2u + r + 1. Where it has
// stake (section 5), `u` and `r` are amounts of that, and so is what stands in place of its size.
struct Cluster {
  std::string name;
  NodeId first;
  std::uint32_t size = 0;
  std::uint32_t u = 0;
  std::uint32_t r = 0;
  bool is_client = false;  // its hosts ask those of other clusters, and replicate nothing
  std::vector<std::uint32_t> stake = {};  // stake[index]; empty: one each
  // positions[p]: index of the replica whose turn is the p-th (Picsou, section 4.1: from a source
  // that everybody can verify, so that liars cannot choose); empty: by index.
  std::vector<std::uint32_t> positions = {};

  bool has_stake() const { return !stake.empty(); }
  std::uint64_t StakeOf(std::uint64_t index) const { return stake.empty() ? 1 : stake[index]; }
  std::uint64_t total_stake() const {
    return stake.empty() ? size : std::accumulate(stake.begin(), stake.end(), std::uint64_t{0});
  }
  bool has_positions() const { return !positions.empty(); }
  std::uint64_t IndexAt(std::uint64_t position) const {
    return positions.empty() ? position : positions[position];
  }
  NodeId Replica(std::uint64_t index) const {
    return NodeId(first.value() + static_cast<std::uint32_t>(index % size));
  }
  // Who speaks for that replica.
  Identity Speaker(std::uint64_t index) const { return SpeakerOf(Replica(index)); }
  bool Has(NodeId node) const {
    return node.value() >= first.value() && node.value() - first.value() < size;
  }
};

class Certificates;  // protocols/core/certificate.h

// What one node is told about itself. Signer, verifier, certificates and contents outlive the node.
struct Seat {
  NodeId self;        // the machine
  Identity identity;  // who speaks: the holder of `signer`
  ClusterId cluster;
  std::uint32_t index = 0;        // within the cluster
  std::uint64_t incarnation = 0;  // 0 at first, one more after each restart
  ByteCount send_buffer;          // credit towards each peer
  Random random;
  const Signer* signer = nullptr;
  const Verifier* verifier = nullptr;
  const Certificates* certificates = nullptr;
  const Contents* contents = &ContentsOf(ContentKind::kFiller);
};

class Program {
 public:
  virtual ~Program() = default;
  virtual const std::vector<Cluster>& clusters() const = 0;
  virtual std::unique_ptr<Node> Build(const Seat& seat) const = 0;
  // How to read what hosts of this cluster send; lives as long as the program.
  virtual const MessageFields& Fields(ClusterId cluster) const = 0;
};

}  // namespace lockstep::core
