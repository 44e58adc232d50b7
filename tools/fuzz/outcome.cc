// Outcomes as text: see outcome.h.

#include "tools/fuzz/outcome.h"

#include "nlohmann/json.hpp"

#include "protocols/core/check.h"

namespace lockstep::fuzz {

using nlohmann::json;

std::string Encode(const Outcome& outcome) {
  json bites = json::array();
  for (const Bites& each : outcome.bites) bites.push_back({each.kind, each.faults, each.effective});
  return json::array({outcome.verdict, outcome.oracle, outcome.text, outcome.is_to_heal,
                      outcome.replicas, outcome.rounds, std::move(bites), outcome.reached})
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
  return outcome;
}

}  // namespace lockstep::fuzz
