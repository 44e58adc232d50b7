// The receiving side: see inbound.h.

#include "protocols/picsou/inbound.h"

#include <algorithm>
#include <utility>

namespace lockstep::picsou {

std::vector<core::Records> Inbound::Store(const core::Records& records) {
  std::vector<core::Records> fresh;
  for (const core::Run& part : held_.Insert(records.run)) {
    fresh.push_back(core::Pick(records, part, proofs_));
  }
  return fresh;
}

std::vector<core::Records> Inbound::Receive(const core::Now& now, core::StreamId stream,
                                            const std::vector<core::Records>& data,
                                            core::LogOwner& owner, core::Effects& out) {
  const std::uint64_t count = core::CountOf(data);
  const core::ByteCount bytes(static_cast<std::int64_t>(core::BytesOf(data)));
  out.Spend(core::Work::kReceive, count, bytes);
  out.Spend(core::Work::kBookkeep, count, bytes);
  std::vector<core::Records> all;
  for (const core::Records& records : data) {
    for (core::Records& fresh : Store(records)) {
      out.Note({core::NoteKind::kDelivered, core::NodeId(), stream, fresh.run, 0,
                fresh.contents.Digest()});
      owner.OnDelivered(now, stream, fresh.run, fresh.contents, out);
      all.push_back(std::move(fresh));
    }
  }
  return all;
}

std::vector<core::Run> Inbound::Skip(std::uint64_t to) {
  const std::uint64_t from = held_.Frontier();
  if (to <= from) return {};
  return held_.Insert(core::Run{from, to - from, 1});
}

std::vector<core::Run> Inbound::Missing(std::uint64_t end, std::uint64_t most) const {
  // The least are within reach: what is missing is not sorted, but by lanes.
  const std::uint64_t begin = held_.Frontier();
  const std::uint64_t reach = begin + 16 * most;
  std::vector<core::Run> missing;
  std::uint64_t left = most;
  held_.ForEachMissing(begin, std::min(end, reach), [&](core::Run run) {
    run.count = std::min(run.count, left);
    left -= run.count;
    if (run.count > 0) missing.push_back(run);
  });
  return missing;
}

void Inbound::OnView(std::uint64_t period) {
  core::SeqSet held(period);
  if (const std::uint64_t below = held_.Frontier(); below > 0) held.Insert(core::Run{0, below, 1});
  held_.ForEachHeld(held_.Frontier(), held_.End(), [&](const core::Run& run) { held.Insert(run); });
  held_ = std::move(held);
}

Ack Inbound::ReportDense() const {
  const std::uint64_t cumulative = held_.Frontier();
  Ack ack{cumulative, 0, held_.FirstHeld(cumulative + 1, cumulative + 1 + phi_, phi_runs_max_)};
  if (!ack.phi.empty()) ack.phi_end = ack.phi.back().Last() + 1;
  return ack;
}

Ack Inbound::Report() const {
  if (held_.is_dense()) return ReportDense();
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
