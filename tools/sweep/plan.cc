// The points of a sweep, numbered: see plan.h.
//
// Candidates are numbered first: in a grid the last axis varies fastest (or the bisected one), in a
// zip all at once, in a sample as drawn. Points are those candidates that "where" keeps, in order.

#include "tools/sweep/plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/core/check.h"
#include "protocols/core/random.h"
#include "tools/sweep/numbers.h"

namespace lockstep::sweep {
namespace {

using nlohmann::json;

Value ValueFrom(const json& shown, const std::optional<double>& number) {
  if (number) return *number;
  if (shown.is_boolean()) return shown.get<bool>();
  return shown.get<std::string>();
}

json JsonFrom(const Value& value) {
  if (const double* number = std::get_if<double>(&value)) return JsonOf(*number);
  if (const bool* flag = std::get_if<bool>(&value)) return *flag;
  return std::get<std::string>(value);
}

// As JSON text: numbers without an exponent, which readers of quantities do not know.
std::string PutText(const Value& value) {
  if (const double* number = std::get_if<double>(&value)) return TextOf(*number);
  return JsonFrom(value).dump();
}

bool IsDrawn(const Axis& axis) { return axis.values.empty(); }

// What formulas see of one candidate after the other. Derived values are computed when they are
// first asked for: "where" may refuse a point at which others have no value.
class Candidate {
 public:
  explicit Candidate(const Sweep& sweep)
      : sweep_(sweep),
        derived_(sweep.derived.size()),
        lookup_([this](std::string_view name) { return Find(name); }) {}
  Candidate(const Candidate&) = delete;
  Candidate& operator=(const Candidate&) = delete;

  void MoveTo(const std::vector<std::uint64_t>& choices) {
    choices_ = &choices;
    std::fill(derived_.begin(), derived_.end(), std::nullopt);
  }

  absl::StatusOr<bool> IsWanted() {
    for (std::size_t i = 0; i < sweep_.where.size(); ++i) {
      const absl::StatusOr<bool> holds = sweep_.where[i].Holds(lookup_);
      if (!holds.ok()) return Error(absl::StrCat("/where/", i), holds.status());
      if (!*holds) return false;
    }
    return true;
  }
  // That all that makes a point of it has a value.
  absl::Status Check() {
    for (std::size_t i = 0; i < derived_.size(); ++i)
      if (absl::Status status = Derive(i); !status.ok()) return status;
    for (const Axis& axis : sweep_.axes)
      if (const absl::StatusOr<bool> is_put = IsPut(axis); !is_put.ok()) return is_put.status();
    return absl::OkStatus();
  }
  absl::StatusOr<bool> IsPut(const Axis& axis) {
    if (!axis.when) return true;
    const absl::StatusOr<bool> holds = axis.when->Holds(lookup_);
    if (!holds.ok()) return Error(axis.pointer + "/when", holds.status());
    return holds;
  }
  // After Check().
  const Value& derived(std::size_t i) const { return *derived_[i]; }

 private:
  std::optional<Value> Find(std::string_view name) {
    for (std::size_t i = 0; i < sweep_.axes.size(); ++i)
      if (sweep_.axes[i].name == name) return OfAxis(i);
    for (std::size_t i = 0; i < sweep_.derived.size(); ++i) {
      if (sweep_.derived[i].name != name) continue;
      if (!Derive(i).ok()) return std::nullopt;
      return derived_[i];
    }
    return std::nullopt;
  }
  Value OfAxis(std::size_t i) const {
    const Axis& axis = sweep_.axes[i];
    if (IsDrawn(axis)) return NumberAtCell(*axis.range, (*choices_)[i]);
    const AxisValue& value = axis.values[(*choices_)[i]];
    return ValueFrom(value.shown, value.number);
  }
  absl::Status Derive(std::size_t i) {
    if (derived_[i]) return absl::OkStatus();
    absl::StatusOr<Value> value = sweep_.derived[i].formula.Evaluate(lookup_);
    if (!value.ok()) return Error(sweep_.derived[i].pointer + "/is", value.status());
    derived_[i] = *std::move(value);
    return absl::OkStatus();
  }

  // The first error is the cause; those that it makes of others say less.
  absl::Status Error(const std::string& place, const absl::Status& what) {
    if (!error_.ok()) return error_;
    std::vector<std::string> values;
    for (std::size_t i = 0; i < sweep_.axes.size(); ++i)
      values.push_back(absl::StrCat(sweep_.axes[i].name, " = ", JsonFrom(OfAxis(i)).dump()));
    error_ = absl::InvalidArgumentError(
        absl::StrCat(sweep_.path, ": ", place, ": ", values.empty() ? "" : "at ",
                     absl::StrJoin(values, ", "), values.empty() ? "" : ": ", what.message()));
    return error_;
  }

