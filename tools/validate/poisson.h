// A whole world against queueing theory: Poisson senders, one switch, one port towards a receiver.
//
// Nodes set timers, hosts send datagrams, cards and the switch store and forward: all that the
// experiments of queueing.h leave out. What a message waited is its time on the way less what it
// would have taken alone. One sender is Poisson by its timers; several are, too, since Poisson
// streams add up to one.
//
// Messages meet two queues, the card's and the port's. With equal sizes the card does not matter:
// in a row of deterministic servers all waits together are those at the slowest, to the picosecond
// (Friedman, "Reduction methods for tandem queuing systems", 1965). Otherwise it is so fast that
// it does not matter: a million times the port's rate.

#pragma once

#include <cstdint>

#include "tools/validate/finding.h"
#include "tools/validate/queueing.h"

namespace lockstep::validate {

// The mean wait from node to node.
Finding WaitInWorld(Sizes sizes, unsigned load_percent, std::uint32_t senders,
                    const Effort& effort);
// Each wait of that many messages of equal size from one sender, whose card is only twice as fast
// as the port, against Lindley's recursion for the port alone: w' = max(0, w + service - gap).
// The one that is farthest off, in picoseconds.
Finding WaitsByLindley(unsigned load_percent, std::uint64_t messages, const Effort& effort);

}  // namespace lockstep::validate
