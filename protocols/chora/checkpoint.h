// The state of a replica at a round, as bytes: lanes, clients, and the machine.
//
// It is a function of the log below that round, so that whoever installs one goes on as if it had
// executed the rounds itself; changes of lanes that are still pending are part of it.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/chora/clients.h"
#include "protocols/chora/lanes.h"
#include "protocols/core/bytes.h"
#include "protocols/core/state_machine.h"

namespace lockstep::chora {

struct Checkpoint {
  std::uint64_t round = 0;  // all below it has been executed
  core::Bytes bytes;
};

Checkpoint TakeCheckpoint(const Lanes::State& lanes, const ClientTable& clients,
                          const core::StateMachine& machine);

// Sets clients and machine to what `bytes` say; `lanes` are to be installed by the caller. False if
// they are no checkpoint at `round`, for so many lanes and this alpha; all is as before then.
bool RestoreCheckpoint(const core::Bytes& bytes, std::uint64_t round, std::uint32_t lanes_count,
                       std::uint32_t alpha, Lanes::State& lanes, ClientTable& clients,
                       core::StateMachine& machine, std::vector<ClientTable::Answer>& answered);

}  // namespace lockstep::chora
