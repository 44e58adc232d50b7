// The parameters of clients.

#pragma once

#include "protocols/client/requester.h"
#include "protocols/core/keys.h"

namespace lockstep::client {

// What has a meaning depends on these, so whoever compiles a layer says them.
struct Asking {
  bool is_open = false;   // the loop
  bool is_store = false;  // the machine of those who are asked: requests are its operations
};

// Of a host's clients; whom they ask, and who they are, is the layer's to say.
void Describe(core::Keys& keys, const Asking& asking, Config& config);

}  // namespace lockstep::client
