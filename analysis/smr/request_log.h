// Which requests clients have asked and which the log of a cluster orders: what should have been
// executed, worked out from what was proposed and what was committed.
//
// A request is executed when it is first ordered, and never again; below the mark up to which its
// client awaits no answers, it is not executed at all. Source: the client table of replicated
// services (Liskov and Cowling 2012, section 4), for clients with several requests outstanding.
//
// Memory: requests that have not been answered; of each client a few intervals; what was to be
// executed in the last kKept stretches of the log.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

#include "analysis/oracle.h"
#include "analysis/smr/slot_ledger.h"
#include "protocols/core/time.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

class RequestLog final : public trace::Sink {
 public:
  static constexpr std::size_t kKept = 8'192;

  struct RequestName {
    std::uint64_t client = 0;
    std::uint64_t request = 0;
    friend bool operator==(const RequestName&, const RequestName&) = default;
    friend auto operator<=>(const RequestName&, const RequestName&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const RequestName& name) {
      return H::combine(std::move(h), name.client, name.request);
    }
  };
  // What is to be executed where these indices of the log are committed.
  struct Stretch {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    std::uint64_t requests = 0;
    std::uint64_t digest = 0;  // as that of an `executed` note
  };
  // A request that was asked and not answered.
  struct Open {
    RequestName name;
    core::NodeId host;
    core::Instant since;
  };

  // Told while the event is handled that shows it.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    // Committed for the first time: what nobody has proposed.
    virtual void OnUnproposed(const trace::Event&, SlotName) {}
    // The same: what no client has asked.
    virtual void OnUnasked(const trace::Event&, SlotName, const RequestName&) {}
    // Something is committed of which too little is kept to be judged.
    virtual void OnForgotten() {}
    // A client has its answer, to what it asked at `asked_at`.
    virtual void OnAnswered(const trace::Event&, core::Instant /*asked_at*/) {}
    // A client has the answer to what no log has ordered.
    virtual void OnUnordered(const trace::Event&, const RequestName&) {}
  };

  RequestLog(const core::Cluster& cluster, std::shared_ptr<SlotLedger> slots)
      : cluster_(cluster), slots_(std::move(slots)), stretches_(kKept) {}

  trace::Interest Wants() const override;
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}
  void Watch(Watcher* watcher) { watchers_.push_back(watcher); }

  // One past the last index that anybody has committed.
  std::uint64_t committed_end() const { return committed_end_; }
  // The stretch that begins at this index; none where it has been forgotten.
  const Stretch* Find(std::uint64_t first) const;
  // The requests asked by then that have not been answered, but those of machines that went down
  // since; in order.
  std::vector<Open> OpenSince(core::Instant asked_by) const;

 private:
  struct Asked {
    core::NodeId host;
    core::Instant at;
  };
  struct Interval {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  struct Client {
    std::uint64_t low = 0;
    std::vector<Interval> done;  // at or above `low`, in order, with gaps between them
  };

  void OnCommitted(const trace::Event& event);
  void Order(const trace::Event& event, SlotName name, Stretch& stretch);
  // Whether it is to be executed now; from now on it has been.
  static bool Execute(Client& client, const Ordered& ordered);
  bool IsOrdered(const RequestName& name) const;

  core::Cluster cluster_;
  std::shared_ptr<SlotLedger> slots_;
  std::vector<Watcher*> watchers_;
  // Only looked up, never walked through but to sort what is found.
  absl::flat_hash_map<RequestName, Asked> open_;
  absl::flat_hash_map<std::uint64_t, Client> clients_;
  absl::flat_hash_map<std::uint32_t, core::Instant> crashed_;  // hosts, when they last did
  std::uint64_t committed_end_ = 0;
  std::vector<Stretch> stretches_;  // stretches_[first / lanes modulo kKept]
};

// The log for what the promise is about, beside the ledger that it is put together from; errors as
// those of SlotLedgerFor.
absl::StatusOr<std::shared_ptr<RequestLog>> RequestLogFor(const Charge& charge, Names also = {});

// For oracles whose checkers need their cluster and its requests.
template <typename RequestCheckerType>
absl::StatusOr<std::unique_ptr<Checker>> MakeRequestChecker(const Charge& charge) {
  auto requests = RequestLogFor(charge);
  if (!requests.ok()) return requests.status();
  return std::make_unique<RequestCheckerType>(
      charge.recipe, core::ClusterId(charge.promise.scope.id), *std::move(requests));
}

}  // namespace lockstep::analysis
