// The kinds of faults as data: what lists, schemas and generators are made of.

#pragma once

#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "protocols/parameters/key_list.h"
#include "sim/fault/engine/fault.h"

namespace lockstep::sim {

struct FaultInfo {
  const FaultKind* kind = nullptr;
  // Inside the fault: "target", "link" and "msg" as far as it takes them, then its own.
  std::vector<KeyInfo> keys;
  // As its table says it, with the defaults of its parameters.
  Lasting lasting = Lasting::kSpan;
};

// In the order of the alphabet.
std::vector<FaultInfo> ListFaults();
// What may stand beside any fault, of which it says where it has a meaning.
std::vector<KeyInfo> ListFaultEnvelope();

// Sentences: what a fault does, and what it spends.
std::string MeaningOf(const FaultKind& kind);

// What a schema says of an entry of "faults".
nlohmann::ordered_json FaultSchema();

}  // namespace lockstep::sim
