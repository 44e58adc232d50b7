// A program like `lockstep`, with protocols and oracles of its own: all that is `lockstep` but
// main().

#pragma once

#include <vector>

#include "analysis/oracle.h"
#include "protocols/catalog.h"

namespace lockstep::cli {

// What a program has beside the catalogue and the table of oracles. Its names are its own: none of
// them is one of lockstep's.
struct Additions {
  std::vector<ProtocolEntry> protocols = {};
  std::vector<const analysis::Oracle*> oracles = {};
};

// Runs the program that main() was called for; what main() is to return.
int Main(int argc, const char* const* argv, const Additions& own = {});

}  // namespace lockstep::cli
