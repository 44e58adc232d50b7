// A host: runs one node, prices what it does, and performs what it lists.
//
// A message passes the receive stage, waits for the protocol stage, and is handed to the node; so
// do timers, credit and requests, but for the receive stage. Stages are FIFO servers: see stages.h.
// An effect is performed when every Spend listed before it has finished, and what was saved before
// it is durable; the next call starts when the protocol stage is free. Where that has room for so
// many messages only, the others stay in the card's ring. A crash destroys the node and what it had
// not performed; a restart builds a new one from what the disk kept.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "protocols/core/effects.h"
#include "protocols/core/node.h"
#include "protocols/core/program.h"
#include "sim/derive.h"
#include "sim/event_queue.h"
#include "sim/fault/plan.h"
#include "sim/host/clock.h"
#include "sim/host/credit.h"
#include "sim/host/disk.h"
#include "sim/host/stages.h"
#include "sim/keys.h"
#include "sim/net/network.h"
#include "sim/ring.h"
#include "sim/slab.h"
#include "sim/task.h"
#include "sim/trace/drop_counts.h"
#include "sim/trace/emitter.h"
#include "sim/world_spec.h"

namespace lockstep::sim {

class Host;

// What hosts share; all of it outlives them.
struct HostServices {
  const WorldSpec& scenario;
  const core::Program& program;
  EventQueue& queue;
  Network& network;
  Deriver& deriver;
  FaultPlan& faults;
  trace::Emitter& emitter;
  trace::DropCounts& drops;
  const std::vector<std::unique_ptr<Host>>& hosts;
};

class Host {
 public:
  Host(const HostServices& services, core::NodeId self, core::ClusterId cluster,
       std::uint32_t index, const Keys& keys, const core::Random& random);

  // Builds the node; Start then hands it what the disk kept. Apart, so that all hosts of a run are
  // up before the first of them sends.
  void Boot();
  void Start(core::Instant now) { RunProtocolStage(now); }
  // `disk`: what becomes of the disk. Without one that takes time, nothing is ever in flight.
  void Crash(core::Instant now, CrashState disk = CrashState::kKeep);
  // From now on, work costs numerator / denominator of its price.
  void SetSpeed(core::Instant now, std::uint64_t numerator, std::uint64_t denominator);
  // All cores stand still until then; clocks, card and disk go on.
  void Pause(core::Instant now, core::Instant until);
  std::uint32_t id() const { return self_.value(); }
  bool is_up() const { return node_ != nullptr; }
  std::uint64_t incarnation() const { return incarnation_; }

  // The network has a message for this host.
  void OnArrived(core::Instant now, Message&& message);
  // The transport has taken what this host sent to `peer`.
  void OnTaken(core::Instant now, core::NodeId peer, core::ByteCount size);
  void OnTask(core::Instant now, const Task& task);

  // Whoever changes one of the clocks calls OnClockChanged for it, at the same instant.
  HostClock& clock() { return clock_; }
  // Arms the timers on this clock again, in order of their ids.
  void OnClockChanged(core::Instant now, core::Clock clock);

  std::uint64_t messages_handled() const { return messages_handled_; }
  // Inputs that its nodes were handed so far, each with a reading of the clocks.
  std::uint64_t calls() const { return calls_; }
  // Messages, other inputs and effects that have come, and wait for a core to be free or done.
  std::uint64_t waiting() const {
    return arrived_.size() + inputs_.size() + in_stage_.used() + steps_.used();
  }
  // How long a core of the profile has worked.
  core::Duration busy(std::size_t core) const { return stages_.busy(core); }
  core::Duration busy() const { return stages_.busy(); }

 private:
  struct Input {
    enum class Kind : std::uint8_t { kStart, kMessage, kTimer, kWritable } kind = Kind::kStart;
    Message message;
    core::TimerId timer;
    core::NodeId peer;
    core::ByteCount size;
    core::Instant since;  // it waits
  };
  // A message in the card's ring.
  struct Arrived {
    Message message;
    core::Instant since;
  };
  // What a call listed and has not been performed yet, and when it may be.
  struct Pending {
    core::Instant ready;
    core::Listed listed;
  };
  struct Step {
    std::vector<Pending> pending;
    std::size_t next = 0;
    core::Instant listed;   // when the call was
    core::Instant durable;  // what the step has written so far
  };
  struct Timer {
    std::uint64_t generation = 0;
    core::Clock clock = core::Clock::kMonotonic;
    core::Instant at;   // on that clock
    core::Instant due;  // when the queue holds it for, as long as the clock goes on as it does
  };

