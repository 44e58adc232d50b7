// The contract between a node and its world.
//
// A node is a state machine: inputs come in with the time, effects go out as data. It does no I/O,
// reads no clock, starts no thread, owns no randomness but what it was handed. A world promises one
// call at a time, messages whole, and that OnStart comes first and once. The first byte of a
// message is its type, below 30: a stack of layers needs the bits above it, and clients the rest.

#pragma once

#include <span>

#include "protocols/core/bytes.h"
#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/time.h"

namespace lockstep::core {

class Node {
 public:
  virtual ~Node() = default;

  // `saved`: the records that the disk kept of earlier incarnations, oldest first.
  virtual void OnStart(const Now& now, std::span<const Bytes> saved, Effects& out) = 0;
  virtual void OnMessage(const Now& now, NodeId from, const Bytes& payload, Effects& out) = 0;
  virtual void OnTimer(const Now& now, TimerId timer, Effects& out) = 0;
  // As much of the credit towards `peer` is free as AwaitWritable asked for.
  virtual void OnWritable(const Now& now, NodeId peer, Effects& out) = 0;
  // A request that a client sent to this replica; answered by a Reply to `client` with `id`. It
  // awaits no answer to those below `low`, which is at most `id`.
  virtual void OnSubmit(const Now& now, ClientId client, RequestId id, RequestId low,
                        const Bytes& request, Effects& out) = 0;
  // The answer to a request of `client`, which may live on this host; for clients.
  virtual void OnAnswer(const Now&, ClientId, RequestId, const Bytes&, Effects&) {}
};

}  // namespace lockstep::core
