// Who fetches the partitions that one broker leads: a consumer, or a broker that follows them.
//
// One request at a time is under way, as of one connection of a consumer or one fetcher thread of a
// broker; the next leaves when its answer has come, from where that ended. An answer that does not
// come is asked for again after a timeout, by another number; should it come then, it helps, but is
// no reason to ask once more. Each offset is taken once.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/records.h"
#include "protocols/core/time.h"
#include "protocols/kafka/config.h"
#include "protocols/kafka/messages.h"

namespace lockstep::kafka {

class Fetcher {
 public:
  // `topic` outlives this. `leader`: index of the broker. `incarnation`: of the host that fetches.
  Fetcher(const Topic& topic, std::uint32_t leader, std::uint64_t incarnation);

  std::uint32_t leader() const { return leader_; }
  // Whether that broker leads anything.
  bool is_needed() const { return !offsets_.empty(); }

  // The request for what comes next; the one before is given up.
  Fetch Ask(core::Instant now, const FetchLimits& limits);
  core::Instant asked_at() const { return asked_at_; }

  enum class Verdict : std::uint8_t {
    kAwaited,
    kLate,   // the answer to a request that was given up: what is fresh of it counts nevertheless
    kWrong,  // not of this broker's partitions
  };
  struct Taken {
    Verdict verdict = Verdict::kAwaited;
    std::vector<core::Records> fresh;  // what was not taken before, in order
    std::vector<core::Run> gone;       // k′ that it goes past, since the broker has them no more
  };
  Taken Take(const Message& fetched);

 private:
  const Topic& topic_;
  std::uint32_t leader_;
  std::uint64_t id_;  // of the request under way
  core::Instant asked_at_;
  std::vector<std::uint64_t> offsets_;  // the next, of partition leader + i * brokers
};

}  // namespace lockstep::kafka