  // Takes messages through the receive stage, one at a time.
  void RunReceiveStage(core::Instant now);
  // Whether it can begin the next message; if not, something will ask again.
  bool MayReceive(core::Instant now);
  // Takes this message off the ring, and through the stage.
  void Receive(core::Instant now, Message&& message);
  void PassToProtocol(core::Instant now, Message&& message);
  // Whether the protocol stage can take another message.
  bool HasRoom(core::Instant now);
  // Where one core serves both stages, who has waited longer goes first.
  bool IsCallNext() const;
  bool IsReceiveNext(core::Instant now);
  // Calls the node for what waits, as long as the protocol stage is free, and for so many inputs in
  // one go that a node that never runs dry cannot keep the world from looking up.
  static constexpr int kCallsAtOnce = 1024;
  void RunProtocolStage(core::Instant now);
  void Call(core::Instant now, const Input& input);
  void HandInput(core::Instant now, const Input& input);
  // Asks to be woken when a stage is free; once.
  void WakeWhenFree(std::size_t stage, core::Instant now);
  void Enqueue(core::Instant now, Input&& input);
  // The same, and calls the node if it is free.
  void Offer(core::Instant now, Input&& input);
  void PushTask(core::Instant at, TaskKind kind, std::uint64_t slot);
  // Whether what is due now is due later, since the cores have stood still; then it waits again.
  bool IsPostponed(core::Instant now, const Task& task);
  void ReleaseRing(core::Instant now, const Message& message);

  // Prices what the call listed and performs it, now or when its work is done.
  void PerformListed(core::Instant now, std::vector<core::Listed>& list);
  // Whether the disk takes time over it.
  bool TakesTime(const core::Listed& listed) const;
  // Performs a step from where it stopped, until an effect has to wait again.
  void Resume(core::Instant now, Step step);
  // Hands the disk all writes of the step that stand next to each other and are due; says when
  // they are durable.
  core::Instant WriteGroup(core::Instant now, Step& step);
  // `since`: when it was listed.
  void PerformEffect(core::Instant now, core::Instant since, core::Listed& listed);
  Message MessageOf(core::Instant listed, const core::effect::Send& send) const;
  void PerformSend(core::Instant now, core::Instant listed, const core::effect::Send& send);
  void Transmit(core::Instant now, Message&& message);
  void SetTimer(core::Instant now, const core::effect::SetTimer& timer);
  void ReturnCredit(core::Instant now, core::NodeId peer, core::ByteCount size);
  // What is lost at the sender gives its credit back no sooner than the card could have sent it:
  // else a node that has much to say would say it for ever at one instant.
  void ReturnLostCredit(core::Instant now, core::NodeId peer, core::ByteCount size);

  void EmitInput(core::Instant now, const Input& input);
  void EmitListed(core::Instant now, const core::Listed& listed);
  void EmitDrop(core::Instant now, const Message& message, trace::DropCause cause);

  HostServices services_;
  core::NodeId self_;
  core::ClusterId cluster_;
  std::uint32_t index_;
  const Keys& keys_;
  core::Random random_;
  HostClock clock_;

  std::unique_ptr<core::Node> node_;  // null while the host is down
  std::uint64_t incarnation_ = 0;
  Stages stages_;
  Disk disk_;
  bool is_core_shared_ = false;    // by the receive and the protocol stage
  std::vector<bool> is_wake_set_;  // is_wake_set_[stage]
  bool is_receiving_ = false;      // a message is in the receive stage
  bool is_draining_ = false;       // the receive stage is taking messages
  bool is_calling_ = false;
  bool is_call_for_message_ = false;    // the last call was
  std::uint32_t waiting_messages_ = 0;  // beyond the receive stage, and not yet handed to the node
  core::Duration stood_still_;          // in all pauses so far
  core::Instant paused_until_;
  Ring<Arrived> arrived_;
  Ring<Input> inputs_;
  Slab<Message> in_stage_;
  Slab<Step> steps_;
  core::Effects effects_;
  CreditBook credit_;
  core::Instant lost_until_;  // when the card would be done with what was lost
  absl::flat_hash_map<std::uint64_t, Timer> timers_;  // by TimerId; never in its order
  std::uint64_t next_generation_ = 1;
  std::map<core::NodeId, std::deque<Message>> held_;  // of peers whose reading is stopped
  std::uint64_t messages_handled_ = 0;
  std::uint64_t calls_ = 0;
};

}  // namespace lockstep::sim
