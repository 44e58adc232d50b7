// What clients and replicas say to each other: one codec for all protocols.

#pragma once

#include <optional>

#include "protocols/core/bytes.h"
#include "protocols/core/ids.h"

namespace lockstep::core {

// A request, or the answer to it.
struct Request {
  RequestId id;
  Bytes content;
};

Bytes EncodeRequest(const Request& request);
// None if the bytes are no request.
std::optional<Request> DecodeRequest(const Bytes& bytes);

}  // namespace lockstep::core
