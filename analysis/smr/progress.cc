// Progress: see progress.h.

#include "analysis/smr/progress.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lockstep::analysis {

using trace::Event;
using trace::EventKind;

ProgressChecker::ProgressChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                                 std::shared_ptr<SlotLedger> slots,
                                 std::shared_ptr<RequestLog> requests, core::Duration retry,
                                 core::Duration round)
    : ClusterChecker(
          "P", "progress", recipe, cluster,
          trace::Interest(Bit(EventKind::kCrash) | Bit(EventKind::kRestart) | Bit(EventKind::kEnd))
              .Add(core::NoteKind::kCommitted)
              .Add(core::NoteKind::kInstalled)
              .Add(core::NoteKind::kRejoined)),
      slots_(std::move(slots)),
      requests_(std::move(requests)),
      retry_(retry),
      round_(round),
      heal_(recipe->heal),
      half_(recipe->heal + core::Duration::Picoseconds(recipe->settle.ps() / 2)),
      deadline_(recipe->heal + recipe->settle),
      replicas_(this->cluster().size) {
  requests_->Watch(this);
}

void ProgressChecker::Judge(const Event& event) {
  if (event.kind == EventKind::kEnd) {
    has_ended_ = event.value == 0;
    end_ = event.at;
    return;
  }
  Replica& replica = replicas_[IndexOf(event.node)];
  if (event.kind == EventKind::kCrash) {
    replica.is_up = false;
  } else if (event.kind == EventKind::kRestart) {
    replica = {0, true, false};
  } else if (event.Is(core::NoteKind::kRejoined)) {
    replica.has_rejoined = true;
  } else {
    replica.reach = event.value + (event.Is(core::NoteKind::kCommitted) ? event.count : 0);
    if (event.at <= half_) committed_by_half_ = std::max(committed_by_half_, replica.reach);
  }
}

void ProgressChecker::OnAnswered(const Event& event, core::Instant asked_at) {
  if (event.at < half_) return;
  if (asked_at < heal_) {
    has_answered_old_ = true;
  } else {
    longest_wait_ = std::max(longest_wait_, event.at - asked_at);
  }
}

void ProgressChecker::Finish() {
  if (!has_ended_ || end_ < deadline_ || !slots_->has_statements()) return;
  if ((deadline_ - half_).ps() / kRounds < round_.ps()) return;
  SetExercised();
  JudgeReplicas();
  JudgeClients();
}

void ProgressChecker::JudgeReplicas() {
  const std::uint64_t acted = slots_->acted_by_heal() * slots_->rules().lanes;
  const std::uint64_t needed = std::max(acted, committed_by_half_);
  std::uint32_t judged = 0;
  for (std::uint32_t i = 0; i < replicas_.size(); ++i) {
    const Replica& replica = replicas_[i];
    if (!replica.is_up || !replica.has_rejoined || slots_->said_at(i) < half_) continue;
    if (IsMute(i)) continue;
    ++judged;
    if (replica.reach >= needed) continue;
    const core::NodeId node = cluster().Replica(i);
    if (IsAnswerable(node)) cause_ = "a replica stands still";
    Object(end_, node, [&] {
      const std::string held = absl::StrCat(Host(node), " has committed up to index ",
                                            replica.reach, ", where all up to ");
      return replica.reach < acted
                 ? absl::StrCat(held, acted, " was under way by the heal")
                 : absl::StrCat(held, needed, " was committed half of the settling time ago");
    });
  }
  if (judged > cluster().size / 2) return;
  cause_ = "no quorum takes part";
  Object(end_, std::nullopt,
         [&] { return absl::StrCat("only ", judged, " replicas take part in the end"); });
}

void ProgressChecker::JudgeClients() {
  const core::Duration each = core::Duration::Picoseconds((deadline_ - heal_).ps() / kRetries);
  const bool is_slow =
      each < longest_wait_ || (has_answered_old_ && longest_wait_ == core::Duration());
  const bool had_time = each >= retry_;
  for (const RequestLog::Open& open : requests_->OpenSince(heal_)) {
    const bool is_beside = cluster().Has(open.host);
    const bool is_unheard = is_beside && IsMute(IndexOf(open.host));
    if (is_slow || is_unheard || (!had_time && !is_beside)) {
      ++unjudged_;
      continue;
    }
    if (cause_.empty()) cause_ = "a request is not answered";
    Object(end_, std::nullopt, [&] {
      return absl::StrCat("request ", open.name.request, " of client ", open.name.client,
                          ", asked at ", open.since.ps(), " ps, has not been answered");
    });
  }
}

namespace {

constexpr std::array kProgressCounts = {
    CountInfo{"requests_unjudged", "requests",
              "asked by the heal and unanswered, where too little time is left to call them stuck",
              ""},
};

absl::StatusOr<std::unique_ptr<Checker>> MakeProgress(const Charge& charge) {
  constexpr std::string_view kRetry = "retry_ps";
  constexpr std::string_view kRound = "round_ps";
  const auto requests = RequestLogFor(charge, {kRetry, kRound});
  if (!requests.ok()) return requests.status();
  const auto time_of = [&](std::string_view name) {
    return core::Duration::Picoseconds(
        charge.promise.parameters.value(std::string(name), std::int64_t{0}));
  };
  return std::make_unique<ProgressChecker>(charge.recipe, core::ClusterId(charge.promise.scope.id),
                                           *SlotLedgerFor(charge, {kRetry, kRound}), *requests,
                                           time_of(kRetry), time_of(kRound));
}

}  // namespace

const Oracle kProgressOracle = {"P", &MakeProgress, kProgressCounts, {}, Nature::kLiveness};

}  // namespace lockstep::analysis
