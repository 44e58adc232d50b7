// A host: one machine that runs one node.
//
// Puts together what a machine is made of: the pipeline that hands inputs to the node, the
// performer of what it lists, timers, clocks, disk and credit; and tells the trace what was handed
// over, performed and lost, each when it happens. A crash destroys the node and what it had not
// performed; a restart builds a new one from what the disk kept.

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/node.h"
#include "protocols/core/program.h"
#include "sim/derive.h"
#include "sim/event_queue.h"
#include "sim/fault/engine/held.h"
#include "sim/fault/engine/plan.h"
#include "sim/hook.h"
#include "sim/host/clock.h"
#include "sim/host/credit.h"
#include "sim/host/disk.h"
#include "sim/host/host_tasks.h"
#include "sim/host/performer.h"
#include "sim/host/pipeline.h"
#include "sim/host/stages.h"
#include "sim/host/timers.h"
#include "sim/keys.h"
#include "sim/net/network.h"
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
  HeldMessages& held;
  trace::Emitter& emitter;
  trace::DropCounts& drops;
  const std::vector<std::unique_ptr<Host>>& hosts;
  Hook* const& hook;  // may be null, and change
};

class Host : private InputListener, private EffectListener {
 public:
  Host(const HostServices& services, core::NodeId self, core::ClusterId cluster,
       std::uint32_t index, const Keys& keys, const core::Random& random);

  // Builds the node; Start then hands it what the disk kept. Apart, so that all hosts of a run are
  // up before the first of them sends.
  void Boot();
  void Start(core::Instant now) { pipeline_.Run(now); }
  // Tells, from the start on, when the system stops a core, whatever runs there.
  void TellStalls();
  // `disk`: what becomes of the disk. Without one that takes time, nothing is ever in flight. A
  // pause outlives the node, since the machine goes on standing still.
  void Crash(core::Instant now, CrashState disk = CrashState::kKeep, bool is_power_lost = false);
  // What the disk holds, and has it hold that again; of a host that is down then.
  Disk::Image TakeImage(core::Instant now) { return disk_.TakeImage(now); }
  std::uint64_t Restore(Disk::Image image) { return disk_.Restore(std::move(image)); }
  // From now on, work costs numerator / denominator of its price.
  void SetSpeed(core::Instant now, std::uint64_t numerator, std::uint64_t denominator);
  // All cores stand still until then; clocks, card and disk go on.
  void Pause(core::Instant now, core::Instant until);
  // The machine is off: it stands still no more.
  void EndPause(core::Instant now) { tasks_.EndPause(now); }
  std::uint32_t id() const { return self_.value(); }
  bool is_up() const { return node_ != nullptr; }
  std::uint64_t incarnation() const { return tasks_.life(); }
  // Effects that were listed and have not been performed: what a crash would cut off.
  std::uint64_t undone() const { return performer_.undone(); }

  // The network has a message for this host.
  void OnArrived(core::Instant now, Message&& message);
  // Somebody outside the run asks the node something; lost where the host is down.
  void OnAsked(core::Instant now, core::ClientId client, core::RequestId id, core::Bytes request);
  // The transport has taken what this host sent to `peer`.
  void OnTaken(core::Instant now, core::NodeId peer, core::ByteCount size);
  void OnTask(core::Instant now, const Task& task);
  // Whoever changes one of the clocks calls OnClockChanged for it, at the same instant.
  HostClock& clock() { return clock_; }
  // Arms the timers on this clock again.
  void OnClockChanged(core::Instant now, core::Clock clock) {
    uses_[static_cast<std::size_t>(clock)] +=
        timers_.OnClockChanged(now, clock, services_.scenario.end);
  }

  const core::Credit& credit() const { return credit_; }
  std::uint64_t messages_handled() const { return messages_handled_; }
  // Inputs that its nodes were handed so far.
  std::uint64_t calls() const { return calls_; }
  // How often one of its clocks made a difference so far: readings that its nodes asked for, timers
  // that they set on it, and timers that a change of it moved.
  std::uint64_t uses(core::Clock clock) const { return uses_[static_cast<std::size_t>(clock)]; }
  // Messages, other inputs and effects that have come, and wait for a core to be free or done.
  std::uint64_t waiting() const { return pipeline_.waiting() + performer_.waiting(); }
  // How long a core of the profile has worked.
  core::Duration busy(std::size_t core) const { return stages_.busy(core); }
  core::Duration busy() const { return stages_.busy(); }

 private:
  bool StillStands(const Input& input) override;
  void Call(core::Instant now, const Input& input) override;
  void OnLeftRing(core::Instant now, const Message& message) override;
  bool OnPerformed(core::Instant now, core::Instant since, core::Listed& listed,
                   Message& message) override;
  void OnSendable(core::Instant now, Message&& message) override;
  bool OnSendableAt(core::Instant now, core::Instant done, Message& message) override;

  void HandInput(core::Instant now, const Input& input);
  void CallNode(core::Instant now, const core::Now& reading, const Input& input);
  std::vector<core::Bytes> ReadDisk(core::Instant now);
  // Gives each message that is listed and has none its identity.
  void NumberMessages();
  Message MessageOf(core::Instant since, const core::effect::Send& send, std::uint64_t count) const;
  bool PerformSend(core::Instant now, Message& message, bool is_beyond_credit);
  void OfferWritable(core::Instant now, core::NodeId peer);
  // What is lost at the sender gives its credit back no sooner than the card could have sent it:
  // else a node that has much to say would say it for ever at one instant.
  void ReturnLostCredit(core::Instant now, core::NodeId peer, core::ByteCount size);
  // A message that was performed will never arrive.
  void Lose(core::Instant now, const Message& message, trace::DropCause cause);

  void EmitInput(core::Instant now, const Input& input);
  // Which clocks the call has read.
  void EmitReadings(core::Instant now, const core::Now& reading);
  void EmitStalled(core::Instant now, std::size_t core, core::Duration lasts);
  void TellStall(core::Instant now, std::size_t core);
  void PushStall(std::size_t core);
  void EmitPerformed(core::Instant now, const core::Listed& listed);
  void EmitDrop(core::Instant now, const Message& message, trace::DropCause cause);

  HostServices services_;
  core::NodeId self_;
  core::ClusterId cluster_;
  std::uint32_t index_;
  const Keys& keys_;
  Notary notary_;
  core::Random random_;
  HostClock clock_;

  std::unique_ptr<core::Node> node_;  // null while the host is down
  HostTasks tasks_;
  Stages stages_;
  std::vector<CoreNoise> told_noise_;  // told_noise_[core], where they are told
  Disk disk_;
  Timers timers_;
  Pipeline pipeline_;
  Performer performer_;
  HostCredit credit_;
  core::Effects effects_;
  struct Asked {
    core::ClientId client;
    core::RequestId id;
    core::Bytes request;
  };
  std::deque<Asked> asked_;                   // of each kSubmit that the pipeline holds
  std::vector<core::effect::Send> silenced_;  // reused
  core::Instant lost_until_;                  // when the card would be done with what was lost
  std::uint64_t messages_sent_ = 0;
  std::uint64_t messages_handled_ = 0;
  std::uint64_t calls_ = 0;
  std::array<std::uint64_t, core::kClocks> uses_{};
};

}  // namespace lockstep::sim
