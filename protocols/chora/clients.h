// What has become of the requests of clients: which have been executed, with what answer, and which
// are still open here.
//
// The first half is replicated: it is a function of the log, and part of a snapshot. For each
// client it keeps a low-water mark and the *set* of requests executed above it, never only the
// highest: a batch that came to nothing is proposed again behind later ones, and "not above the
// highest" would acknowledge a command that never ran. The second half is this replica's own.
//
// Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "protocols/chora/batch.h"
#include "protocols/core/ids.h"
#include "protocols/core/state_machine.h"
#include "protocols/core/wire.h"

namespace lockstep::chora {

class ClientTable {
 public:
  enum class State : std::uint8_t {
    kNew,       // never seen here
    kOpen,      // on its way
    kAnswered,  // executed, and its answer is kept
    kForgotten  // below what the client waits for
  };
  struct Answer {
    core::ClientId client;
    core::RequestId id;
    core::Bytes content;
  };

  State StateOf(core::ClientId client, core::RequestId id) const;
  // The answer of a request that is kAnswered.
  core::Bytes AnswerOf(core::ClientId client, core::RequestId id) const;
  // Opens a new request. `is_own`: it is answered from here; so is one that was open for others.
  void Open(core::ClientId client, core::RequestId id, bool is_own);

  struct Executed {
    bool is_new = false;         // it has been applied now
    bool is_to_be_sent = false;  // a client of this replica waits for `answer`
    core::Bytes answer;
  };
  Executed Execute(const Command& command, core::StateMachine& machine);

  // The replicated half, in the order of clients.
  void Encode(core::Encoder& encoder) const;
  void EncodeAnswers(core::Encoder& encoder) const;
  // Reads both back; then what of the open requests is answered by it: those are open no more.
  bool Restore(core::Decoder& decoder, std::vector<Answer>& answered);

 private:
  struct Kept {
    std::uint64_t id = 0;
    core::Bytes answer;
  };
  struct Opened {
    std::uint64_t id = 0;
    bool is_own = false;
  };
  struct Client {
    core::ClientId name;
    std::uint64_t low = 0;
    std::vector<Kept> kept;  // at or above `low`, in ascending order
    std::vector<Opened> open;
  };

  const Client* Find(core::ClientId name) const;
  Client& Ensure(core::ClientId name);
  // The client waits for nothing below `low`.
  static void Forget(Client& client, std::uint64_t low);
  std::vector<const Client*> Sorted() const;

  // Of a client in clients_; never in its order.
  absl::flat_hash_map<std::uint64_t, std::uint32_t> index_;
  std::vector<Client> clients_;
};

// Commands that wait for a batch, and changes of lanes.
class CommandQueue {
 public:
  explicit CommandQueue(const ClientTable& table) : table_(table) {}

  bool empty() const { return head_ == commands_.size(); }
  std::size_t size() const { return commands_.size() - head_; }
  void PushBack(Command command) { commands_.push_back(std::move(command)); }
  // Puts them before all others, in their order.
  void PushFront(std::vector<Command> commands);
  // The next commands, at most `count`, such that a batch of them and of so many changes of lanes
  // has at most `bytes`; without those that have been executed meanwhile.
  std::vector<Command> Take(std::uint64_t count, std::uint64_t reconfs, std::uint64_t bytes);

 private:
  const ClientTable& table_;
  std::vector<Command> commands_;
  std::size_t head_ = 0;  // of the first that waits
};

}  // namespace lockstep::chora
