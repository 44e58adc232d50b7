// From the card to the node: what comes to a host waits here until its node is called for it.
//
// A message passes the receive stage, waits for the protocol stage, and is handed to the node; so
// do timers and credit, but for the receive stage. Stages are FIFO servers: see stages.h. Where the
// protocol stage has room for so many messages only, the others stay in the card's ring. Whether an
// input is still to be handed over is asked at the last moment: a timer may have been set anew, and
// the reading of a peer stopped, while it waited.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/host/host_tasks.h"
#include "sim/host/stages.h"
#include "sim/host/timers.h"
#include "sim/net/message.h"
#include "sim/profile.h"
#include "sim/ring.h"
#include "sim/slab.h"

namespace lockstep::sim {

// What a node is handed.
struct Input {
  enum class Kind : std::uint8_t { kStart, kMessage, kTimer, kWritable, kSubmit };
  Kind kind = Kind::kStart;
  Message* message = nullptr;  // of a kMessage; there as long as the call
  Timers::Expired timer = {};
  core::NodeId peer = {};
};

// Who calls the node: the host.
class InputListener {
 public:
  virtual ~InputListener() = default;
  // Whether an input that is no message is still to be handed over: a timer may have been set anew
  // while it waited, the credit that a node awaited may be spent.
  virtual bool StillStands(const Input& input) = 0;
  virtual void Call(core::Instant now, const Input& input) = 0;
  // The message has left the card's ring.
  virtual void OnLeftRing(core::Instant now, const Message& message) = 0;
};

class Pipeline {
 public:
  // All outlive the pipeline.
  Pipeline(const Profile& profile, Stages& stages, HostTasks& tasks, InputListener& listener);

  // A message has come to the host.
  void OnArrived(core::Instant now, Message&& message);
  // An input waits for the node; Offer calls it if it is free.
  void Enqueue(core::Instant now, const Input& input);
  void Offer(core::Instant now, const Input& input);
  // Calls the node for what waits, as long as the protocol stage is free.
  void Run(core::Instant now);
  // A task of kind kStageFree, kReceived or kHandedOver of this life is due.
  void OnTask(core::Instant now, const Task& task);
  // Nothing of this peer is handed over until it is read again.
  void Hold(core::NodeId peer) { held_[peer]; }
  void Resume(core::Instant now, core::NodeId peer);

  // While it lives, inputs that come are not handed over: somebody is at work on the host's behalf.
  class Busy {
   public:
    explicit Busy(Pipeline& pipeline) : pipeline_(pipeline), was_calling_(pipeline.is_calling_) {
      pipeline_.is_calling_ = true;
    }
    ~Busy() { pipeline_.is_calling_ = was_calling_; }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    Pipeline& pipeline_;
    bool was_calling_;
  };

  // Forgets all that waits, and returns the messages among it. Tasks of this life are void already.
  std::vector<Message> Crash(core::Instant now);

  // Messages and other inputs that have come and were not handed over.
  std::uint64_t waiting() const;

 private:
  // A message in the card's ring.
  struct Arrived {
    Message message;
    core::Instant since;
  };
  // An input that waits for the node.
  struct Waiting {
    Input input;
    Message message;  // of a kMessage
    core::Instant since;
  };
  // Of a peer that is not read: messages beyond the receive stage, and in the ring.
  struct Held {
    std::deque<Message> received;
    std::deque<Message> in_ring;
  };
  // Inputs handed over in one go, so that a node that never runs dry cannot keep the world from
  // looking up.
  static constexpr int kCallsAtOnce = 1024;

  // Takes messages through the receive stage, one at a time.
  void RunReceiveStage(core::Instant now);
  // Whether it can begin the next message; if not, something will ask again.
  bool MayReceive(core::Instant now);
  // Takes this message off the ring, and through the stage.
  void Receive(core::Instant now, Message&& message);
  void PassToProtocol(core::Instant now, Message&& message);
  void PushInStage(core::Instant at, TaskKind kind, Message&& message);
  // As Offer and Enqueue, of a message that is at the protocol stage.
  void OfferMessage(core::Instant now, Message&& message);
  void EnqueueMessage(core::Instant now, Message&& message);
  static void Put(Waiting& waiting, core::Instant since, Message&& message);
  // Hands an input to the node, unless it is no longer to be.
  void Hand(core::Instant now, const Input& input);
  bool IsFree(std::size_t stage, core::Instant now) { return stages_.FreeAt(stage, now) <= now; }
  // Whether an input that comes is the next that the node is called for.
  bool IsNext(core::Instant now) {
    return inputs_.empty() && !is_calling_ && !is_core_shared_ &&
           IsFree(Profile::kProtocolStage, now);
  }
  // Whether the protocol stage can take another message.
  bool HasRoom(core::Instant now);
  // Where one core serves both stages, who has waited longer goes first.
  bool IsCallNext() const;
  bool IsOvertaken(const Message& message) const;
  bool IsReceiveNext(core::Instant now);
  // Asks to be woken when a stage is free; once.
  void WakeWhenFree(std::size_t stage, core::Instant now);
  const StageSpec& protocol() const { return profile_.stages[Profile::kProtocolStage]; }

  const Profile& profile_;
  Stages& stages_;
  HostTasks& tasks_;
  InputListener& listener_;
  bool is_core_shared_;            // by the receive and the protocol stage
  std::vector<bool> is_wake_set_;  // is_wake_set_[stage]
  bool is_receiving_ = false;      // a message is in the receive stage, and will be told when done
  bool is_draining_ = false;       // the receive stage is taking messages
  bool is_calling_ = false;
  bool is_call_for_message_ = false;    // the last call was
  std::uint32_t waiting_messages_ = 0;  // beyond the receive stage, and not yet handed to the node
  Ring<Arrived> arrived_;
  Ring<Waiting> inputs_;
  Slab<Message> in_stage_;
  std::map<core::NodeId, Held> held_;  // of peers whose reading is stopped
};

}  // namespace lockstep::sim
