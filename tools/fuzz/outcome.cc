// Outcomes as text: see outcome.h.

#include "tools/fuzz/outcome.h"

#include <cstring>

#include "absl/strings/escaping.h"
#include "nlohmann/json.hpp"

#include "protocols/core/check.h"

namespace lockstep::fuzz {
namespace {

using nlohmann::json;

// Many: as text of a fixed width, which only this machine reads.
std::string PackedStates(const std::vector<State>& states) {
  std::string bytes(states.size() * sizeof(State), '\0');
  if (!states.empty()) std::memcpy(bytes.data(), states.data(), bytes.size());
  return absl::Base64Escape(bytes);
}

std::vector<State> UnpackedStates(const std::string& text) {
  std::string bytes;
  CHECK(absl::Base64Unescape(text, &bytes));
  CHECK(bytes.size() % sizeof(State) == 0);
  std::vector<State> states(bytes.size() / sizeof(State));
  if (!states.empty()) std::memcpy(states.data(), bytes.data(), bytes.size());
  return states;
}

}  // namespace

std::string Encode(const Outcome& outcome) {
  json bites = json::array();
  for (const Bites& each : outcome.bites) bites.push_back({each.kind, each.faults, each.effective});
  json types = json::array();
  for (const TypeFate& each : outcome.types)
    types.push_back({each.name, each.is_handed, each.is_dropped});
  return json::array({outcome.verdict, outcome.oracle, outcome.text, outcome.is_to_heal,
                      outcome.replicas, outcome.rounds, std::move(bites), outcome.reached,
                      outcome.at_ps, outcome.stretch, PackedStates(outcome.states), outcome.cause,
                      std::move(types)})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

Outcome DecodeOutcome(const std::string& text) {
  const json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  CHECK(value.is_array());
  Outcome outcome;
  outcome.verdict = value[0];
  outcome.oracle = value[1];
  outcome.text = value[2];
  outcome.is_to_heal = value[3];
  outcome.replicas = value[4];
  outcome.rounds = value[5];
  for (const json& each : value[6]) outcome.bites.push_back({each[0], each[1], each[2]});
  outcome.reached = value[7].get<std::vector<std::string>>();
  outcome.at_ps = value[8];
  outcome.stretch = value[9];
  outcome.states = UnpackedStates(value[10]);
  outcome.cause = value[11];
  for (const json& each : value[12]) outcome.types.push_back({each[0], each[1], each[2]});
  return outcome;
}

}  // namespace lockstep::fuzz
