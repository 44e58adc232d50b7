// The client codec: see request.h.

#include "protocols/core/request.h"

#include "protocols/core/wire.h"

namespace lockstep::core {
namespace {

enum RequestField : std::uint32_t { kRequestClient, kRequestId, kRequestLow, kRequestContent };
constexpr FieldSpec kRequestFields[] = {{"client", Role::kClient},
                                        {"request", Role::kRequest},
                                        {"low", Role::kOther},
                                        {"content", Role::kContent}};
enum AnswerField : std::uint32_t { kAnswerClient, kAnswerId, kAnswerContent };
constexpr FieldSpec kAnswerFields[] = {
    {"client", Role::kClient}, {"request", Role::kRequest}, {"content", Role::kContent}};
constexpr TypeSpec kFrameTypes[] = {{kRequestType, kRequestFields}, {kAnswerType, kAnswerFields}};

class FieldsOfFrames final : public MessageFields {
 public:
  std::span<const TypeSpec> types() const override { return kFrameTypes; }
  bool Read(const Bytes& payload, FieldedMessage& out) const override {
    const std::optional<Frame> frame = DecodeFrame(payload);
    if (!frame) return false;
    const bool is_request = frame->type == Frame::kRequest;
    out.type = is_request ? 0 : 1;
    out.fields = {Field::Number(kRequestClient, frame->client.value()),
                  Field::Number(kRequestId, frame->id.value())};
    if (is_request) out.fields.push_back(Field::Number(kRequestLow, frame->low.value()));
    const std::uint32_t content = is_request ? std::uint32_t{kRequestContent} : kAnswerContent;
    out.fields.push_back(Field{content, 0, {}, frame->content, {}});
    return true;
  }
  Bytes Build(const FieldedMessage& message, const Signer&, Identity) const override {
    Frame frame;
    frame.type = message.type == 0 ? Frame::kRequest : Frame::kAnswer;
    for (const Field& field : message.fields) {
      switch (kFrameTypes[message.type].fields[field.spec].role) {
        case Role::kClient:
          frame.client = ClientId(field.values.first);
          break;
        case Role::kRequest:
          frame.id = RequestId(field.values.first);
          break;
        case Role::kContent:
          frame.content = field.content;
          break;
        default:
          frame.low = RequestId(field.values.first);
      }
    }
    return EncodeFrame(frame);
  }
};

}  // namespace

const MessageFields& FrameFields() {
  static const FieldsOfFrames fields;
  return fields;
}

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
