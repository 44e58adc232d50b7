// The client codec: see request.h.

#include "protocols/core/request.h"

#include "protocols/core/wire.h"

namespace lockstep::core {

Bytes EncodeFrame(const Frame& frame) {
  Encoder encoder;
  encoder.U8(frame.type);
  encoder.U64(frame.client.value());
  encoder.U64(frame.id.value());
  if (frame.type == Frame::kRequest) encoder.U64(frame.low.value());
  encoder.Content(frame.content);
  return encoder.Take();
}

std::optional<Frame> DecodeFrame(const Bytes& bytes) {
  Decoder decoder(bytes);
  Frame frame;
  frame.type = decoder.U8();
  frame.client = ClientId(decoder.U64());
  frame.id = RequestId(decoder.U64());
  if (frame.type == Frame::kRequest) frame.low = RequestId(decoder.U64());
  if (!decoder.ok() || !Frame::IsType(frame.type) || frame.low > frame.id) return std::nullopt;
  frame.content = decoder.Content(decoder.remaining());
  return frame;
}

}  // namespace lockstep::core
