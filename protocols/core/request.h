// What clients and replicas say to each other: one codec for all protocols.
//
// A frame is a request or the answer to one. Its types lie above those of all protocols, so that
// whoever passes messages on knows a frame when it sees one.

#pragma once

#include <cstdint>
#include <optional>

#include "protocols/core/bytes.h"
#include "protocols/core/ids.h"

namespace lockstep::core {

struct Frame {
  static constexpr std::uint8_t kRequest = 30;
  static constexpr std::uint8_t kAnswer = 31;
  // Bytes of a frame beside its content, and those more that a request has.
  static constexpr std::uint64_t kOverhead = 1 + 8 + 8;
  static constexpr std::uint64_t kLowBytes = 8;

  static bool IsType(std::uint8_t type) { return type == kRequest || type == kAnswer; }

  std::uint8_t type = kRequest;
  ClientId client;
  RequestId id;
  RequestId low;  // of a request, at most `id`: its client awaits no answer to those below
  Bytes content;
};

Bytes EncodeFrame(const Frame& frame);
// None if the bytes are no frame.
std::optional<Frame> DecodeFrame(const Bytes& bytes);

}  // namespace lockstep::core
