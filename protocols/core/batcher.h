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
    std::uint64_t credit = 0;        // towards each receiver, bytes
    std::uint64_t overhead_max = 0;  // most bytes that a batch has beside its contents and records
    std::uint64_t record_bytes = 0;  // charged for each message beside its content
  };
  // Messages of one size and, where they are resends, one attempt; attempt 0 is the first sending.
  struct Item {
    Run run;
    std::uint64_t size = 0;
    std::uint64_t attempt = 0;
  };

  explicit Batcher(const Config& config);

  // Appends to what waits for `receiver`.
  void Queue(std::uint32_t receiver, const Item& item, Instant now);
  // Takes the next batch for `receiver`, if one is full or old enough and the credit covers it. A
  // batch holds items of one attempt.
  std::vector<Item> Take(std::uint32_t receiver, Instant now);
  // Whether `receiver` has credit for a full batch and not one waiting: more should be queued.
  bool WantsMore(std::uint32_t receiver) const;
  // Forgets what waits below `number`.
  void DropBelow(std::uint64_t number);

  void Spend(std::uint32_t receiver, std::uint64_t bytes);
  void Free(std::uint32_t receiver, std::uint64_t bytes);
  std::uint64_t credit(std::uint32_t receiver) const { return queues_[receiver].credit; }
  // When the oldest incomplete batch has waited long enough; none if nothing waits.
  std::optional<Instant> NextFlush() const;

 private:
  struct PerReceiver {
    std::vector<Item> items;
    std::uint64_t bytes = 0;  // waiting, with record overhead
    Instant since;            // of the oldest
    std::uint64_t credit = 0;
  };

  std::uint64_t CostOf(const Item& item) const {
    return item.run.count * (item.size + config_.record_bytes);
  }

  Config config_;
  std::vector<PerReceiver> queues_;  // queues_[receiver]
};

}  // namespace lockstep::core
