// The receiving side of a stream: see inbound.h.

#include "protocols/c3b/inbound.h"

namespace lockstep::c3b {

std::vector<core::Records> Inbound::Receive(const core::Now& now,
                                            const std::vector<core::Records>& data,
                                            core::Effects& out) {
  const core::ByteCount bytes(static_cast<std::int64_t>(core::BytesOf(data)));
  out.Spend(core::Work::kReceive, core::CountOf(data), bytes);
  std::vector<core::Records> all_fresh;
  for (const core::Records& records : data) {
    for (const core::Run& part : held_.Insert(records.run)) {
      const core::Records fresh = core::Pick(records, part);
      out.Note({core::NoteKind::kDelivered, core::NodeId(), stream_, fresh.run, 0,
                fresh.contents.Digest()});
      owner_.OnDelivered(now, stream_, fresh.run, fresh.contents, out);
      all_fresh.push_back(fresh);
    }
  }
  return all_fresh;
}

}  // namespace lockstep::c3b
