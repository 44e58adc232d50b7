// Runs of a stream that wait, for each receiver, until they fill a batch and the credit allows it.
//
// Holds references only; contents are fetched from the log when a batch leaves.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"

namespace lockstep::core {

class Batcher {
 public:
  // Most items in a batch.
  static constexpr std::size_t kItemsMax = 1024;

  struct Config {
    std::uint32_t receivers = 0;
    std::uint64_t batch_bytes = 0;   // a batch that reaches this is full
    Duration batch_delay;            // a batch that is older leaves as it is
    std::uint64_t overhead_max = 0;  // most bytes that a batch has beside its contents and records
    std::uint64_t record_bytes = 0;  // charged for each message beside its content
  };
  // Messages of one size and, where they are resends, one attempt; attempt 0 is the first sending.
  struct Item {
    Run run;
    std::uint64_t size = 0;
    std::uint64_t attempt = 0;
  };

  // What leaves, or the bytes of credit that are wanted before anything can.
  struct Batch {
    std::vector<Item> items;
    std::uint64_t wanted = 0;
  };

  explicit Batcher(const Config& config);

  // Appends to what waits for `receiver`.
  void Queue(std::uint32_t receiver, const Item& item, Instant now);
  // Whether a batch for `receiver` is full or old enough.
  bool IsDue(std::uint32_t receiver, Instant now) const {
    const PerReceiver& queue = queues_[receiver];
    if (queue.items.empty()) return false;
    return queue.bytes >= config_.batch_bytes || now - queue.since >= config_.batch_delay;
  }
  // Takes the next batch for `receiver`, which must be due, if `credit` covers it: bytes that may
  // be sent there. A batch holds items of one attempt.
  Batch Take(std::uint32_t receiver, Instant now, std::int64_t credit);
  // Whether a full batch waits for `receiver`.
  bool HasFull(std::uint32_t receiver) const {
    return queues_[receiver].bytes >= config_.batch_bytes;
  }
  // Whether a full batch waits for it, and a batch was taken, or this one begun, within `lately`.
  bool IsBusy(std::uint32_t receiver, Instant now, Duration lately) const {
    return HasFull(receiver) && now - queues_[receiver].since < lately;
  }
  // Credit that a full batch may take. Who has less of it need not be given more to wait.
  std::uint64_t FullBatchCredit() const { return config_.batch_bytes + config_.overhead_max; }
  // The least number of `run` that waits for `receiver`, where numbers a stride of it apart are
  // queued in ascending order, in items of that stride; or in items of any, if its own is 1.
  std::optional<std::uint64_t> FirstWaiting(std::uint32_t receiver, const Run& run) const;
  // Forgets what of `run` waits for `receiver`, in items of the same stride.
  void Remove(std::uint32_t receiver, const Run& run);
  // Forgets what waits below `number`.
  void DropBelow(std::uint64_t number);

  // When the oldest incomplete batch has waited long enough; none if nothing waits.
  std::optional<Instant> NextFlush() const;

 private:
  struct PerReceiver {
    std::vector<Item> items;
    std::uint64_t bytes = 0;  // waiting, with record overhead
    Instant since;            // of the oldest
  };

  std::uint64_t CostOf(const Item& item) const {
    return item.run.count * (item.size + config_.record_bytes);
  }

  Config config_;
  std::vector<PerReceiver> queues_;  // queues_[receiver]
};

}  // namespace lockstep::core
