// Faults that announce a view of the clusters.
//
// A service outside of the run tells every replica, each at a time of its own; who was down then is
// told when it is back, and so is whoever starts anew, since its disk may have forgotten.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/time.h"
#include "sim/fault/engine/actor.h"
#include "sim/fault/engine/fault.h"
#include "sim/fault/engine/views.h"

namespace lockstep::sim {

// Derived kinds say what changes.
struct ViewBody : FaultBody {
  ViewChange change;

  const ViewChange* view_change() const override { return &change; }
  std::optional<Refusal> Refuse(const Fault& fault, const WorldSpec& spec) const override;
  // All replicas hear of it.
  void Complete(core::Keys& keys, const HostNames& names, Fault& fault) override;

 protected:
  // The keys that both kinds have.
  void DescribeView(core::Keys& keys);
  // The key that says what changes, for what is wrong with it.
  virtual std::string_view value_key() const = 0;
};

class ViewActor final : public FaultActor {
 public:
  ViewActor(const FaultScene& scene, std::size_t index, const ViewBody& body)
      : FaultActor(scene, index), change_(body.change) {}
  void Begin(core::Instant now) override;
  void OnTick(core::Instant now) override { TellDue(now); }
  bool OnSend(const SendCase& send) override;

 private:
  // A replica, and what it has been told.
  struct Listener {
    core::NodeId host;
    core::Instant due;
    std::optional<std::uint64_t> told;  // the incarnation that was
  };
  void TellDue(core::Instant now);

  const ViewChange& change_;
  core::Bytes announcement_;
  std::vector<Listener> listeners_;
};

}  // namespace lockstep::sim
