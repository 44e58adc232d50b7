// What happened: one flat record for each fact that anybody may conclude something from.
//
// FORMAT.md says how a record is written to a file.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocols/core/ids.h"
#include "protocols/core/note.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"

namespace lockstep::trace {

// "Observable" kinds are folded into the digest; the others are derived from them, or are comments.
enum class EventKind : std::uint8_t {
  // Inputs of a node (observable).
  kStart,     // value: incarnation
  kMessage,   // peer: sender; size; digest: of the payload
  kTimer,     // value: timer
  kWritable,  // peer; size: of the credit that it had awaited, and that is free
  kSubmit,    // peer: client; value: request; digest
  // Effects (observable), when the node lists them, after any byzantine filter.
  kSend,           // peer: receiver; size; digest: of the payload
  kAwaitWritable,  // peer; size: of the credit that is to be free
  kHold,           // peer
  kResume,         // peer
  kSetTimer,       // value: timer; detail: the instant, in ps on its clock; digest: the Clock
  kCancelTimer,    // value: timer
  kSave,           // size; digest
  kSaveSnapshot,   // size; digest
  kSpend,          // value: Work; detail: count; size: bytes
  kNote,           // note; peer, stream, value, detail, digest, count, stride: as the note says
  // What the world does to nodes and messages (observable).
  kDrop,     // node: where; peer: other end; detail: DropCause; size; digest
  kCrash,    // value: incarnation that died
  kRestart,  // value: incarnation that begins
  kFault,    // value: index in the scenario's list; detail: 1 where it begins, 0 where it ends
  // Derived from messages through MessageFields.
  kOffered,    // node sent `peer` the k′ of this run, performed; digest: of their contents
  kHanded,     // node was handed, by `peer`, the k′ of this run; digest: of their contents
  kDestroyed,  // the world dropped what node sent to `peer`: the k′ of this run; detail: DropCause
  kStated,     // node tells `peer`: value: cumulative ACK; detail: how many kPhi follow;
               // digest: one past the last k′ that the φ-list judges (0 where there is no list)
  kHeard,      // node is told by `peer`: the same
  kPhi,        // a run of k′ held above the ACK; belongs to the kStated or kHeard before it
  // Comments of the world.
  kFaulty,    // node may be hit by a fault that spends budget; value: 1 spends u, 2 spends u and r
  kTampered,  // value: old; detail: new; peer: receiver; digest: the fault's index
  kReceipt,   // value: index of the fault; detail: what it touched; digest: what it changed
  kMetric,    // value: Metric; detail: amount in the period that ends here
  kDropped,   // value: DropCause; detail: how many kDrop of it there were; size: of all of them
  kEnd,       // value: 1 where the run was cut short; the last event
};
inline constexpr std::size_t kEventKinds = 31;

inline constexpr std::array<std::string_view, kEventKinds> kEventNames = {
    "start",        "message",        "timer",         "writable", "submit",
    "send",         "await_writable", "hold",          "resume",   "set_timer",
    "cancel_timer", "save",           "save_snapshot", "spend",    "note",
    "drop",         "crash",          "restart",       "fault",    "offered",
    "handed",       "destroyed",      "stated",        "heard",    "phi",
    "faulty",       "tampered",       "receipt",       "metric",   "dropped",
    "end"};

constexpr std::string_view Name(EventKind kind) {
  return kEventNames[static_cast<std::size_t>(kind)];
}

// A set of kinds, for a sink to say what it wants.
using KindSet = std::uint64_t;
constexpr KindSet Bit(EventKind kind) { return KindSet{1} << static_cast<unsigned>(kind); }
inline constexpr KindSet kAllKinds = (KindSet{1} << kEventKinds) - 1;
inline constexpr KindSet kObservableKinds = Bit(EventKind::kOffered) - 1;
// What every checker of every promise wants, and what tells the story: the default trace.
inline constexpr KindSet kDefaultKinds = (kAllKinds & ~kObservableKinds) | Bit(EventKind::kNote) |
                                         Bit(EventKind::kCrash) | Bit(EventKind::kRestart) |
                                         Bit(EventKind::kFault);

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

enum class Metric : std::uint8_t { kEgressBytes, kIngressBytes, kMessagesHandled };
inline constexpr std::array<std::string_view, 3> kMetricNames = {"egress_bytes", "ingress_bytes",
                                                                 "messages_handled"};

// One line of the trace. Stands for `count` facts: value, value + stride, ...
struct Event {
  core::Instant at;         // global simulated time
  std::uint64_t index = 0;  // position in the whole sequence; a filtered trace shows gaps
  EventKind kind = EventKind::kEnd;
  core::NoteKind note = core::NoteKind::kCommitted;  // where `kind` is kNote
  core::Layer layer;                                 // of the stack on that host
  core::StreamId stream;                             // sending cluster of a C3B stream; else 0
  core::NodeId node;                                 // where it happened
  core::NodeId peer;                                 // other end; else `node`
  core::ByteCount size;                              // on the wire, headers included; else 0
  std::uint64_t value = 0;
  std::uint64_t detail = 0;
  std::uint64_t digest = 0;
  std::uint64_t count = 1;
  std::uint64_t stride = 1;

  core::Run run() const { return core::Run{value, count, stride}; }
  void SetRun(const core::Run& run) {
    value = run.first;
    count = run.count;
    stride = run.stride;
  }
  friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace lockstep::trace
