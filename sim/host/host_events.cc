// What a host tells: inputs when they are handed over, effects when they are performed, drops.

#include <iterator>
#include <variant>

#include "sim/host/host.h"

namespace lockstep::sim {
namespace {

using trace::EventKind;

trace::Event At(core::Instant now, core::NodeId node) {
  trace::Event event;
  event.at = now;
  event.node = node;
  event.peer = node;
  return event;
}

// Fills in what an effect says; one overload for each kind.
struct Describe {
  trace::Event& event;

  void operator()(const core::effect::Send& send) const {
    event.kind = EventKind::kSend;
    event.peer = send.to;
    event.size = send.payload.byte_count();
    event.digest = send.payload.Digest();
  }
  void operator()(const core::effect::AwaitWritable& await) const {
    event.kind = EventKind::kAwaitWritable;
    event.peer = await.peer;
    event.size = await.bytes;
  }
  void operator()(const core::effect::Hold& hold) const {
    event.kind = EventKind::kHold;
    event.peer = hold.peer;
  }
  void operator()(const core::effect::Resume& resume) const {
    event.kind = EventKind::kResume;
    event.peer = resume.peer;
  }
  void operator()(const core::effect::SetTimer& timer) const {
    event.kind = EventKind::kSetTimer;
    event.value = timer.id.value();
    event.detail = static_cast<std::uint64_t>(timer.at.ps());
    event.further = static_cast<std::uint64_t>(timer.clock);
  }
  void operator()(const core::effect::CancelTimer& timer) const {
    event.kind = EventKind::kCancelTimer;
    event.value = timer.id.value();
  }
  void operator()(const core::effect::Save& save) const {
    event.kind = EventKind::kSave;
    event.size = save.record.byte_count();
    event.digest = save.record.Digest();
  }
  void operator()(const core::effect::SaveSnapshot& save) const {
    event.kind = EventKind::kSaveSnapshot;
    event.size = save.snapshot.byte_count();
    event.digest = save.snapshot.Digest();
  }
  void operator()(const core::effect::Spend& spend) const {
    event.kind = EventKind::kSpend;
    event.value = static_cast<std::uint64_t>(spend.kind);
    event.detail = spend.count;
    event.size = spend.bytes;
  }
  void operator()(const core::effect::Note& note) const {
    event.kind = EventKind::kNote;
    event.note = note.kind;
    event.peer = note.peer;
    event.stream = note.stream;
    event.SetRun(note.values);
    event.detail = note.detail;
    event.digest = note.digest;
  }
  void operator()(const core::effect::Request& request) const {
    event.kind = EventKind::kSend;
    event.peer = request.to;
    event.value = request.id.value();
    event.size = request.content.byte_count();
    event.digest = request.content.Digest();
  }
  void operator()(const core::effect::Reply& reply) const {
    event.kind = EventKind::kSend;
    event.value = reply.id.value();
    event.size = reply.answer.byte_count();
    event.digest = reply.answer.Digest();
  }
};

// By Input::Kind, and by core::Effect's alternative.
constexpr EventKind kKindOf[] = {EventKind::kStart, EventKind::kMessage, EventKind::kTimer,
                                 EventKind::kWritable, EventKind::kSubmit};
constexpr EventKind kKindOfEffect[] = {
    EventKind::kSend,     EventKind::kAwaitWritable, EventKind::kHold, EventKind::kResume,
    EventKind::kSetTimer, EventKind::kCancelTimer,   EventKind::kSave, EventKind::kSaveSnapshot,
    EventKind::kSpend,    EventKind::kNote,          EventKind::kSend, EventKind::kSend};
static_assert(std::size(kKindOfEffect) == std::variant_size_v<core::Effect>);

}  // namespace

void Host::EmitInput(core::Instant now, const Input& input) {
  if (!services_.emitter.Wants(kKindOf[static_cast<std::size_t>(input.kind)])) {
    services_.emitter.Skip();
    return;
  }
  trace::Event event = At(now, self_);
  switch (input.kind) {
    case Input::Kind::kStart:
      event.kind = EventKind::kStart;
      event.value = incarnation();
      break;
    case Input::Kind::kMessage:
      event.kind = EventKind::kMessage;
      event.peer = input.message->from;
      event.message = input.message->id;
      event.size = input.message->payload.byte_count();
      event.digest = input.message->payload.Digest();
      break;
    case Input::Kind::kTimer:
      event.kind = EventKind::kTimer;
      event.value = input.timer.id.value();
      break;
    case Input::Kind::kWritable:
      event.kind = EventKind::kWritable;
      event.peer = input.peer;
      break;
    case Input::Kind::kSubmit:
      event.kind = EventKind::kSubmit;
      event.value = asked_.front().id.value();
      event.detail = asked_.front().client.value();
      event.digest = asked_.front().request.Digest();
      break;
  }
  services_.emitter.Emit(event);
}

void Host::EmitStalled(core::Instant now, std::size_t core, core::Duration lasts) {
  trace::Event event = At(now, self_);
  event.kind = EventKind::kStalled;
  event.value = core;
  event.detail = static_cast<std::uint64_t>(lasts.ps());
  services_.emitter.Emit(event);
}

void Host::EmitReadings(core::Instant now, const core::Now& reading) {
  for (int i = 0; i < core::kClocks; ++i) {
    const auto clock = static_cast<core::Clock>(i);
    if (!reading.Knows(clock)) continue;
    trace::Event event = At(now, self_);
    event.kind = EventKind::kRead;
    event.value = static_cast<std::uint64_t>(reading.On(clock).ps());
    event.detail = static_cast<std::uint64_t>(i);
    services_.emitter.Emit(event);
  }
}

void Host::EmitPerformed(core::Instant now, const core::Listed& listed) {
  if (!services_.emitter.Wants(kKindOfEffect[listed.what.index()])) {
    services_.emitter.Skip();
    return;
  }
  trace::Event event = At(now, self_);
  event.layer = listed.layer;
  std::visit(Describe{event}, listed.what);
  if (listed.message > 0) event.message = {self_, 0, listed.message};
  services_.emitter.Emit(event);
}

void Host::EmitDrop(core::Instant now, const Message& message, trace::DropCause cause) {
  services_.drops.Add(cause, message.payload.byte_count());
  trace::Event event = At(now, message.from);
  event.kind = EventKind::kDrop;
  event.peer = message.to;
  event.detail = static_cast<std::uint64_t>(cause);
  event.size = message.payload.byte_count();
  event.digest = message.payload.Digest();
  event.message = message.id;
  services_.emitter.Emit(event);
}

}  // namespace lockstep::sim
