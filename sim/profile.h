// What a machine costs: NIC, stages and prices, noise, disk, clocks.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/chance/distribution.h"
#include "sim/chance/ratio.h"
#include "sim/host/clock.h"

namespace lockstep::sim {

// Price of one kind of work, on the stage that does it.
struct Price {
  std::size_t stage = 0;  // index into Profile::stages
  Distribution per_unit;
  core::Duration per_byte;

  bool is_zero() const { return per_unit.is_zero() && per_byte.ps() == 0; }
};

// A stage of the pipeline that work passes on a host.
struct StageSpec {
  std::string name;
  std::size_t core = 0;    // index into Profile::cores: the FIFO server that does its work
  std::size_t feeder = 0;  // index into Profile::stages; of `receive`, which the wire feeds: itself
  std::uint32_t queue = 0;  // items that wait or are in service; 0: unbounded
  Distribution hand_off;    // of an item, from its feeder, where that has another core
};

// What the operating system takes from each core: stalls that begin as a Poisson process does.
struct NoiseSpec {
  NoiseSpec() = default;
  NoiseSpec(std::uint64_t per_second_mean, Distribution lasts)
      : per_second(per_second_mean), duration(std::move(lasts)) {
    if (per_second == 0) return;
    const core::Duration mean = core::Duration::Picoseconds(core::Duration::Seconds(1).ps() /
                                                            static_cast<std::int64_t>(per_second));
    gap = Distribution::Exponential(mean);
  }

  std::uint64_t per_second = 0;  // 0: none
  Distribution gap;              // from the beginning of one to that of the next: exponential
  Distribution duration;
};

// A disk with one queue. A write takes its latency and its bytes; those that one call lists in a
// row share a sync, after which they are durable.
struct DiskSpec {
  bool is_instant = true;          // all is durable at once, and the rest means nothing
  Distribution latency;            // of a write
  std::int64_t bandwidth_bps = 0;  // 0: unlimited
  Distribution sync;
};

// What may pass on average, and at once: as the token bucket of `tc` does.
struct TokenBucket {
  std::int64_t rate_bps = 0;  // 0: no limit
  core::ByteCount burst;
};

// A ring of packets between a host and its card.
struct RingSpec {
  core::ByteCount bytes;          // on the wire, that may wait or be in service
  std::uint32_t descriptors = 0;  // packets; 0: only the bytes are bounded
};

struct NicSpec {
  std::int64_t rate_bps = 0;
  RingSpec tx;  // drop-tail
  RingSpec rx;  // datagrams from their arrival until the receive stage takes them; drop-tail
  // A packet of up to `mtu_payload` bytes of payload carries `header` bytes more on the wire.
  core::ByteCount mtu_payload;
  core::ByteCount header;
  Distribution tx_latency;      // doorbell to wire, per packet; packets keep their order
  Distribution rx_latency;      // wire to memory, per packet; packets keep their order
  core::Duration dma_per_byte;  // on top of both
  Distribution poll_delay;      // from memory until the receive stage looks
  TokenBucket limit;            // of all that leaves the card
};

// The switches of a topology, where it says nothing else of them.
struct SwitchSpec {
  bool is_cut_through = false;
  Distribution latency;        // per packet, from its last bit in (cut-through: header) to the port
  core::ByteCount buffer;      // shared by all ports; 0: unbounded
  core::ByteCount port_queue;  // of each port; 0: only the buffer bounds it
};

// A wire of a topology, each way, where it says nothing else.
struct WireSpec {
  core::Duration delay;
  Distribution jitter;
  core::Duration fec;  // of forward error correction
  Ratio loss;          // per packet
};

struct Profile {
  std::string name;

  NicSpec nic;
  SwitchSpec fabric;
  WireSpec wire;

  // Stage 0 receives, stage 1 runs the node, stage 2 sends; others may follow.
  std::vector<StageSpec> stages;
  std::vector<std::string> cores;
  static constexpr std::size_t kReceiveStage = 0;
  static constexpr std::size_t kProtocolStage = 1;
  static constexpr std::size_t kSendStage = 2;
  // Adds a stage with a core of its own, fed as is usual: the first by the wire, the second by the
  // first, all others by the second.
  void AddStage(const std::string& stage);
  // What receiving and sending one message costs without being declared, on stages 0 and 2; and one
  // call of the node, on stage 1.
  Price receive_message;
  Price send_message;
  Price call;
  std::array<Price, core::kWorkNames.size()> prices;  // prices[Work]
  NoiseSpec noise;                                    // of the class in use
  DiskSpec disk;

  ClockSpec clocks;
};

}  // namespace lockstep::sim
