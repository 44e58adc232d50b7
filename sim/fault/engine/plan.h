// What breaks when, whom it hits, and the receipt that it did.
//
// A fault is in force between its beginning and its end. Hosts and the network ask the plan at the
// points where a fault could act; it asks those that are in force there and whose selectors match,
// counts, and never tells a node. The hook of a world that has faults which wait for their moment.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"

#include "protocols/core/effects.h"
#include "protocols/core/random.h"
#include "sim/chance/distribution.h"
#include "sim/derive.h"
#include "sim/fault/engine/actor.h"
#include "sim/fault/engine/event_watch.h"
#include "sim/fault/engine/message_fate.h"
#include "sim/hook.h"
#include "sim/net/message.h"
#include "sim/trace/emitter.h"
#include "sim/world_spec.h"

namespace lockstep::sim {

class FaultPlan final : public Hook {
 public:
  // All outlive the plan, which knows what to do when it has got its actors.
  FaultPlan(const WorldSpec& spec, Deriver& deriver, trace::Emitter& emitter,
            const core::Random& random);
  void MakeActors(const FaultScene& scene);

  const std::vector<Fault>& faults() const { return spec_.faults; }
  // That a fault draws from, from its beginning.
  core::Random StreamOf(std::size_t index) const;
  // It comes into force, and is told so; a moment is over then, too. Nothing where it is in force.
  void Begin(core::Instant now, std::size_t index);
  // Nothing where it is not in force.
  void End(core::Instant now, std::size_t index);
  // The same where its time is over, and not where it has begun again since.
  void EndIfOver(core::Instant now, std::size_t index) {
    if (now >= states_[index].ends) End(now, index);
  }
  // Of one that has just begun: when it ends, and begins again; Instant::Max() for never.
  core::Instant EndOf(std::size_t index) const { return states_[index].ends; }
  core::Instant NextBeginning(core::Instant now, std::size_t index);
  bool is_active(std::size_t index) const { return states_[index].is_active; }
  // A fault had something to act on, and changed it.
  void CountTouched(std::size_t index, std::uint64_t count) { states_[index].touched += count; }
  void CountChanged(core::Instant now, std::size_t index, std::uint64_t count = 1);
  // Whether a fault is about what goes from one host to another.
  bool IsAbout(const Fault& fault, core::NodeId from, core::NodeId to) const;

  // Whether any filter is ever on this host.
  bool IsFiltered(core::NodeId host) const { return !on_[host.value()].empty(); }
  // Passes what a node has listed through the filters on its host. What is not to be sent is moved
  // to `silenced`; what is listed besides gets the next number of the host's `messages`.
  void Filter(core::Instant now, core::NodeId host, std::vector<core::Listed>& list,
              std::vector<core::effect::Send>& silenced, std::uint64_t& messages);
  // What this message of a host is beside its bytes; asked once.
  Marks TakeMarks(core::NodeId host, std::uint64_t message);
  // The node of a host's next life, as it is built: by itself, or with what faults make of it.
  std::unique_ptr<core::Node> Build(const core::Seat& seat, const core::Program& program);
  // Whether any fault ever acts on messages on their way.
  bool strikes_messages() const { return !of_messages_.empty(); }
  // What faults do to this message, above the transport.
  MessageFate FateOf(core::Instant now, const Message& message);

  // Whether it has to be asked before packets, effects, timers or writes.
  bool is_hook() const { return is_hook_; }
  void BeforeEffect(core::Instant now, core::NodeId host, const core::Listed& listed) override;
  PacketFate BeforeQueue(core::Instant now, std::uint32_t edge, const Packet& packet,
                         core::ByteCount waiting) override;
  bool MayQueue(core::Instant now, std::uint32_t edge, const Packet& packet,
                core::ByteCount waiting) override;
  core::Duration BeforeTimer(core::Instant now, core::NodeId host, core::TimerId timer) override;
  core::Duration BeforeWrite(core::Instant now, core::NodeId host, core::ByteCount size) override;
  std::optional<Disk::Harm> BeforeRecord(core::Instant now, core::NodeId host) override;
  std::uint64_t BeforeRead(core::Instant now, core::NodeId host, std::uint64_t there) override;
  void OnHarmRead(core::Instant now, std::size_t fault) override { CountChanged(now, fault); }
  core::Duration BeforeSetting(core::Instant now, core::NodeId host, core::Duration wait) override;

  // A fault that chooses whom it hits has chosen this host.
  void MarkFaulty(core::Instant now, std::size_t index, core::NodeId host);

  // Events that faults wait for. Nothing begins in these calls: it is due from then on.
  EventWatch& watch() { return watch_; }

  void OnCrash(core::Instant now, core::NodeId host);
  void OnLost(core::Instant now, const Loss& loss);
  // A fault that is in force wants to be called then; it is.
  void SetTick(std::size_t index, core::Instant at);
  void Tick(core::Instant now, std::size_t index);
  void OnRunEnds(core::Instant now);

  // Who spends budget, at the start; and one receipt for each fault, at the end.
  void EmitFaulty(core::Instant now);
  void EmitReceipts(core::Instant now);

 private:
  struct State {
    bool is_active = false;
    std::uint64_t touched = 0;
    std::uint64_t changed = 0;
    std::uint64_t matched = 0;  // messages that matched the selector but for its nth
    core::Instant ends = core::Instant::Max();
    core::Instant ticks = core::Instant::Max();
    Distribution gap;   // to its next beginning, where it is drawn
    core::Random gaps;  // the stream of these
  };

  // Whether a fault that is in force is about this occasion, and strikes.
  bool Strikes(std::size_t index);
  bool Draw(std::size_t index);
  // `by` on top of `later`; what comes when the run is over need not come later still.
  core::Duration Later(core::Instant now, core::Duration later, core::Duration by) const;
  bool Matches(std::size_t index, core::NodeId from, core::NodeId to, const core::Bytes& payload);
  void EmitFault(core::Instant now, std::size_t index, bool begins);
  void SetMarks(core::NodeId host, std::uint64_t message, const Marks& marks);
  FaultActor& actor(std::size_t index) { return *actors_[index]; }

  const WorldSpec& spec_;
  Deriver& deriver_;
  trace::Emitter& emitter_;
  core::Random random_;
  std::optional<FaultScene> scene_;
  EventWatch watch_;
  std::vector<State> states_;                        // states_[fault]
  std::vector<std::unique_ptr<FaultActor>> actors_;  // actors_[fault]
  std::vector<std::vector<std::size_t>> on_;         // on_[host]: filters that target it
  // Faults by where they act, in the order of the scenario's list.
  std::vector<std::size_t> of_messages_;
  std::vector<std::size_t> of_packets_;
  std::vector<std::size_t> of_ports_;
  std::vector<std::size_t> of_effects_;
  std::vector<std::size_t> of_timers_;
  std::vector<std::size_t> of_writes_;
  std::vector<std::size_t> of_crashes_;
  std::vector<std::size_t> of_losses_;
  std::vector<std::size_t> of_settings_;
  std::vector<std::size_t> of_records_;
  std::vector<std::size_t> of_boots_;
  bool is_hook_ = false;
  // By sender and number, where there is anything to say: messages that are listed and not yet
  // performed.
  absl::btree_map<std::pair<core::NodeId, std::uint64_t>, Marks> marks_;
};

}  // namespace lockstep::sim
