// Performs what the calls of a node have listed, in order, each effect when the work listed before
// it is done.
//
// Work is served on each core in the order of the list, the price of sending a message included;
// what is listed after an effect never delays it. An effect is told and done at one instant: when
// all work before it has been done, and what was saved before it is durable (a Save is told when it
// is). Work is told with the effect that waited for it or, at the end of a list, with the last one.
// What a crash cuts off was never performed, and is only counted; nor is what a later call has
// replaced in the meantime (last_word.h).
//
// A call that waits is a step: its list, and what is known of its work. Steps are reused with their
// memory, so that waiting allocates nothing once as many have waited at a time as ever will.

#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/time.h"
#include "sim/hook.h"
#include "sim/host/disk.h"
#include "sim/host/host_tasks.h"
#include "sim/host/last_word.h"
#include "sim/host/stages.h"
#include "sim/net/message.h"
#include "sim/profile.h"
#include "sim/slab.h"

namespace lockstep::sim {

// Where effects are told and done: the host.
class EffectListener {
 public:
  virtual ~EffectListener() = default;
  // It is performed, that was listed at `since`: to be told, and done, unless it is work or a
  // write. False where nothing more is to be done with a Send; else `message` is what the send
  // stage gets.
  virtual bool OnPerformed(core::Instant now, core::Instant since, core::Listed& listed,
                           Message& message) = 0;
  // The send stage is through with a message.
  virtual void OnSendable(core::Instant now, Message&& message) = 0;
  // It will be at `done`. True where all that is to be done then can be done, and was.
  virtual bool OnSendableAt(core::Instant now, core::Instant done, Message& message) = 0;
};

class Performer {
 public:
  // All outlive the performer; `hook` may be null, and change.
  Performer(const Profile& profile, Stages& stages, Disk& disk, HostTasks& tasks,
            EffectListener& listener, Hook* const& hook)
      : profile_(profile),
        stages_(stages),
        disk_(disk),
        tasks_(tasks),
        listener_(listener),
        hook_(hook) {}

  // Takes what a call has listed; leaves the list empty.
  void Take(core::Instant now, std::vector<core::Listed>& list);
  // A task of kind kStep, kWork or kTransmit of this life is due.
  void OnTask(core::Instant now, const Task& task);
  // Forgets all that waits, and returns the messages that were with the send stage. Tasks of this
  // life must be void already.
  std::vector<Message> Crash();

  // Effects that were listed and not performed so far.
  std::uint64_t undone() const;
  // Calls that wait, and messages that are with the send stage.
  std::uint64_t waiting() const { return steps_.size() - free_steps_.size() + outbox_.used(); }

 private:
  // What is known of the work of an item; of what is no work, nothing.
  struct Work {
    core::Instant done;
    bool is_served = false;
    bool is_coming = false;  // handed to its core, or waiting for its feeder
    bool is_handed_over = false;
    std::uint32_t outbox = 0;  // of a message that is on its way to the send stage
  };
  struct Step {
    std::vector<core::Listed> list;
    std::vector<Work> work;       // work[i] of list[i]
    std::uint64_t call = 0;       // the number of the call that listed it
    std::size_t next = 0;         // to be performed
    std::size_t told = 0;         // one past the last that was told
    std::size_t unserved = 0;     // items of work
    std::size_t coming = 0;       // items on their way to a core
    core::Instant ready;          // all work before `next` is done
    core::Instant since;          // it was listed
    core::Instant durable;        // what the step has written so far
    core::Duration stood_still;   // of the host, when these times were right
    bool waits_for_work = false;  // and not for an entry of the queue
  };
  enum class Progress : std::uint8_t { kDone, kWaits, kWaitsForWork, kCutOff };

  // Performs from the front of the list what waits for nothing; how many items that were.
  std::size_t PerformAtOnce(core::Instant now, std::vector<core::Listed>& list);
  std::size_t MakeStep(core::Instant now, std::vector<core::Listed>& list, std::size_t next);
  void Release(std::size_t slot);
  // Goes on with a step until it has to wait, and sees to it that it is woken.
  void Resume(core::Instant now, std::size_t slot);
  // Performs until an effect has to wait.
  Progress Advance(core::Instant now, std::size_t slot);
  // The writes that stand together at `next` are begun, or told when they are durable.
  Progress AdvanceWrites(core::Instant now, Step& step);
  // Serves the work that is listed further on, as far as the order on its core allows.
  void ServeAhead(core::Instant now, std::size_t slot);
  // Serves one item of work whose turn it is on its core, or sends it on its way there.
  void TryServe(core::Instant now, std::size_t slot, std::size_t index);
  // When the stage that feeds that of this work is through with what was listed before; Max(): not
  // known yet.
  core::Instant FedAt(core::Instant now, const Step& step, std::size_t index) const;
  void OnArrival(core::Instant now, std::size_t slot, std::size_t index);
  // Lets a fault strike; false where it has crashed the host.
  bool SurvivesHook(core::Instant now, const core::Listed& listed);
  // Tells and does an effect that is due; false where a crash has struck.
  bool Perform(core::Instant now, core::Instant since, core::Listed& listed, std::size_t slot,
               std::size_t index);
  // Whether no later call has replaced what `call` listed; notes that it is performed now.
  bool StillStands(const core::Listed& listed, std::uint64_t call);
  // The number of the first call that waits; there is one.
  std::uint64_t OldestCall() const;
  // The work listed from `told` up to `end`.
  bool TellWork(core::Instant now, Step& step, std::size_t end);
  void HandToSendStage(core::Instant now, Message&& message, std::size_t slot, std::size_t index);
  void FinishSending(core::Instant now, core::Instant done, Message&& message);
  // Whether it waits for more than what was listed before it.
  bool NeedsStep(const core::Listed& listed) const;
  bool TakesTime(const core::Listed& listed) const;
  // The core on which an item of the list has yet to be served, as a bit; none: 0.
  std::uint64_t ToCome(const Step& step, std::size_t index) const;
  // Times that lay ahead when the cores stood still lie further ahead.
  void CatchUp(Step& step);
  const Price& PriceOf(const core::effect::Spend& spend) const {
    return profile_.prices[static_cast<std::size_t>(spend.kind)];
  }

  const Profile& profile_;
  Stages& stages_;
  Disk& disk_;
  HostTasks& tasks_;
  EffectListener& listener_;
  Hook* const& hook_;
  LastWord last_word_;
  std::uint64_t calls_ = 0;
  std::size_t at_once_ = 0;  // effects of the present call that no step has, not yet performed
  std::deque<Step> steps_;   // a deque: references outlive additions
  std::vector<std::size_t> free_steps_;
  Slab<Message> outbox_;  // with the send stage, or on the way to it
};

}  // namespace lockstep::sim
