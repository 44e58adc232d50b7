// Histories, key by key: see linearizability.h.

#include "analysis/linear/linearizability.h"

#include <algorithm>
#include <utility>

#include "absl/container/btree_map.h"

#include "analysis/linear/search.h"

namespace lockstep::analysis::linear {
namespace {

// The operations on one key, and where they stand in the whole history.
struct OfKey {
  std::vector<Operation> operations;
  std::vector<std::uint32_t> indices;
};

class KeyCheck {
 public:
  KeyCheck(const OfKey& part, const std::string& initial, std::uint64_t budget)
      : part_(part), initial_(initial), budget_(budget) {}

  SearchResult Until(std::uint32_t place) {
    SearchResult result = Search(part_.operations, initial_, place).Run(budget_);
    steps_ += result.steps;
    return result;
  }
  // Of a history that is not linearizable. Whoever is linearizable is so from the beginning on, so
  // the return at which it stops to be is found by halving.
  Violation Explain() {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> returns;  // place, operation
    for (std::uint32_t i = 0; i < part_.operations.size(); ++i) {
      if (part_.operations[i].has_returned()) returns.emplace_back(part_.operations[i].returned, i);
    }
    std::sort(returns.begin(), returns.end());
    Violation violation;
    std::size_t fine = 0;  // What comes before the return with this number is linearizable.
    std::size_t last = returns.size() - 1;  // Of those with which that may still be so.
    SearchResult prefix = Until(returns[0].first);
    while (fine < last) {
      const std::size_t middle = fine + (last - fine + 1) / 2;
      SearchResult result = Until(returns[middle].first);
      if (result.verdict == Verdict::kHolds) {
        fine = middle;
        prefix = std::move(result);
      } else {
        violation.is_longest = violation.is_longest && result.verdict != Verdict::kUnknown;
        last = middle - 1;
      }
    }
    for (const std::uint32_t each : prefix.order) violation.prefix.push_back(part_.indices[each]);
    violation.culprit = part_.indices[returns[fine].second];
    return violation;
  }
  std::uint64_t steps() const { return steps_; }

 private:
  const OfKey& part_;
  const std::string& initial_;
  std::uint64_t budget_;
  std::uint64_t steps_ = 0;
};

}  // namespace

LinearizabilityReport CheckLinearizability(const History& history,
                                           const LinearizabilityOptions& options) {
  LinearizabilityReport report;
  absl::btree_map<std::string, OfKey> parts;
  for (std::uint32_t i = 0; i < history.operations.size(); ++i) {
    const Operation& operation = history.operations[i];
    OfKey& part = parts[operation.key];
    part.operations.push_back(operation);
    part.indices.push_back(i);
    ++report.operations;
    if (operation.has_returned()) {
      report.verdict = Verdict::kHolds;
    } else {
      ++report.open;
    }
  }
  report.keys = parts.size();
  for (const auto& [key, part] : parts) {
    KeyCheck check(part, history.initial, options.budget);
    const Verdict verdict = check.Until(Operation::kNever).verdict;
    if (verdict == Verdict::kUnknown) report.unknown_keys.push_back(key);
    if (verdict == Verdict::kViolated) {
      report.violations.push_back(check.Explain());
      report.violations.back().key = key;
    }
    if (verdict != Verdict::kHolds) report.verdict = Worse(report.verdict, verdict);
    report.steps += check.steps();
  }
  return report;
}

}  // namespace lockstep::analysis::linear
