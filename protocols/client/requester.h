// What all clients of a host have in common: their requests that are open, whom they ask, and when
// they ask again. When a request is made, others decide: closed.h, open.h.
//
// A request that is not answered in time is sent again, under its old number, to the next replica.
// Client c begins with replica c modulo the replicas, so that they share the load. A client makes
// request n only when all up to n - window have been answered. With each request it says which is
// the oldest that it awaits an answer to, so that its replicas may forget what was before.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/content.h"
#include "protocols/core/node.h"
#include "protocols/core/operation.h"
#include "protocols/core/program.h"

namespace lockstep::client {

struct Config {
  core::Cluster replicas;       // whom they ask
  core::ClientId first;         // the clients of this host: first .. first + count - 1
  std::uint32_t count = 1;      // clients of a host
  bool is_local = false;        // on the hosts of the replicas: each request goes to its own first
  std::uint64_t generator = 0;  // of the contents of requests
  std::uint64_t request_bytes = 0;
  std::optional<core::OperationMix> operations;  // what requests are; else contents of no meaning
  std::uint64_t window = 1;                      // requests of a client that may be open
  std::uint64_t requests = 0;    // that each client makes in a life; 0: it never ends
  core::Duration think;          // between an answer and the next request, in a closed loop
  std::uint64_t rate_per_s = 0;  // of the requests of each client, where the loop is open
  core::Duration retry;          // how long an answer is waited for
};

class Requester {
 public:
  // All clients of the host share this timer: an answer that comes in time costs nothing.
  static constexpr core::TimerId kRetry = core::TimerId(1);

  struct Answered {
    std::uint32_t client = 0;  // its index
    bool took_time = false;    // since it was invoked
  };

  Requester(const Config& config, const core::Seat& seat);

  bool HasMore(std::uint32_t index) const;
  // Whether its window lets it make its next request.
  bool MayInvoke(std::uint32_t index) const;
  void Invoke(const core::Now& now, std::uint32_t index, core::Effects& out);
  // When kRetry fires.
  void OnRetryTime(const core::Now& now, core::Effects& out);
  // None where it answers nothing that is open here.
  std::optional<Answered> OnAnswer(const core::Now& now, core::ClientId client,
                                   core::RequestId request, const core::Bytes& answer,
                                   core::Effects& out);

  const Config& config() const { return config_; }

 private:
  struct Open {
    core::RequestId request;
    core::Instant invoked;       // when, on the own clock
    core::Instant retry_at;      // when it is asked again
    std::uint32_t attempts = 0;  // so far
  };
  struct Client {
    core::RequestId newest;
    std::uint32_t asked = 0;  // of all its requests, so that no replica is asked twice in a row
    std::vector<Open> open;   // by number; at most `window`
  };

  void Send(const core::Now& now, std::uint32_t index, Open& open, const core::Bytes& content,
            core::Effects& out);
  core::Bytes ContentOf(std::uint32_t index, core::RequestId request) const;
  core::ClientId IdOf(std::uint32_t index) const {
    return core::ClientId(config_.first.value() + index);
  }

  Config config_;
  std::uint32_t home_;  // index of the host, where clients are local
  const core::Contents& contents_;
  core::RequestId before_first_;  // of this life
  std::vector<Client> clients_;   // clients_[index]
  bool is_retry_set_ = false;     // for no later than the first `retry_at` of all
};

}  // namespace lockstep::client
