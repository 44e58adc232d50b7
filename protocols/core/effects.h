// What a node wants done: an ordered list, performed by its world after the call returns.
//
// The order is the contract: what must be saved before it is sent is listed before it. Tests
// compare the list, byzantine filters rewrite it, hosts perform it. Credit is spent by listing, not
// by performing, so that a node sees within a call what its own sends have left.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/credit.h"
#include "protocols/core/ids.h"
#include "protocols/core/note.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"

namespace lockstep::core {

// Kinds of work. A profile binds each to a stage of the host and prices it.
enum class Work : std::uint8_t {
  kReceive,
  kSend,
  kSkip,
  kBroadcast,
  kAnalyse,
  kVerify,
  kSign,
  kHash,
  kApply,
  kLog,
  kVote,
  kSnapshot,
  kBuild,
  kBookkeep,
  kCommand,
};
inline constexpr std::array<std::string_view, 15> kWorkNames = {
    "receive", "send", "skip", "broadcast", "analyse", "verify",   "sign",   "hash",
    "apply",   "log",  "vote", "snapshot",  "build",   "bookkeep", "command"};

namespace effect {

struct Send {
  NodeId to;
  Bytes payload;
  // Bytes of credit that it took when it was listed, and that come back when the transport has
  // taken it. Stays so when a byzantine filter makes the payload longer or shorter.
  std::uint64_t credit = payload.size();
  // Listed with less than that left: the world drops it.
  bool is_beyond_credit = false;
  friend bool operator==(const Send&, const Send&) = default;
};
// OnWritable comes once, when so much of the credit towards `peer` is free; at once where it is.
// Replaces what the layer has awaited of this peer before.
struct AwaitWritable {
  NodeId peer;
  ByteCount bytes;
  friend bool operator==(const AwaitWritable&, const AwaitWritable&) = default;
};
// The world stops reading what `peer` sends, until Resume.
struct Hold {
  NodeId peer;
  friend bool operator==(const Hold&, const Hold&) = default;
};
struct Resume {
  NodeId peer;
  friend bool operator==(const Resume&, const Resume&) = default;
};
// Fires at the first instant when `clock` reads at least `at`; replaces a timer of the same name.
struct SetTimer {
  TimerId id;
  Instant at;
  Clock clock = Clock::kMonotonic;
  friend bool operator==(const SetTimer&, const SetTimer&) = default;
};
struct CancelTimer {
  TimerId id;
  friend bool operator==(const CancelTimer&, const CancelTimer&) = default;
};
// Appends to the disk of this layer; durable before any later effect of the same call.
struct Save {
  Bytes record;
  friend bool operator==(const Save&, const Save&) = default;
};
// Replaces all that this layer has saved.
struct SaveSnapshot {
  Bytes snapshot;
  friend bool operator==(const SaveSnapshot&, const SaveSnapshot&) = default;
};
// Says what was done: `count` units over `bytes` bytes. The price is the world's.
struct Spend {
  Work kind;
  std::uint64_t count = 0;
  ByteCount bytes;
  friend bool operator==(const Spend&, const Spend&) = default;
};
struct Note {
  NoteKind kind;
  NodeId peer;
  StreamId stream;
  Run values;
  std::uint64_t detail = 0;
  std::uint64_t digest = 0;
  friend bool operator==(const Note&, const Note&) = default;
};
// Asks the replica `to` on behalf of `client`, who awaits no answer to requests below `low`, at
// most `id`: the Stack makes it a frame, or hands it to the layer below where `to` is the own host.
struct Request {
  NodeId to;
  ClientId client;
  RequestId id;
  RequestId low;
  Bytes content;
  friend bool operator==(const Request&, const Request&) = default;
};
// Answers the request `id` of `client`, by the way that its last request came.
struct Reply {
  ClientId client;
  RequestId id;
  Bytes answer;
  friend bool operator==(const Reply&, const Reply&) = default;
};

}  // namespace effect

using Effect =
    std::variant<effect::Send, effect::AwaitWritable, effect::Hold, effect::Resume,
                 effect::SetTimer, effect::CancelTimer, effect::Save, effect::SaveSnapshot,
                 effect::Spend, effect::Note, effect::Request, effect::Reply>;

// An effect and the layer of the stack that listed it.
struct Listed {
  Listed() = default;
  Listed(Layer of, Effect effect, std::uint64_t count = 0)
      : layer(of), what(std::move(effect)), message(count) {}
  // Builds the effect in place: moving a variant asks at run time what it holds.
  template <typename T>
  Listed(Layer of, std::in_place_type_t<T> type, T&& effect)
      : layer(of), what(type, std::forward<T>(effect)) {}

