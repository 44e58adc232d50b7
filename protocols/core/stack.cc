// Layers on one host: see stack.h.

#include "protocols/core/stack.h"

#include <algorithm>
#include <string>
#include <utility>

#include "protocols/core/check.h"
#include "protocols/core/request.h"

namespace lockstep::core {
namespace {

constexpr std::uint64_t kTimerTagBits = 8;
constexpr int kTypeBits = 5;

std::uint8_t FirstByte(const Bytes& payload) {
  std::uint8_t byte = 0;
  payload.CopyTo(0, std::span(&byte, 1));
  return byte;
}

// `payload` with another first byte.
Bytes WithFirstByte(std::uint8_t byte, const Bytes& payload) {
  BytesBuilder builder;
  const char first = static_cast<char>(byte);
  builder.Append(std::string_view(&first, 1));
  builder.Append(payload.Slice(1, payload.size() - 1));
  return builder.Take();
}

Bytes Tagged(std::uint8_t tag, const Bytes& payload) {
  CHECK(!payload.empty());
  const std::uint8_t type = FirstByte(payload);
  CHECK(type >> kTypeBits == 0);
  if (tag == 0) return payload;
  return WithFirstByte(static_cast<std::uint8_t>((tag << kTypeBits) | type), payload);
}

std::optional<std::uint8_t> TagOf(const Bytes& payload) {
  if (payload.empty()) return std::nullopt;
  return static_cast<std::uint8_t>(FirstByte(payload) >> kTypeBits);
}

Bytes Untagged(const Bytes& payload) {
  const std::uint8_t first = FirstByte(payload);
  const std::uint8_t type = first & ((1U << kTypeBits) - 1);
  return type == first ? payload : WithFirstByte(type, payload);
}

// A saved record keeps the layer in a byte of its own.
Bytes TaggedRecord(Layer layer, const Bytes& record) {
  BytesBuilder builder;
  const char tag = static_cast<char>(layer.value());
  builder.Append(std::string_view(&tag, 1));
  builder.Append(record);
  return builder.Take();
}

TimerId TaggedTimer(TimerId id, Layer layer) {
  CHECK(id.value() >> (64 - kTimerTagBits) == 0);
  return TimerId((id.value() << kTimerTagBits) | layer.value());
}

}  // namespace

Stack::Stack(std::vector<std::unique_ptr<Node>> layers, std::optional<NodeId> self)
    : layers_(std::move(layers)), self_(self) {
  CHECK(!layers_.empty());
  CHECK(layers_.size() <= kLayersMax);
}

LogReader& Stack::MakeUpPort(Layer layer, LogReader& reader) {
  up_ports_.push_back(std::make_unique<UpPort>(layer, reader));
  return *up_ports_.back();
}

void Stack::OnStart(const Now& now, std::span<const Bytes> saved, Effects& out) {
  const std::size_t from = out.list().size();
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    std::vector<Bytes> own;
    for (const Bytes& record : saved) {
      if (!record.empty() && FirstByte(record) == i) {
        own.push_back(record.Slice(1, record.size() - 1));
      }
    }
    LayerScope scope(out, Layer(static_cast<std::uint8_t>(i)));
    layers_[i]->OnStart(now, own, out);
  }
  TagListed(out, from);
  DeliverLocal(now, out);
}

void Stack::OnMessage(const Now& now, NodeId from, const Bytes& payload, Effects& out) {
  const std::optional<std::uint8_t> tag = TagOf(payload);
  if (tag == kClientTag) {
    if (const std::optional<Frame> frame = DecodeFrame(Untagged(payload))) {
      OnFrame(now, from, *frame, out);
      return;
    }
  }
  if (!tag || *tag >= layers_.size()) {
    out.Note({NoteKind::kMalformed, from, StreamId(), Run{}, 0, 0});
    return;
  }
  const std::size_t start = out.list().size();
  {
    LayerScope scope(out, Layer(*tag));
    layers_[*tag]->OnMessage(now, from, Untagged(payload), out);
  }
  TagListed(out, start);
  DeliverLocal(now, out);
}

