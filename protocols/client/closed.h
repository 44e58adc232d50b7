// Clients in a closed loop: each has one request outstanding, and makes the next one when it has
// been answered and has thought for a while.
//
// A request that is answered at the instant at which it was made is thought about for at least
// kLeastThink: else time would stand still.
//
// A request that is not answered in time is sent again, under its old number, to the next replica.
// Client c begins with replica c modulo the replicas, so that they share the load.

#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "protocols/core/content.h"
#include "protocols/core/node.h"
#include "protocols/core/program.h"

namespace lockstep::client {

struct Config {
  core::Cluster replicas;       // whom they ask
  core::ClientId first;         // the clients of this host: first .. first + count - 1
  std::uint32_t count = 1;      // clients of a host
  bool is_local = false;        // on the hosts of the replicas: each request goes to its own first
  std::uint64_t generator = 0;  // of the contents of requests
  std::uint64_t request_bytes = 0;
  std::uint64_t requests = 0;  // of each client, in each of its lives; 0: no end of them
  core::Duration think;        // between an answer and the next request
  core::Duration retry;        // how long an answer is waited for
};

class ClosedLoop : public core::Node {
 public:
  static constexpr core::Duration kLeastThink = core::Duration::Nanoseconds(1);

  ClosedLoop(const Config& config, const core::Seat& seat);

  void OnStart(const core::Now& now, std::span<const core::Bytes> saved,
               core::Effects& out) override;
  void OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                 core::Effects& out) override;
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) override;
  void OnWritable(const core::Now&, core::NodeId, core::Effects&) override {}
  void OnSubmit(const core::Now&, core::ClientId, core::RequestId, const core::Bytes&,
                core::Effects&) override {}
  void OnAnswer(const core::Now& now, core::ClientId client, core::RequestId id,
                const core::Bytes& answer, core::Effects& out) override;

 private:
  // All clients of the host share two timers: those who have been answered in one call go on in
  // one, and an answer that comes in time costs nothing.
  static constexpr core::TimerId kThought = core::TimerId(0);
  static constexpr core::TimerId kRetry = core::TimerId(1);

  struct Client {
    core::RequestId request;     // the newest
    bool is_waiting = false;     // for its answer; else it thinks
    core::Instant invoked;       // when, on the own clock
    core::Instant retry_at;      // when it asks again, if it still waits
    std::uint64_t made = 0;      // requests
    std::uint32_t attempts = 0;  // of all its requests, so that no replica is asked twice in a row
  };
  struct Thinker {
    core::Instant until;
    std::uint32_t index;
  };

  void Invoke(const core::Now& now, std::uint32_t index, core::Effects& out);
  void SendRequest(const core::Now& now, std::uint32_t index, core::Effects& out);
  void Think(core::Instant until, std::uint32_t index, core::Effects& out);
  void OnThought(const core::Now& now, core::Effects& out);
  void OnRetryTime(const core::Now& now, core::Effects& out);
  core::ClientId IdOf(std::uint32_t index) const {
    return core::ClientId(config_.first.value() + index);
  }

  Config config_;
  std::uint32_t home_;  // index of the host, where clients are local
  const core::Contents& contents_;
  std::vector<Client> clients_;   // clients_[index]
  std::deque<Thinker> thinkers_;  // by time; each client once at most
  bool is_retry_set_ = false;     // for no later than the first `retry_at` of those who wait
};

}  // namespace lockstep::client
