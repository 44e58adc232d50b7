// The client codec: see request.h.

#include "protocols/core/request.h"

#include "protocols/core/wire.h"

namespace lockstep::core {

Bytes EncodeRequest(const Request& request) {
  Encoder encoder;
  encoder.U8(0);  // The type: there is only one.
  encoder.U64(request.id.value());
  encoder.Content(request.content);
  return encoder.Take();
}

std::optional<Request> DecodeRequest(const Bytes& bytes) {
  Decoder decoder(bytes);
  Request request;
  if (decoder.U8() != 0) return std::nullopt;
  request.id = RequestId(decoder.U64());
  request.content = decoder.Content(decoder.remaining());
  if (!decoder.ok()) return std::nullopt;
  return request;
}

}  // namespace lockstep::core