  const Sweep& sweep_;
  const std::vector<std::uint64_t>* choices_ = nullptr;
  std::vector<std::optional<Value>> derived_;
  Lookup lookup_;
  absl::Status error_;
};

// One number below `parts` for each sample: each with the same chance, or, in a Latin hypercube,
// each stratum once.
std::vector<std::uint32_t> DrawAxis(const Sweep& sweep, const Axis& axis) {
  const std::uint64_t parts = IsDrawn(axis) ? kRangeCells : axis.values.size();
  core::Random random = core::Random(sweep.sampling_seed).Fork(axis.name);
  std::vector<std::uint32_t> drawn(sweep.samples);
  if (sweep.sampling == Sampling::kRandom) {
    for (std::uint32_t& cell : drawn) cell = static_cast<std::uint32_t>(random.Below(parts));
    return drawn;
  }
  std::iota(drawn.begin(), drawn.end(), 0U);
  core::Random order = random.Fork("order");
  for (std::size_t left = drawn.size(); left > 1; --left)
    std::swap(drawn[left - 1], drawn[order.Below(left)]);
  core::Random place = random.Fork("place");
  for (std::uint32_t& stratum : drawn) {
    const std::uint64_t first = stratum * parts / sweep.samples;
    const std::uint64_t next = (stratum + std::uint64_t{1}) * parts / sweep.samples;
    const std::uint64_t within = IsDrawn(axis) ? place.Below(next - first) : 0;
    stratum = static_cast<std::uint32_t>(first + within);
  }
  return drawn;
}

std::ptrdiff_t Depth(const sim::Override& change) {
  return std::count(change.first.begin(), change.first.end(), '/');
}

}  // namespace

Plan::Plan(const Sweep& sweep) : sweep_(&sweep), candidates_(Candidates(sweep)) {
  for (const Axis& axis : sweep.axes) names_.push_back(axis.name);
  for (const Derived& derived : sweep.derived) names_.push_back(derived.name);
  order_.resize(sweep.axes.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  if (sweep.bisection) {
    const auto bisected = order_.begin() + static_cast<std::ptrdiff_t>(sweep.bisection->axis);
    std::rotate(bisected, bisected + 1, order_.end());
  }
}

absl::StatusOr<Plan> Plan::Make(const Sweep& sweep) {
  Plan plan(sweep);
  plan.Draw();
  if (absl::Status status = plan.Filter(); !status.ok()) return status;
  return plan;
}

void Plan::Draw() {
  if (sweep_->samples == 0) return;
  for (const Axis& axis : sweep_->axes) drawn_.push_back(DrawAxis(*sweep_, axis));
}

void Plan::Choose(std::uint64_t candidate, Choices& choices) const {
  choices.assign(sweep_->axes.size(), candidate);
  if (sweep_->sampling == Sampling::kZip) return;
  if (!drawn_.empty()) {
    for (std::size_t i = 0; i < choices.size(); ++i) choices[i] = drawn_[i][candidate];
    return;
  }
  for (std::size_t i = order_.size(); i > 0; --i) {
    const std::size_t axis = order_[i - 1];
    const std::uint64_t values = sweep_->axes[axis].values.size();
    choices[axis] = candidate % values;
    candidate /= values;
  }
}

absl::Status Plan::Filter() {
  is_filtered_ = !sweep_->where.empty();
  const bool has_formulas = is_filtered_ || !sweep_->derived.empty() ||
                            std::any_of(sweep_->axes.begin(), sweep_->axes.end(),
                                        [](const Axis& axis) { return axis.when.has_value(); });
  if (!has_formulas) return absl::OkStatus();
  Candidate view(*sweep_);
  Choices choices;
  for (std::uint64_t candidate = 0; candidate < candidates_; ++candidate) {
    Choose(candidate, choices);
    view.MoveTo(choices);
    const absl::StatusOr<bool> is_wanted = view.IsWanted();
    if (!is_wanted.ok()) return is_wanted.status();
    if (!*is_wanted) continue;
    if (absl::Status status = view.Check(); !status.ok()) return status;
    if (is_filtered_) kept_.push_back(static_cast<std::uint32_t>(candidate));
  }
  if (points() > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(sweep_->path, ": /where: refuses all ", candidates_, " points"));
}

std::uint64_t Plan::points() const { return is_filtered_ ? kept_.size() : candidates_; }
std::uint64_t Plan::refused() const { return candidates_ - points(); }

std::uint64_t Plan::group_size() const {
  return sweep_->bisection ? sweep_->axes[sweep_->bisection->axis].values.size() : 1;
}

Point Plan::At(std::uint64_t point) const {
  CHECK(point < points());
  Choices choices;
  Choose(is_filtered_ ? kept_[point] : point, choices);
  Candidate view(*sweep_);
  view.MoveTo(choices);
  CHECK(view.Check().ok());  // As Make() has found.

  Point made;
  made.index = point;
  std::vector<sim::Override> changes;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const Axis& axis = sweep_->axes[i];
    const AxisValue value =
        IsDrawn(axis) ? ValueAtCell(*axis.range, choices[i]) : axis.values[choices[i]];
    made.settings.push_back({axis.name, value.shown, value.number});
    if (*view.IsPut(axis))
      changes.insert(changes.end(), value.changes.begin(), value.changes.end());
  }
  for (std::size_t i = 0; i < sweep_->derived.size(); ++i) {
    const Derived& derived = sweep_->derived[i];
    const Value& value = view.derived(i);
    Setting& setting = made.settings.emplace_back();
    setting.name = derived.name;
    setting.shown = JsonFrom(value);
    if (const double* number = std::get_if<double>(&value)) setting.number = *number;
    for (const std::string& pointer : derived.at) changes.emplace_back(pointer, PutText(value));
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const auto& a, const auto& b) { return Depth(a) < Depth(b); });
  made.changes = sweep_->set;
  made.changes.insert(made.changes.end(), changes.begin(), changes.end());
  return made;
}

Lookup LookupIn(const Point& point) {
  return [&point](std::string_view name) -> std::optional<Value> {
    for (const Setting& setting : point.settings)
      if (setting.name == name) return ValueFrom(setting.shown, setting.number);
    return std::nullopt;
  };
}

}  // namespace lockstep::sweep
