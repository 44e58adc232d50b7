// The state at a round: see checkpoint.h.

#include "protocols/chora/checkpoint.h"

#include <algorithm>
#include <utility>

#include "protocols/core/wire.h"

namespace lockstep::chora {

Checkpoint TakeCheckpoint(const Lanes::State& lanes, const ClientTable& clients,
                          const core::StateMachine& machine) {
  core::Encoder encoder;
  encoder.U64(lanes.round);
  for (const std::uint64_t active : lanes.lanesets) encoder.U64(active);
  for (const std::uint64_t epoch : lanes.epochs) encoder.U64(epoch);
  clients.Encode(encoder);
  // What may be filler comes last.
  clients.EncodeAnswers(encoder);
  encoder.Content(machine.Snapshot());
  return {lanes.round, encoder.Take()};
}

bool RestoreCheckpoint(const core::Bytes& bytes, std::uint64_t round, std::uint32_t lanes_count,
                       std::uint32_t alpha, Lanes::State& lanes, ClientTable& clients,
                       core::StateMachine& machine, std::vector<ClientTable::Answer>& answered) {
  core::Decoder decoder(bytes);
  lanes.round = decoder.U64();
  lanes.lanesets.clear();
  lanes.epochs.clear();
  for (std::uint32_t i = 0; i < alpha; ++i) lanes.lanesets.push_back(decoder.U64());
  for (std::uint32_t i = 0; i < lanes_count; ++i) lanes.epochs.push_back(decoder.U64());
  const bool has_lanes =
      std::all_of(lanes.lanesets.begin(), lanes.lanesets.end(),
                  [&](std::uint64_t active) { return active != 0 && active >> lanes_count == 0; });
  if (!has_lanes) return false;
  ClientTable restored = clients;
  if (!decoder.ok() || lanes.round != round || !restored.Restore(decoder, answered)) return false;
  if (!machine.Restore(decoder.Content(decoder.remaining()))) return false;
  clients = std::move(restored);
  return true;
}

}  // namespace lockstep::chora
