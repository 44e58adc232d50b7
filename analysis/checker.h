// A checker (oracle): a sink that judges one promise from the events of a run.
//
// Fed live or from a file, it cannot tell. It shares no code with the protocols: what they should
// have done, it works out for itself.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"

#include "analysis/recipe.h"
#include "analysis/verdict.h"
#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

// One violation: when, at whom (nobody, where it is about all together), and what was wrong.
struct Finding {
  core::Instant at;
  std::optional<core::NodeId> node;
  std::string text;
  friend bool operator==(const Finding&, const Finding&) = default;
};

// Of what was to come in the end and has not: whether it would, had the run gone on for longer.
enum class Outlook : std::uint8_t { kUnclear, kMayCome, kNeverComes };

class Checker : public trace::Sink {
 public:
  // The letter it has in every table, such as "R1", and what that stands for.
  virtual std::string_view oracle() const = 0;
  virtual std::string_view name() const = 0;
  // The stream it is about; none where it is about the whole run.
  virtual std::optional<core::StreamId> stream() const { return std::nullopt; }

  // Final once Finish was called.
  virtual Verdict verdict() const = 0;
  // What it cannot tell, it cannot since the trace does not hold it; who wrote the trace has judged
  // that, and another trace of the same run would hold it. So it is no reason for doubt.
  virtual bool is_abridged() const { return false; }
  // How many violations there were, and the first few of them in order.
  virtual std::uint64_t violations() const = 0;
  virtual std::vector<Finding> findings() const = 0;
  // Where it judges what is to come in the end.
  virtual Outlook outlook() const { return Outlook::kUnclear; }
  // Where there are several kinds of violations, of which one must not be taken for another: the
  // kind of the gravest that there was, in a few words. Empty where there are none.
  virtual std::string_view cause() const { return {}; }
  // What its oracle says that it counts, in that order.
  virtual std::vector<std::uint64_t> counts() const { return {}; }
};

// Keeps the first few findings of each node, and counts the rest: who is faulty is only known at
// the end, and what faulty nodes do is no violation.
class FindingLog {
 public:
  // Whether what is found at this node counts; what is found at nobody always does.
  using Answerable = std::function<bool(core::NodeId)>;
  static constexpr std::size_t kKept = 5;

  // `describe` is called only where the text will be kept.
  template <typename Describe>
  void Add(core::Instant at, std::optional<core::NodeId> node, Describe&& describe) {
    OfNode& entry = nodes_[node];
    ++entry.count;
    if (entry.kept.size() < kKept) entry.kept.push_back({order_++, Finding{at, node, describe()}});
  }

  // The first few of those that count, in order.
  std::vector<Finding> First(const Answerable& is_answerable) const;
  std::uint64_t Count(const Answerable& is_answerable) const;

 private:
  struct Kept {
    std::uint64_t order;
    Finding finding;
  };
  struct OfNode {
    std::uint64_t count = 0;
    std::vector<Kept> kept;
  };
  absl::btree_map<std::optional<core::NodeId>, OfNode> nodes_;
  std::uint64_t order_ = 0;
};

}  // namespace lockstep::analysis