void Stack::OnFrame(const Now& now, NodeId from, const Frame& frame, Effects& out) {
  if (frame.type == Frame::kAnswer) {
    OnAnswer(now, frame.client, frame.id, frame.content, out);
    return;
  }
  clients_[frame.client] = from;
  OnSubmit(now, frame.client, frame.id, frame.low, frame.content, out);
}

void Stack::OnTimer(const Now& now, TimerId timer, Effects& out) {
  const std::size_t from = out.list().size();
  const Layer layer(static_cast<std::uint8_t>(timer.value()));
  CHECK(layer.value() < layers_.size());
  {
    LayerScope scope(out, layer);
    layers_[layer.value()]->OnTimer(now, TimerId(timer.value() >> kTimerTagBits), out);
  }
  TagListed(out, from);
  DeliverLocal(now, out);
}

void Stack::OnWritable(const Now& now, NodeId peer, Effects& out) {
  const auto found = waits_.find(peer);
  if (found == waits_.end()) return;
  const std::vector<Wait> waits = std::move(found->second);
  waits_.erase(found);
  const std::size_t from = out.list().size();
  for (const Wait& wait : waits) {
    LayerScope scope(out, wait.layer);
    if (out.CreditLeft(peer) >= wait.bytes.value()) {
      layers_[wait.layer.value()]->OnWritable(now, peer, out);
    } else {
      out.AwaitWritable(peer, wait.bytes);  // It waits on.
    }
  }
  TagListed(out, from);
  DeliverLocal(now, out);
}

ByteCount Stack::Await(NodeId peer, const Wait& wait) {
  std::vector<Wait>& waits = waits_[peer];
  std::erase_if(waits, [&](const Wait& earlier) { return earlier.layer == wait.layer; });
  waits.push_back(wait);
  ByteCount least = wait.bytes;
  for (const Wait& other : waits) least = std::min(least, other.bytes);
  return least;
}

void Stack::OnSubmit(const Now& now, ClientId client, RequestId id, RequestId low,
                     const Bytes& request, Effects& out) {
  const std::size_t from = out.list().size();
  {
    LayerScope scope(out, Layer(0));
    layers_[0]->OnSubmit(now, client, id, low, request, out);
  }
  TagListed(out, from);
  DeliverLocal(now, out);
}

void Stack::OnAnswer(const Now& now, ClientId client, RequestId id, const Bytes& answer,
                     Effects& out) {
  const std::size_t from = out.list().size();
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    LayerScope scope(out, Layer(static_cast<std::uint8_t>(i)));
    layers_[i]->OnAnswer(now, client, id, answer, out);
  }
  TagListed(out, from);
  DeliverLocal(now, out);
}

bool Stack::SendAsFrame(Effects& out, Effect& what) {
  if (auto* request = std::get_if<effect::Request>(&what)) {
    CHECK(request->low <= request->id);
    Frame frame{Frame::kRequest, request->client, request->id, request->low,
                std::move(request->content)};
    return SendFrame(out, request->to, std::move(frame), what);
  }
  auto& reply = std::get<effect::Reply>(what);
  const auto client = clients_.find(reply.client);
  if (client == clients_.end()) return false;
  Frame frame{Frame::kAnswer, reply.client, reply.id, RequestId(), std::move(reply.answer)};
  return SendFrame(out, client->second, std::move(frame), what);
}

bool Stack::SendFrame(Effects& out, NodeId to, Frame&& frame, Effect& what) {
  if (to == self_) {
    local_.push_back(std::move(frame));
    return false;
  }
  what = out.Charged(to, Tagged(kClientTag, EncodeFrame(frame)));
  return true;
}

// One after the other: who is told may say something more.
void Stack::DeliverLocal(const Now& now, Effects& out) {
  if (is_delivering_) return;
  is_delivering_ = true;
  while (!local_.empty()) {
    const Frame frame = std::move(local_.front());
    local_.pop_front();
    OnFrame(now, *self_, frame, out);
  }
  is_delivering_ = false;
}

