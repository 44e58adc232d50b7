// What clients and replicas say to each other: one codec for all protocols.
//
// A frame is a request or the answer to one. Its types lie above those of all protocols, so that
// whoever passes messages on knows a frame when it sees one.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocols/core/bytes.h"
#include "protocols/core/fields.h"
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

// Types of frames in MessageFields.
inline constexpr std::string_view kRequestType = "client.request";
inline constexpr std::string_view kAnswerType = "client.answer";
// The two of them, signed by nobody. Their fields state no facts: who has asked what is noted by
// clients, and told by the protocols that pass it on.
const MessageFields& FrameFields();

Bytes EncodeFrame(const Frame& frame);
// None if the bytes are no frame.
std::optional<Frame> DecodeFrame(const Bytes& bytes);

}  // namespace lockstep::core
