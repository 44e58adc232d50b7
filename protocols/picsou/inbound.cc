// The receiving side: see inbound.h.

#include "protocols/picsou/inbound.h"

#include <algorithm>

namespace lockstep::picsou {

std::vector<core::Records> Inbound::Store(const core::Records& records) {
  std::vector<core::Records> fresh;
  for (const core::Run& part : held_.Insert(records.run)) {
    fresh.push_back(core::Pick(records, part));
  }
  return fresh;
}

Ack Inbound::Report() const {
  Ack ack;
  ack.cumulative = held_.Frontier();
  std::uint64_t reach = phi_;
  for (;;) {
    const std::uint64_t begin = ack.cumulative + 1;
    const std::uint64_t end = std::min(held_.End(), begin + reach);
    ack.phi.clear();
    if (begin < end) {
      held_.ForEachHeld(begin, end, [&](const core::Run& run) { ack.phi.push_back(run); });
    }
    if (ack.phi.size() <= phi_runs_max_) break;
    reach /= 2;
  }
  for (const core::Run& run : ack.phi) ack.phi_end = std::max(ack.phi_end, run.Last() + 1);
  return ack;
}

}  // namespace lockstep::picsou
