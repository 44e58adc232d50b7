// What happened: one flat record for each fact that anybody may conclude something from.
//
// FORMAT.md says how a record is written to a file.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "protocols/core/fields.h"
#include "protocols/core/ids.h"
#include "protocols/core/note.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"
#include "sim/trace/message_id.h"

namespace lockstep::trace {

// "Observable" kinds are folded into the digest; the others tell more of the same, are made from
// messages, or are comments. Events about a message have its `message`.
enum class EventKind : std::uint8_t {
  // Inputs of a node (observable).
  kStart,     // value: incarnation
  kMessage,   // peer: sender; size; digest: of the payload
  kTimer,     // value: timer
  kWritable,  // peer: to whom it may send again
  kSubmit,    // peer: client's host; value: request; detail: client; digest
  // Effects (observable), after any byzantine filter.
  kSend,           // peer: receiver; size; digest: of the payload
  kHold,           // peer
  kResume,         // peer
  kAwaitWritable,  // peer; size: credit that is waited for
  kSetTimer,       // value: timer; detail: the instant, in ps on its clock; further: the Clock
  kCancelTimer,    // value: timer
  kSave,           // size; digest
  kSaveSnapshot,   // size; digest
  kSpend,          // value: Work; detail: count; size: bytes
  kNote,           // note; peer, stream, value, detail, digest, count, stride: as the note says
  // What the world does to nodes and messages (observable).
  kDrop,     // node: whose it was; peer: other end; detail: DropCause; further: where, 0 at `node`,
             // else 1 + the number of the vertex or edge as the world numbers them; size; digest
  kCrash,    // value: incarnation that died; detail: effects that it cut off
  kRestart,  // value: incarnation that begins
  kFault,    // value: index in the scenario's list; detail: 1 where it begins, 0 where it ends
  // More of the life of messages and machines.
  kOnWire,   // node: sender; peer: receiver; size: the message begins to leave the sender's card
  kArrived,  // node: receiver; peer: sender; size: it is whole at the receiver's card
  kStalled,  // value: core; detail: how long it stands still from now on, in ps
  kRead,     // value: what the clock read that a call asked for, in ps; detail: the Clock
  // Made from messages through MessageFields: see Phase for who is who.
  kFact,  // fact, phase, stream; the rest as the fact says
  // Comments of the world.
  kFaulty,    // node may be hit by a fault that spends budget; value: 1 spends u, 2 spends u and r
  kTampered,  // value: old; detail: new; peer: receiver; further: the fault's index
  kReceipt,   // value: index of the fault; detail: what it touched; further: what it changed
  kMetric,    // value: Metric; detail: amount in the period that ends here
  kDropped,   // value: DropCause; detail: how many kDrop of it there were; size: of all of them
  // Accounts: what a checker says of events that a default trace does not hold. Of a message of
  // `peer` for round `value`, and the vote of `node` on that round, at `detail`, in ps.
  kTight,     // it came in time; further: how long before the vote, in ps
  kLate,      // it comes now, after the vote; further: why, as the account says
  kMissed,    // it is known now that it never comes; further: the same
  kMismatch,  // `node` says otherwise; further: of what, as the account says
  kTally,     // detail: what was counted so far, as the account says; value: how often
  kSpans,  // detail: what was measured so far, as the account says; value: the least and further:
           // the greatest of its spans, in ps; runs: their lengths in ns, those alike as one run
  kEnd,    // value: 1 where the run was cut short; the last event
};
inline constexpr std::size_t kEventKinds = 36;

inline constexpr std::array<std::string_view, kEventKinds> kEventNames = {
    "start",         "message",  "timer",          "writable",  "submit",       "send",
    "hold",          "resume",   "await_writable", "set_timer", "cancel_timer", "save",
    "save_snapshot", "spend",    "note",           "drop",      "crash",        "restart",
    "fault",         "on_wire",  "arrived",        "stalled",   "read",         "fact",
    "faulty",        "tampered", "receipt",        "metric",    "dropped",      "tight",
    "late",          "missed",   "mismatch",       "tally",     "spans",        "end"};

constexpr std::string_view Name(EventKind kind) {
  return kEventNames[static_cast<std::size_t>(kind)];
}

// A set of kinds.
using KindSet = std::uint64_t;
constexpr KindSet Bit(EventKind kind) { return KindSet{1} << static_cast<unsigned>(kind); }
inline constexpr KindSet kAllKinds = (KindSet{1} << kEventKinds) - 1;
inline constexpr KindSet kObservableKinds = Bit(EventKind::kOnWire) - 1;
// No world emits these: see kTight.
inline constexpr KindSet kAccountKinds = Bit(EventKind::kTight) | Bit(EventKind::kLate) |
                                         Bit(EventKind::kMissed) | Bit(EventKind::kMismatch) |
                                         Bit(EventKind::kTally) | Bit(EventKind::kSpans);

// How far a message has come when a fact is told of it. Of what was sent and what was destroyed the
// sender is `node` and the receiver `peer`; of what arrived and was handed it is the other way
// round.
enum class Phase : std::uint8_t { kSent, kArrived, kHanded, kDestroyed };
inline constexpr std::array<std::string_view, 4> kPhaseNames = {"sent", "arrived", "handed",
                                                                "destroyed"};

// A set of facts with their phases.
using FactSet = std::uint64_t;
constexpr FactSet Bit(core::Fact fact, Phase phase) {
  return FactSet{1} << (static_cast<unsigned>(fact) * kPhaseNames.size() +
                        static_cast<unsigned>(phase));
}
inline constexpr FactSet kAllFacts =
    (FactSet{1} << (core::kFactNames.size() * kPhaseNames.size())) - 1;
// All facts of this phase.
constexpr FactSet FactsOf(Phase phase) {
  constexpr FactSet kEachFirst = kAllFacts / ((FactSet{1} << kPhaseNames.size()) - 1);
  return kEachFirst << static_cast<unsigned>(phase);
}

// Why a packet or message was lost.
enum class DropCause : std::uint8_t {
  kCredit,     // sent beyond the credit
  kQueue,      // met a full queue
  kLoss,       // lost by a link
  kFault,      // a fault of the scenario
  kHostDown,   // its receiver, or its sender, is down
  kNoReceive,  // the receiver's ring or stage was full
  kReset,      // its stream was reset, or its receiver has forgotten the stream
  kNoHost,     // its receiver does not exist
};
inline constexpr std::array<std::string_view, 8> kDropCauses = {
    "credit", "queue", "loss", "fault", "host_down", "no_receive", "reset", "no_host"};

enum class Metric : std::uint8_t {
  kEgressBytes,
  kIngressBytes,
  kMessagesHandled,
  kProtocolBusy  // work on the core of the protocol stage, in ps
};
inline constexpr std::array<std::string_view, 4> kMetricNames = {
    "egress_bytes", "ingress_bytes", "messages_handled", "protocol_busy_ps"};

// One line of the trace. Stands for `count` facts: value, value + stride, ...
struct Event {
  core::Instant at;         // global simulated time
  std::uint64_t index = 0;  // how many observable events came before it
  EventKind kind = EventKind::kEnd;
  core::Fact fact = core::Fact::kCarries;  // where `kind` is kFact
  Phase phase = Phase::kSent;              // the same
  core::Layer layer;                       // of the stack on that host
  core::NoteKind note;                     // where `kind` is kNote
  core::StreamId stream;                   // sending cluster of a C3B stream; else 0
  core::NodeId node;                       // where it happened
  core::NodeId peer;                       // other end; else `node`
  core::ByteCount size;                    // on the wire, headers included; else 0
  MessageId message;                       // which one it is about; else none
  std::uint64_t value = 0;
  std::uint64_t detail = 0;
  std::uint64_t further = 0;
  std::uint64_t digest = 0;  // of a content, and of nothing else
  std::uint64_t epoch = 0;   // a fact's only: of the configuration that the message states
  std::uint64_t count = 1;
  std::uint64_t stride = 1;
  core::Mask votes;                 // of lanes `detail`, detail + 1, ...; a fact's only
  std::span<const core::Run> runs;  // a fact's and kSpans' only; valid while a sink is called

  core::Run run() const { return core::Run{value, count, stride}; }
  void SetRun(const core::Run& run) {
    value = run.first;
    count = run.count;
    stride = run.stride;
  }
  bool Is(core::Fact of, Phase in) const {
    return kind == EventKind::kFact && fact == of && phase == in;
  }
  bool Is(core::NoteKind of) const { return kind == EventKind::kNote && note == of; }
  friend bool operator==(const Event& a, const Event& b);
};

inline bool operator==(const Event& a, const Event& b) {
  const auto numbers = [](const Event& e) {
    return std::array<std::uint64_t, 8>{e.index,  e.value, e.detail, e.further,
                                        e.digest, e.epoch, e.count,  e.stride};
  };
  return a.at == b.at && a.kind == b.kind && a.fact == b.fact && a.phase == b.phase &&
         a.layer == b.layer && a.note == b.note && a.stream == b.stream && a.node == b.node &&
         a.peer == b.peer && a.size == b.size && a.message == b.message &&
         numbers(a) == numbers(b) && a.votes == b.votes && std::ranges::equal(a.runs, b.runs);
}

}  // namespace lockstep::trace
