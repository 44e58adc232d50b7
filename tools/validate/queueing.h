// The port against queueing theory: waits and losses under Poisson arrivals.
//
// Drives sim::Port itself, which is a card and a switch port alike. Its rate is 8 Gbit/s, so that a
// byte takes a nanosecond, and packets are a million bytes in the mean, so that whole bytes are as
// good as any size. Waits are in mean service times.

#pragma once

#include <cstdint>

#include "tools/validate/finding.h"

namespace lockstep::validate {

enum class Sizes : std::uint8_t { kEqual, kExponential };

// Mean wait for a load rho, in service times: rho / (2 (1 - rho)) of M/D/1 (Pollaczek and
// Khinchine), rho / (1 - rho) of M/M/1.
double MeanWait(Sizes sizes, double load);
// The part of the packets that M/M/1/K loses: (1 - rho) rho^K / (1 - rho^(K+1)); 1 / (K + 1) where
// rho = 1.
double LossRate(double load, std::uint32_t places);

// The mean wait at one port.
Finding WaitAtPort(Sizes sizes, unsigned load_percent, const Effort& effort);
// The rate of loss at a port with room for so many packets, the one in service included.
Finding LossAtPort(unsigned load_percent, std::uint32_t places, const Effort& effort);
// The sum of the mean waits at two ports in a row. `is_drawn_anew`: a packet has another size at
// the second, as Burke's theorem (1956) and Kleinrock's assumption want it; else it keeps its size,
// as packets do, and the formula is only compared with.
Finding WaitInTandem(unsigned load_percent, bool is_drawn_anew, const Effort& effort);

}  // namespace lockstep::validate
