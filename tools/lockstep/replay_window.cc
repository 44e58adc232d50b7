// What happened around an event: see replay_window.h.

#include "tools/lockstep/replay_window.h"

namespace lockstep::cli {

using trace::Event;
using trace::EventKind;

void ReplayWindow::OnEvent(const Event& event) {
  const bool is_before = IsBefore(event);
  if (!is_before) has_center_ = true;
  if (is_before || IsAt(event)) NoteWhatIsBroken(event);
  if (is_before) {
    if (before_ == 0 || !wants_event_(event)) return;
    events_.emplace_back(event);
    if (events_.size() > before_) events_.pop_front();
    return;
  }
  const bool is_at = IsAt(event);
  const bool has_room =
      is_at ? kept_at_ < kAtCenterMost : kept_after_ < after_ && kept_at_ < kAtCenterMost;
  if (!has_room || !wants_event_(event)) return;
  ++(is_at ? kept_at_ : kept_after_);
  events_.emplace_back(event);
}

void ReplayWindow::NoteWhatIsBroken(const Event& event) {
  switch (event.kind) {
    case EventKind::kFault:
      if (event.detail == 1) {
        faults_.emplace(event.value, event.at);
      } else {
        faults_.erase(event.value);
      }
      break;
    case EventKind::kCrash:
      down_.emplace(event.node, event.at);
      break;
    case EventKind::kRestart:
      down_.erase(event.node);
      break;
    default:
      break;
  }
}

}  // namespace lockstep::cli
