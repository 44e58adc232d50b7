// Batches that wait for credit: see batcher.h.

#include "protocols/core/batcher.h"

#include <algorithm>
#include <utility>

#include "protocols/core/check.h"

namespace lockstep::core {

Batcher::Batcher(const Config& config) : config_(config), queues_(config.receivers) {}

void Batcher::Queue(std::uint32_t receiver, const Item& item, Instant now) {
  if (item.run.count == 0) return;
  PerReceiver& queue = queues_[receiver];
  if (queue.items.empty()) queue.since = now;
  queue.bytes += CostOf(item);
  if (!queue.items.empty()) {
    Item& last = queue.items.back();
    const bool continues =
        last.size == item.size && last.attempt == item.attempt &&
        (last.run.stride == item.run.stride || (item.run.count == 1 && last.run.count > 1)) &&
        last.run.At(last.run.count) == item.run.first;
    if (continues) {
      last.run.count += item.run.count;
      return;
    }
  }
  queue.items.push_back(item);
}

Batcher::Batch Batcher::Take(std::uint32_t receiver, Instant now, std::int64_t credit) {
  CHECK(IsDue(receiver, now));
  PerReceiver& queue = queues_[receiver];
  std::uint64_t bytes = 0;
  const std::uint64_t attempt = queue.items.front().attempt;
  std::vector<Item>& items = queue.items;
  // First see what fits, then take it: a batch without enough credit must stay whole.
  std::size_t whole = 0;
  std::uint64_t part = 0;
  while (whole < items.size() && whole < kItemsMax && items[whole].attempt == attempt &&
         bytes < config_.batch_bytes) {
    const std::uint64_t each = std::max<std::uint64_t>(1, items[whole].size + config_.record_bytes);
    const std::uint64_t left = config_.batch_bytes - bytes;
    const std::uint64_t fits = std::min(items[whole].run.count, (left + each - 1) / each);
    bytes += fits * each;
    if (fits < items[whole].run.count) {
      part = fits;
      break;
    }
    ++whole;
  }
  const std::uint64_t wanted = bytes + config_.overhead_max;
  if (static_cast<std::int64_t>(wanted) > credit) return {{}, wanted};
  Batch batch;
  batch.items.assign(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(whole));
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(whole));
  if (part > 0) {
    Item& first = items.front();
    batch.items.push_back(Item{first.run.Part(0, part), first.size, first.attempt});
    first.run = first.run.Part(part, first.run.count - part);
  }
  queue.bytes -= bytes;
  queue.since = now;
  return batch;
}

std::optional<std::uint64_t> Batcher::FirstWaiting(std::uint32_t receiver, const Run& run) const {
  for (const Item& item : queues_[receiver].items) {
    const std::uint64_t stride = item.run.stride;
    if (stride != run.stride && run.stride != 1) continue;
    const bool is_aligned = item.run.first % run.stride == run.first % run.stride;
    if (!is_aligned || item.run.Last() < run.first) continue;
    if (item.run.first > run.Last()) return std::nullopt;
    if (item.run.first >= run.first) return item.run.first;
    const std::uint64_t waiting =
        item.run.first + (run.first - item.run.first + stride - 1) / stride * stride;
    if (waiting <= run.Last()) return waiting;
  }
  return std::nullopt;
}

void Batcher::Remove(std::uint32_t receiver, const Run& run) {
  if (run.count == 0) return;
  PerReceiver& queue = queues_[receiver];
  std::vector<Item> kept;
  kept.reserve(queue.items.size() + 1);
  for (const Item& item : queue.items) {
    const std::uint64_t stride = item.run.stride;
    const bool meet = stride == run.stride && item.run.first % stride == run.first % stride &&
                      item.run.first <= run.Last() && run.first <= item.run.Last();
    if (!meet) {
      kept.push_back(item);
      continue;
    }
    // Indices [begin, end) of the item go.
    const std::uint64_t begin =
        run.first > item.run.first ? (run.first - item.run.first) / stride : 0;
    const std::uint64_t end = std::min(item.run.count, (run.Last() - item.run.first) / stride + 1);
    queue.bytes -= (end - begin) * (item.size + config_.record_bytes);
    if (begin > 0) kept.push_back({item.run.Part(0, begin), item.size, item.attempt});
    if (end < item.run.count) {
      kept.push_back({item.run.Part(end, item.run.count - end), item.size, item.attempt});
    }
  }
  queue.items = std::move(kept);
}

void Batcher::DropBelow(std::uint64_t number) {
  for (PerReceiver& queue : queues_) {
    for (Item& item : queue.items) {
      if (item.run.first >= number) continue;
      const std::uint64_t stride = item.run.stride;
      const std::uint64_t drop =
          std::min(item.run.count, (number - item.run.first + stride - 1) / stride);
      queue.bytes -= drop * (item.size + config_.record_bytes);
      item.run = item.run.Part(drop, item.run.count - drop);
    }
    std::erase_if(queue.items, [](const Item& item) { return item.run.count == 0; });
  }
}

std::optional<Instant> Batcher::NextFlush() const {
  std::optional<Instant> next;
  for (const PerReceiver& queue : queues_) {
    if (queue.items.empty() || queue.bytes >= config_.batch_bytes) continue;
    const Instant at = queue.since + config_.batch_delay;
    if (!next || at < *next) next = at;
  }
  return next;
}

}  // namespace lockstep::core
