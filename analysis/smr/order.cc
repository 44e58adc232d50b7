// Gap-free order: see order.h.

#include "analysis/smr/order.h"

namespace lockstep::analysis {

OrderChecker::OrderChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster)
    : ClusterChecker("O", "gap-free order", std::move(recipe), cluster,
                     trace::Interest(Bit(trace::EventKind::kRestart))
                         .Add(core::NoteKind::kCommitted)
                         .Add(core::NoteKind::kInstalled)),
      next_(this->cluster().size) {}

void OrderChecker::Judge(const trace::Event& event) {
  std::uint64_t& next = next_[IndexOf(event.node)];
  if (event.kind == trace::EventKind::kRestart) next = 0;
  if (event.Is(core::NoteKind::kInstalled)) {
    if (event.value < next) {
      Object(event.at, event.node, [&] {
        return absl::StrCat(Host(event.node), " takes over a state at index ", event.value,
                            ", and has committed up to ", next);
      });
    }
    next = event.value;
  }
  if (!event.Is(core::NoteKind::kCommitted)) return;
  SetExercised();
  if (event.value != next || event.stride != 1) {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " commits index ", event.value, " after ", next,
                          " of them");
    });
  }
  next = event.value + event.count;
}

const Oracle kOrderOracle = {"O", &MakeClusterChecker<OrderChecker>};

}  // namespace lockstep::analysis
