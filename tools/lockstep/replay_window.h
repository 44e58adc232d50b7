// What happened around one event or instant of a run: the last events before it, the first after
// it, and what was broken then.
//
// Holds as many events as were asked for, however long the run is.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::cli {

// An event that outlives the call that told of it.
class KeptEvent {
 public:
  explicit KeptEvent(const trace::Event& event)
      : event_(event), runs_(event.runs.begin(), event.runs.end()) {}
  KeptEvent(KeptEvent&&) = default;
  KeptEvent& operator=(KeptEvent&&) = default;

  trace::Event Get() const {
    trace::Event event = event_;
    event.runs = runs_;
    return event;
  }
  core::Instant at() const { return event_.at; }

 private:
  trace::Event event_;
  std::vector<core::Run> runs_;
};

// An instant, or the observable events that came before (the number of an event in a trace).
struct Center {
  std::optional<core::Instant> at;
  std::optional<std::uint64_t> index;
};

class ReplayWindow final : public trace::Sink {
 public:
  // Of one instant; where there are more, the first are kept, and none behind them.
  static constexpr std::size_t kAtCenterMost = 10'000;

  using IsWanted = std::function<bool(const trace::Event&)>;
  // Keeps of the events that `wants` is true of the last `before` ones before the center, those of
  // its very instant or number, and the first `after` ones behind these.
  ReplayWindow(const Center& center, std::size_t before, std::size_t after, IsWanted wants)
      : center_(center), before_(before), after_(after), wants_event_(std::move(wants)) {}

  trace::Interest Wants() const override {
    return trace::Interest(trace::kAllKinds & ~trace::kAccountKinds);
  }
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}

  const std::deque<KeptEvent>& events() const { return events_; }
  // Whether the run came to the center at all.
  bool has_center() const { return has_center_; }
  // At the center: faults that have begun and not ended, by index, and hosts that are down; since
  // when.
  const std::map<std::uint64_t, core::Instant>& faults() const { return faults_; }
  const std::map<core::NodeId, core::Instant>& down() const { return down_; }

 private:
  bool IsBefore(const trace::Event& event) const {
    return center_.at ? event.at < *center_.at : event.index < center_.index.value_or(0);
  }
  bool IsAt(const trace::Event& event) const {
    return center_.at ? event.at == *center_.at : event.index == center_.index.value_or(0);
  }
  void NoteWhatIsBroken(const trace::Event& event);

  Center center_;
  std::size_t before_;
  std::size_t after_;
  IsWanted wants_event_;
  std::deque<KeptEvent> events_;
  bool has_center_ = false;
  std::size_t kept_at_ = 0;
  std::size_t kept_after_ = 0;
  std::map<std::uint64_t, core::Instant> faults_;
  std::map<core::NodeId, core::Instant> down_;
};

}  // namespace lockstep::cli
