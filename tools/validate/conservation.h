// Where bytes and messages go: nothing vanishes, and nothing comes from nowhere.
//
// Random traffic of datagrams within two sites and of streams between them, through two leaves and
// a spine whose buffers are small and whose wires lose packets.

#pragma once

#include <cstdint>

#include "tools/validate/finding.h"

namespace lockstep::validate {

struct Mix {
  std::uint64_t seed = 1;
  std::uint32_t hosts_per_site = 4;
  std::uint64_t messages_per_host = 300;
  std::int64_t buffer_bytes = 60'000;  // of each switch, shared by its ports
  std::uint64_t loss_one_in = 100;     // of each wire
};

struct Tally {
  std::uint64_t sent_datagrams = 0;
  std::uint64_t arrived_datagrams = 0;
  std::uint64_t destroyed_datagrams = 0;  // as the trace says
  std::uint64_t sent_streamed = 0;
  std::uint64_t arrived_streamed = 0;
  std::uint64_t lost_packets = 0;  // of streams, which resent them
  // On the wires. In flight: when all was over.
  std::int64_t delivered_bytes = 0;
  std::int64_t dropped_bytes = 0;
  std::int64_t in_flight_bytes = 0;
  // Instants at which the network was asked to account for every byte (Network::CheckConservation,
  // which aborts where it cannot).
  std::uint64_t audits = 0;
};

// Runs the mix until all of it has arrived or is lost; audits every few steps of the queue.
Tally RunMix(const Mix& mix);

// Reports the balance of the seeds 1 to `seeds` together.
void Conservation(std::uint64_t seeds, const Report& report);

}  // namespace lockstep::validate
