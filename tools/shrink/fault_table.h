// What the table of faults says of a value of a scenario: its kind, its range, whether it is
// needed.

#pragma once

#include <string>
#include <vector>

#include "protocols/parameters/key_list.h"
#include "sim/scenario/fault_list.h"

namespace lockstep::shrink {

class FaultTable {
 public:
  // Of what stands at this JSON pointer, such as "/faults/2/crash/state"; null where that is no
  // parameter of a fault. Valid as long as this is.
  const KeyInfo* Find(const std::string& pointer) const;

 private:
  std::vector<sim::FaultInfo> faults_ = sim::ListFaults();
  std::vector<KeyInfo> envelope_ = sim::ListFaultEnvelope();
};

}  // namespace lockstep::shrink
