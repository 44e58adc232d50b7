// What waits at a sender of the published artifact (`rule: artifact`): for each receiver a batch
// that is open, in which messages collect, and those that are closed and wait for credit.
//
// Invariant: of what collects, nothing is taken out again, be it QUACKed or not.
// Source: the artifact's pipeline, as its running program was measured.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"
#include "protocols/picsou/artifact_tracker.h"

namespace lockstep::picsou {

class ArtifactOutbox {
 public:
  // Above the nominal size, what an open batch takes while nothing waits for credit: it is closed
  // at 1.045 MB where 200 kB are set.
  static constexpr std::uint64_t kOvershoot = 845'000;
  // Closed batches that wait; more keep the sender from going on.
  static constexpr std::size_t kQueueMost = 8;

  struct Config {
    std::uint32_t receivers = 0;
    std::uint64_t batch_bytes = 0;
    core::Duration batch_delay;
    // Runs of first sends to a receiver, and of resends, have these strides.
    std::uint64_t stride = 1;
    std::uint64_t resend_stride = 1;
  };
  // Messages of one size that go for the same attempt; 0 is the first send.
  struct Item {
    core::Run run;
    std::uint64_t size = 0;
    std::uint64_t attempt = 0;
  };

  explicit ArtifactOutbox(const Config& config) : config_(config), links_(config.receivers) {}

  // Adds a message of `size` bytes to what collects for `receiver`. Returns whether that is to be
  // closed now: it is full, or old, and something waits already, or it is far above full.
  bool Append(std::uint32_t receiver, std::uint64_t position, std::uint64_t size,
              std::uint64_t attempt, core::Instant now);
  // What has collected; the open batch is empty afterwards.
  std::vector<Item> Close(std::uint32_t receiver);
  // The least position that collects somewhere, and whose content will be asked for.
  std::optional<std::uint64_t> FirstWaiting() const;

  // Closed batches, by receiver, oldest first.
  std::deque<core::Bytes>& queue(std::uint32_t receiver) { return links_[receiver].queue; }

 private:
  struct Collecting {
    std::vector<Item> items;
    std::size_t next = 0;  // the item that the next message extends, as a rule
  };
  struct Link {
    std::array<Collecting, ArtifactTracker::kAttemptsMost + 1> open;  // by attempt
    std::uint64_t bytes = 0;                                          // of all that is open
    core::Instant since;                                              // of the oldest
    std::deque<core::Bytes> queue;
  };

  Config config_;
  std::vector<Link> links_;
};

}  // namespace lockstep::picsou