void Stack::TagListed(Effects& out, std::size_t from) {
  std::vector<Listed>& list = out.list();
  if (from == list.size()) return;
  LastTagged last;
  std::size_t kept = from;
  for (std::size_t i = from; i < list.size(); ++i) {
    // Most of what is listed says nothing of its layer.
    const Effect& what = list[i].what;
    const bool is_tagless =
        std::holds_alternative<effect::Spend>(what) || std::holds_alternative<effect::Note>(what);
    if (!is_tagless && !Tag(out, list[i], last)) continue;  // It leaves the list.
    if (kept != i) list[kept] = std::move(list[i]);
    ++kept;
  }
  if (kept < list.size()) list.erase(list.begin() + static_cast<std::ptrdiff_t>(kept), list.end());
}

bool Stack::Tag(Effects& out, Listed& listed, LastTagged& last) {
  const Layer layer = listed.layer;
  Effect& what = listed.what;
  if (auto* send = std::get_if<effect::Send>(&what)) {
    if (last.tagged.empty() || last.layer != layer || !send->payload.SharesWith(last.untagged)) {
      last = {layer, send->payload, Tagged(layer.value(), send->payload)};
    }
    send->payload = last.tagged;
  } else if (auto* await = std::get_if<effect::AwaitWritable>(&what)) {
    await->bytes = Await(await->peer, {layer, await->bytes});
  } else if (auto* timer = std::get_if<effect::SetTimer>(&what)) {
    timer->id = TaggedTimer(timer->id, layer);
  } else if (auto* cancel = std::get_if<effect::CancelTimer>(&what)) {
    cancel->id = TaggedTimer(cancel->id, layer);
  } else if (auto* save = std::get_if<effect::Save>(&what)) {
    save->record = TaggedRecord(layer, save->record);
  } else if (auto* snapshot = std::get_if<effect::SaveSnapshot>(&what)) {
    snapshot->snapshot = TaggedRecord(layer, snapshot->snapshot);
  } else if (std::holds_alternative<effect::Request>(what) ||
             std::holds_alternative<effect::Reply>(what)) {
    return SendAsFrame(out, what);
  }
  return true;
}

StackFields::StackFields(std::vector<const MessageFields*> layers, bool has_frames)
    : layers_(std::move(layers)) {
  for (const MessageFields* layer : layers_) {
    first_type_.push_back(static_cast<std::uint32_t>(types_.size()));
    if (layer == nullptr) continue;
    types_.insert(types_.end(), layer->types().begin(), layer->types().end());
  }
  if (!has_frames) return;
  first_frame_ = static_cast<std::uint32_t>(types_.size());
  const std::span<const TypeSpec> frames = FrameFields().types();
  types_.insert(types_.end(), frames.begin(), frames.end());
}

bool StackFields::Read(const Bytes& payload, FieldedMessage& out) const {
  const std::optional<std::uint8_t> tag = TagOf(payload);
  if (tag == Stack::kClientTag && first_frame_) {
    if (!FrameFields().Read(Untagged(payload), out)) return false;
    out.type += *first_frame_;
    return true;
  }
  if (!tag || *tag >= layers_.size() || layers_[*tag] == nullptr) return false;
  if (!layers_[*tag]->Read(Untagged(payload), out)) return false;
  out.type += first_type_[*tag];
  return true;
}

Bytes StackFields::Build(const FieldedMessage& message, const Signer& signer,
                         Identity receiver) const {
  if (first_frame_ && message.type >= *first_frame_) {
    FieldedMessage frame = message;
    frame.type -= *first_frame_;
    return Tagged(Stack::kClientTag, FrameFields().Build(frame, signer, receiver));
  }
  std::size_t layer = layers_.size() - 1;
  while (layers_[layer] == nullptr || first_type_[layer] > message.type) {
    CHECK(layer > 0);
    --layer;
  }
  FieldedMessage inner = message;
  inner.type -= first_type_[layer];
  return Tagged(static_cast<std::uint8_t>(layer), layers_[layer]->Build(inner, signer, receiver));
}

}  // namespace lockstep::core
