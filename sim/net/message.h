// A message on its way between two hosts: what transports carry and hosts are handed.

#pragma once

#include <cstdint>
#include <optional>

#include "protocols/core/bytes.h"
#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/trace/message_id.h"

namespace lockstep::sim {

struct Message {
  core::NodeId from;
  core::NodeId to;
  core::Bytes payload;
  core::ByteCount credit;   // that its sender gets back when a stream has taken it
  std::uint64_t epoch = 0;  // of the stream that carried it
  trace::MessageId id;
  core::Instant listed;  // when its node said that it be sent
  core::Instant came;    // to the host that it is for
  // False where it was damaged on its way, or bears a signature that is none: what its fields would
  // say nobody has said.
  bool is_authentic = true;
  // Who is said to have sent it, where that is not who did.
  std::optional<core::NodeId> as;

  core::NodeId claimed() const { return as.value_or(from); }
};

}  // namespace lockstep::sim
