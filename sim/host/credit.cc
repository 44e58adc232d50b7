// Credit, and who waits for it: see credit.h.

#include "sim/host/credit.h"

namespace lockstep::sim {

bool HostCredit::Return(core::NodeId peer, core::ByteCount bytes) {
  if (!IsLimited(peer)) return false;
  book_.Return(peer, bytes.value());
  if (waits_.empty()) return false;
  const auto wait = waits_.find(peer.value());
  return wait != waits_.end() && Call(peer, wait->second);
}

bool HostCredit::Await(core::NodeId peer, core::ByteCount bytes) {
  if (!IsLimited(peer)) return false;
  Wait& wait = waits_[peer.value()];
  wait.bytes = bytes.value();
  return Call(peer, wait);
}

bool HostCredit::Call(core::NodeId peer, Wait& wait) {
  if (wait.is_called || book_.Left(peer) < wait.bytes) return false;
  wait.is_called = true;
  return true;
}

bool HostCredit::TakeWait(core::NodeId peer) {
  const auto found = waits_.find(peer.value());
  if (found == waits_.end()) return false;
  Wait& wait = found->second;
  wait.is_called = false;
  // The node has sent on before it was called, or waits for more by now.
  if (book_.Left(peer) < wait.bytes) return false;
  waits_.erase(found);
  return true;
}

void HostCredit::Clear() {
  book_.Clear();
  waits_.clear();
}

}  // namespace lockstep::sim
