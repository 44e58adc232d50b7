// A checker that keeps what it finds, and says what it comes to.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/checker.h"

namespace lockstep::analysis {

class FindingChecker : public Checker {
 public:
  std::string_view oracle() const final { return oracle_; }
  std::string_view name() const final { return name_; }

  trace::Interest Wants() const final { return wants_; }
  void Finish() override {}

  Verdict verdict() const final {
    if (violations() > 0) return Verdict::kViolated;
    if (is_unsure_) return Verdict::kUnknown;
    return is_exercised_ ? Verdict::kHolds : Verdict::kNotExercised;
  }
  std::uint64_t violations() const final {
    return log_.Count([this](core::NodeId node) { return IsAnswerable(node); });
  }
  std::vector<Finding> findings() const final {
    return log_.First([this](core::NodeId node) { return IsAnswerable(node); });
  }

 protected:
  // `oracle` and `name` are literals.
  FindingChecker(std::string_view oracle, std::string_view name, trace::Interest wants)
      : oracle_(oracle), name_(name), wants_(std::move(wants)) {}

  // Whether what is found at this node counts, as far as is known.
  virtual bool IsAnswerable(core::NodeId node) const = 0;

  // The checker's precondition was reached.
  void SetExercised() { is_exercised_ = true; }
  // Something happened that cannot be judged.
  void SetUnsure() { is_unsure_ = true; }
  // Something is wrong. It does not count if `node` turns out not to be answerable.
  template <typename Describe>
  void Object(core::Instant at, std::optional<core::NodeId> node, Describe&& describe) {
    log_.Add(at, node, std::forward<Describe>(describe));
  }

 private:
  std::string_view oracle_;
  std::string_view name_;
  trace::Interest wants_;
  FindingLog log_;
  bool is_exercised_ = false;
  bool is_unsure_ = false;
};

}  // namespace lockstep::analysis
