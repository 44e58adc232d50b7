// Batches of the artifact: see artifact_outbox.h.

#include "protocols/picsou/artifact_outbox.h"

#include <algorithm>

#include "protocols/core/check.h"
#include "protocols/picsou/artifact_wire.h"

namespace lockstep::picsou {

bool ArtifactOutbox::Append(std::uint32_t receiver, std::uint64_t position, std::uint64_t size,
                            std::uint64_t attempt, core::Instant now) {
  CHECK(attempt <= ArtifactTracker::kAttemptsMost);
  Link& link = links_[receiver];
  if (link.bytes == 0) link.since = now;
  link.bytes += ArtifactElementBytes(size, position);
  Collecting& open = link.open[attempt];
  const std::uint64_t stride = attempt == 0 ? config_.stride : config_.resend_stride;
  // Lanes come in turns, so after each has its run these are extended in turn.
  Item* const last = open.items.empty() ? nullptr : &open.items[open.next];
  if (last != nullptr && last->size == size && last->run.At(last->run.count) == position) {
    ++last->run.count;
    open.next = (open.next + 1) % open.items.size();
  } else {
    open.items.push_back({core::Run{position, 1, stride}, size, attempt});
    open.next = 0;
  }
  const bool is_ripe = link.bytes >= config_.batch_bytes || now - link.since > config_.batch_delay;
  return is_ripe && (!link.queue.empty() || link.bytes > config_.batch_bytes + kOvershoot);
}

std::vector<ArtifactOutbox::Item> ArtifactOutbox::Close(std::uint32_t receiver) {
  Link& link = links_[receiver];
  std::vector<Item> items;
  for (Collecting& open : link.open) {
    items.insert(items.end(), open.items.begin(), open.items.end());
    open.items.clear();
    open.next = 0;
  }
  link.bytes = 0;
  return items;
}

std::optional<std::uint64_t> ArtifactOutbox::FirstWaiting() const {
  std::optional<std::uint64_t> first;
  for (const Link& link : links_) {
    for (const Collecting& open : link.open) {
      for (const Item& item : open.items)
        first = std::min(first.value_or(item.run.first), item.run.first);
    }
  }
  return first;
}

}  // namespace lockstep::picsou
