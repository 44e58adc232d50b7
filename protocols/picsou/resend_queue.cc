// At most one copy of each position: see resend_queue.h.

#include "protocols/picsou/resend_queue.h"

#include <optional>

namespace lockstep::picsou {

void ResendQueue::Queue(std::uint32_t receiver, const core::Batcher::Item& item,
                        core::Instant now) {
  const std::uint64_t begin = line_.Place(item.run.first);
  waiting_.Update(begin, begin + item.run.count,
                  [&](std::uint64_t from, std::uint64_t to, const std::uint32_t* at) {
                    const core::Run run = line_.RunAt(from, to);
                    if (at != nullptr && *at == receiver) return std::optional(receiver);
                    if (at != nullptr) batcher_.Remove(*at, run);
                    batcher_.Queue(receiver, {run, item.size, item.attempt}, now);
                    return std::optional(receiver);
                  });
}

core::Batcher::Batch ResendQueue::Take(std::uint32_t receiver, core::Instant now,
                                       std::int64_t credit) {
  core::Batcher::Batch batch = batcher_.Take(receiver, now, credit);
  for (const core::Batcher::Item& item : batch.items) {
    const std::uint64_t begin = line_.Place(item.run.first);
    waiting_.Erase(begin, begin + item.run.count);
  }
  return batch;
}

void ResendQueue::OnView(std::uint64_t lanes) {
  batcher_.DropBelow(core::LaneLine::kNumberLimit);
  waiting_ = {};
  line_ = core::LaneLine(lanes);
}

void ResendQueue::DropBelow(std::uint64_t number) {
  if (waiting_.empty()) return;
  batcher_.DropBelow(number);
  const core::LaneLine::Cut cut = line_.CutAt(number);
  waiting_.CutEachBelow([&](std::uint64_t place) { return cut.InLaneOf(place); });
}

}  // namespace lockstep::picsou