  Layer layer;
  Effect what;
  std::uint64_t message = 0;  // of a Send: the world's count of it; no node sees it
  friend bool operator==(const Listed&, const Listed&) = default;
};

class Effects {
 public:
  // `credit` outlives the list; without one there is no limit.
  explicit Effects(Credit* credit = nullptr) : credit_(credit) {}

  // Bytes that may still be sent to `peer`: what was left when the call began, less what the call
  // has listed since.
  std::int64_t CreditLeft(NodeId peer) const {
    return credit_ == nullptr ? Credit::kUnlimited : credit_->Left(peer);
  }

  // Null where there is no limit.
  Credit* credit() const { return credit_; }

  void Send(NodeId to, Bytes payload) { Add(Charged(to, std::move(payload))); }
  // A Send that has taken its credit and is still to be listed; for those who rewrite the list.
  effect::Send Charged(NodeId to, Bytes payload) {
    effect::Send send{to, std::move(payload)};
    if (credit_ != nullptr) send.is_beyond_credit = !credit_->Take(to, send.credit);
    return send;
  }
  void AwaitWritable(NodeId peer, ByteCount bytes) { Add(effect::AwaitWritable{peer, bytes}); }
  void Hold(NodeId peer) { Add(effect::Hold{peer}); }
  void Resume(NodeId peer) { Add(effect::Resume{peer}); }
  void SetTimer(TimerId id, Instant at, Clock clock = Clock::kMonotonic) {
    Add(effect::SetTimer{id, at, clock});
  }
  void CancelTimer(TimerId id) { Add(effect::CancelTimer{id}); }
  void Save(Bytes record) { Add(effect::Save{std::move(record)}); }
  void SaveSnapshot(Bytes snapshot) { Add(effect::SaveSnapshot{std::move(snapshot)}); }
  void Spend(Work kind, std::uint64_t count, ByteCount bytes = ByteCount(0)) {
    if (count > 0) Add(effect::Spend{kind, count, bytes});
  }
  void Note(const effect::Note& note) { Add(effect::Note(note)); }
  void Request(NodeId to, ClientId client, RequestId id, RequestId low, Bytes content) {
    Add(effect::Request{to, client, id, low, std::move(content)});
  }
  void Reply(ClientId client, RequestId id, Bytes answer) {
    Add(effect::Reply{client, id, std::move(answer)});
  }

  std::vector<Listed>& list() { return list_; }
  const std::vector<Listed>& list() const { return list_; }
  void Clear() { list_.clear(); }

 private:
  friend class LayerScope;
  template <typename T>
  void Add(T&& what) {
    list_.emplace_back(layer_, std::in_place_type<T>, std::move(what));
  }

  Credit* credit_;
  Layer layer_;
  std::vector<Listed> list_;
};

// While it lives, effects are listed for `layer`; for those who put layers together.
class LayerScope {
 public:
  LayerScope(Effects& out, Layer layer) : out_(out), before_(std::exchange(out.layer_, layer)) {}
  ~LayerScope() { out_.layer_ = before_; }
  LayerScope(const LayerScope&) = delete;
  LayerScope& operator=(const LayerScope&) = delete;

 private:
  Effects& out_;
  Layer before_;
};

}  // namespace lockstep::core
