// Notes: what a node says about itself, for the trace. Nothing in the world acts on them.
//
// A kind is known by its name, so that every protocol can declare its own, in its own folder, and
// no list has to be changed. Here stand those that several protocols share, and that checkers which
// belong to no protocol look at.

#pragma once

#include <compare>
#include <cstdint>
#include <string_view>
#include <utility>

namespace lockstep::core {

// What kind of note it is: a number made from its name (FNV-1a). 0 is no kind.
class NoteKind {
 public:
  constexpr NoteKind() = default;
  explicit constexpr NoteKind(std::string_view name) : id_(2'166'136'261U) {
    for (const char c : name) id_ = (id_ ^ static_cast<std::uint8_t>(c)) * 16'777'619U;
  }
  constexpr std::uint32_t id() const { return id_; }
  friend constexpr auto operator<=>(NoteKind, NoteKind) = default;
  template <typename Hash>
  friend Hash AbslHashValue(Hash hash, NoteKind kind) {
    return Hash::combine(std::move(hash), kind.id_);
  }

  static const NoteKind kCommitted;
  static const NoteKind kState;
  static const NoteKind kDelivered;
  static const NoteKind kQuacked;
  static const NoteKind kMalformed;
  static const NoteKind kInvoked;
  static const NoteKind kReturned;
  static const NoteKind kInstalled;
  static const NoteKind kRejoined;
  static const NoteKind kSkipped;
  static const NoteKind kStands;

 private:
  std::uint32_t id_ = 0;
};

// How a protocol declares a kind: its name in traces, and what its values mean.
struct NoteSpec {
  std::string_view name;
  std::string_view meaning;
  constexpr NoteKind kind() const { return NoteKind(name); }
};

inline constexpr NoteSpec kSharedNotes[] = {
    {"committed", "values: log indices; digest: of the content. By the state machine."},
    {"state", "values: log index; digest: of the state after it. By the state machine."},
    {"delivered", "values: k′ of `stream`; digest: of the contents. By a C3B layer."},
    {"quacked", "value: QUACK of `stream`, how many a quorum has acknowledged. By a C3B layer."},
    {"malformed", "`peer` sent what could not be decoded or verified."},
    {"invoked", "value: a request; detail: its client; digest: of it. By the client."},
    {"returned", "value: a request; detail: its client; digest: of the answer. By the client."},
    {"installed",
     "value: the log index of a state that was taken over from a peer, which is that "
     "of the next commit. By the state machine."},
    {"rejoined", "A replica that had lost its memory takes part again."},
    {"skipped",
     "values: k′ of `stream` that it goes past without having them, and acknowledges. By a C3B "
     "layer."},
    {"stands",
     "value: at which its cumulative acknowledgement of `stream` stays, for want of room to keep "
     "more. By a C3B layer."},
};

inline constexpr NoteKind NoteKind::kCommitted = kSharedNotes[0].kind();
inline constexpr NoteKind NoteKind::kState = kSharedNotes[1].kind();
inline constexpr NoteKind NoteKind::kDelivered = kSharedNotes[2].kind();
inline constexpr NoteKind NoteKind::kQuacked = kSharedNotes[3].kind();
inline constexpr NoteKind NoteKind::kMalformed = kSharedNotes[4].kind();
inline constexpr NoteKind NoteKind::kInvoked = kSharedNotes[5].kind();
inline constexpr NoteKind NoteKind::kReturned = kSharedNotes[6].kind();
inline constexpr NoteKind NoteKind::kInstalled = kSharedNotes[7].kind();
inline constexpr NoteKind NoteKind::kRejoined = kSharedNotes[8].kind();
inline constexpr NoteKind NoteKind::kSkipped = kSharedNotes[9].kind();
inline constexpr NoteKind NoteKind::kStands = kSharedNotes[10].kind();

}  // namespace lockstep::core
