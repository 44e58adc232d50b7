// Counting the sends of each message: see send_ledger.h.

#include "analysis/c3b/send_ledger.h"

#include <algorithm>
#include <utility>

namespace lockstep::analysis {
namespace {

using core::Fact;
using trace::Event;
using trace::Phase;

// Sends of one message that are told apart; beyond them, more of the same are not listed.
constexpr std::size_t kMostListed = 4096;
// Attempts that are told apart; beyond them, all are one.
constexpr std::uint64_t kMostAttempts = 4096;

}  // namespace

SendLedger::SendLedger(std::shared_ptr<StreamFacts> facts, std::size_t view)
    : facts_(std::move(facts)),
      view_(view),
      bound_(schedule(), facts_->senders().u, facts_->receivers().u),
      lanes_(schedule().lanes()) {}

trace::Interest SendLedger::Wants() {
  return trace::Interest()
      .Add(Fact::kCarries, Phase::kSent)
      .Add(Fact::kCarries, Phase::kHanded)
      .Add(Fact::kCarries, Phase::kDestroyed);
}

std::size_t SendLedger::size() const {
  std::size_t sum = 0;
  for (const auto& lane : lanes_) sum += lane.intervals().size();
  if (schedule().is_dense()) sum += sent_.size() + settled_.size();
  return sum;
}

void SendLedger::OnEvent(const Event& event) {
  excess_.reset();
  if (event.stream != facts_->stream().stream) return;
  if (event.epoch != facts_->views()[view_].number) return;
  // What was handed over names the receiver first, the other kinds the sender.
  const bool is_handed = event.Is(Fact::kCarries, Phase::kHanded);
  const core::NodeId from = is_handed ? event.peer : event.node;
  const core::NodeId to = is_handed ? event.node : event.peer;
  if (!facts_->IsAcross(from, to)) return;
  const std::optional<core::Run> run = RunOf(event, facts_->period());
  if (!run) return;
  const Send send{from.value() - facts_->senders().first.value(),
                  to.value() - facts_->receivers().first.value(), false};
  if (event.Is(Fact::kCarries, Phase::kSent)) OnOffered(send, *run);
  if (is_handed && IsBetweenCorrect(send)) {
    if (facts_->IsAuthentic(*run, event.digest)) {
      OnHanded(send, *run);
    } else {
      OnDestroyed(send, *run);
    }
  }
  if (event.Is(Fact::kCarries, Phase::kDestroyed)) {
    const bool is_host_down =
        event.detail == static_cast<std::uint64_t>(trace::DropCause::kHostDown);
    if (!is_host_down || IsBetweenCorrect(send)) OnDestroyed(send, *run);
  }
}

void SendLedger::Finish() {
  excess_.reset();
  for (std::uint64_t lane = 0; lane < lanes_.size(); ++lane) {
    for (const auto& interval : lanes_[lane].intervals()) {
      if (interval.value.is_settled) continue;
      const Standing standing = StandingOf(interval.value);
      const std::uint64_t count = interval.end - interval.begin;
      premature_ += standing.later * count;
      JudgeBound(interval.value, standing, lane + lanes_.size() * interval.begin, count);
    }
  }
}

bool SendLedger::IsBetweenCorrect(const Send& send) const {
  return facts_->IsCorrect(facts_->senders().Replica(send.from)) &&
         facts_->IsCorrect(facts_->receivers().Replica(send.to));
}

SendLedger::Standing SendLedger::StandingOf(const History& history) const {
  for (std::size_t i = 0; i < history.sends.size(); ++i) {
    if (!IsBetweenCorrect(history.sends[i])) continue;
    return {i + 1, history.sends.size() - i - 1, history.sends[i].is_handed, true};
  }
  return {history.sends.size(), 0, false, false};
}

std::optional<SendLedger::History> SendLedger::PlainHistory(std::uint64_t number) const {
  std::optional<History> plain;
  if (settled_.Contains(number)) {
    plain.emplace().is_settled = true;
  } else if (sent_.Contains(number)) {
    const Schedule& schedule = this->schedule();
    plain.emplace().sends.push_back({static_cast<std::uint32_t>(schedule.Sender(number, 0)),
                                     static_cast<std::uint32_t>(schedule.Receiver(number, 0)),
                                     false});
  }
  return plain;
}

bool SendLedger::HasHistory(const core::Run& run) const {
  bool has_any = false;
  if (!has_histories_) return has_any;
  core::ForEachLane(run, lanes_.size(), [&](std::uint64_t lane, std::uint64_t b, std::uint64_t e) {
    if (lanes_[lane].empty()) return;
    lanes_[lane].ForEach(b, e, [&](std::uint64_t, std::uint64_t, const History* history) {
      has_any |= history != nullptr;
    });
  });
  return has_any;
}

bool SendLedger::IsPlain(const Send& send, const core::Run& run) const {
  return schedule().IsFirstPair(send.from, send.to, run) && !HasHistory(run);
}

template <typename Change>
void SendLedger::Update(const core::Run& run, Change&& change) {
  const std::uint64_t period = lanes_.size();
  const bool is_dense = schedule().is_dense();
  core::ForEachLane(run, period, [&](std::uint64_t lane, std::uint64_t b, std::uint64_t e) {
    if (!is_dense) {
      lanes_[lane].Update(b, e,
                          [&](std::uint64_t begin, std::uint64_t end, const History* history) {
                            return change(begin, end, lane + period * begin, history);
                          });
      return;
    }
    for (std::uint64_t i = b; i < e; ++i) {
      const std::uint64_t number = lane + period * i;
      lanes_[lane].Update(i, i + 1, [&](std::uint64_t, std::uint64_t, const History* history) {
        const std::optional<History> plain =
            history == nullptr ? PlainHistory(number) : std::nullopt;
        std::optional<History> next = change(i, i + 1, number, plain ? &*plain : history);
        if (!next || !next->is_settled) return next;
        settled_.Insert({number, 1, 1});
        return std::optional<History>();
      });
      has_histories_ = true;
    }
  });
}

void SendLedger::OnOffered(const Send& send, const core::Run& run) {
  sends_ += run.count;
  if (schedule().is_dense() && sent_.ContainsNone(run) && settled_.ContainsNone(run) &&
      IsPlain(send, run)) {
    sent_.Insert(run);
    return;
  }
  const bool is_between_correct = IsBetweenCorrect(send);
  Update(run, [&](std::uint64_t begin, std::uint64_t end, std::uint64_t, const History* history) {
    if (history == nullptr) return std::optional<History>(History{false, {send}});
    const std::uint64_t count = end - begin;
    resends_ += count;
    std::optional<History> next(*history);
    if (next->is_settled) {
      premature_ += count;
      return next;
    }
    // Only before the send that may settle it are equal pairs one; after it, all are premature.
    const bool is_known =
        !is_between_correct && !StandingOf(*next).is_settling &&
        std::find(next->sends.begin(), next->sends.end(), send) != next->sends.end();
    if (!is_known && next->sends.size() < kMostListed) next->sends.push_back(send);
    return next;
  });
}

void SendLedger::OnHanded(const Send& send, const core::Run& run) {
  if (schedule().is_dense() && sent_.ContainsAll(run) && IsPlain(send, run)) {
    // Settled by its first send, which every bound allows.
    for (const core::Run& fresh : settled_.Insert(run)) CountSettled(0, fresh.count);
    return;
  }
  Update(run,
         [&](std::uint64_t begin, std::uint64_t end, std::uint64_t number, const History* history) {
           // Nobody offered it: a copy that the network made.
           if (history == nullptr) return std::optional<History>();
           std::optional<History> next(*history);
           const auto sent = std::find(next->sends.begin(), next->sends.end(), send);
           if (sent == next->sends.end()) return next;
           sent->is_handed = true;
           Settle(*next, number, end - begin);
           return next;
         });
}

void SendLedger::OnDestroyed(const Send& send, const core::Run& run) {
  Update(run,
         [&](std::uint64_t begin, std::uint64_t end, std::uint64_t number, const History* history) {
           if (history == nullptr) return std::optional<History>();
           std::optional<History> next(*history);
           const auto sent = std::find(next->sends.begin(), next->sends.end(), send);
           if (sent == next->sends.end()) return next;
           next->sends.erase(sent);
           Settle(*next, number, end - begin);
           return next;
         });
}

void SendLedger::Settle(History& history, std::uint64_t number, std::uint64_t count) {
  const Standing standing = StandingOf(history);
  if (!standing.is_handed) return;
  premature_ += standing.later * count;
  NoteAttempt(history.sends[standing.sends - 1], number, count);
  JudgeBound(history, standing, number, count);
  history.is_settled = true;
  history.sends.clear();
}

void SendLedger::CountSettled(std::uint64_t attempt, std::uint64_t count) {
  if (settled_by_.size() <= attempt) settled_by_.resize(attempt + 1);
  settled_by_[attempt] += count;
}

void SendLedger::NoteAttempt(const Send& send, std::uint64_t number, std::uint64_t count) {
  const std::uint64_t lanes = lanes_.size();
  const Schedule& schedule = this->schedule();
  const auto note = [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t first = lane + lanes * begin;
    const bool is_first_send =
        schedule.Sender(first, 0) == send.from && schedule.Receiver(first, 0) == send.to;
    const std::uint64_t attempt =
        is_first_send ? 0 : std::min(kMostAttempts, schedule.AttemptOf(send.from, send.to, first));
    CountSettled(attempt, end - begin);
  };
  schedule.ForEachPart(core::Run{number, count, lanes}, note);
}

void SendLedger::JudgeBound(const History& history, const Standing& standing, std::uint64_t number,
                            std::uint64_t count) {
  if (standing.sends <= bound_.always_kept()) return;
  failed_.clear();
  for (std::size_t i = 0; i + (standing.is_settling ? 1 : 0) < standing.sends; ++i) {
    const Send& send = history.sends[i];
    failed_.push_back(
        {send.from, send.to, facts_->IsCorrect(facts_->senders().Replica(send.from))});
  }
  const std::uint64_t lanes = lanes_.size();
  schedule().ForEachPart(core::Run{number, count, lanes},
                         [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
                           JudgeAlike(standing, lane + lanes * begin, end - begin);
                         });
}

void SendLedger::JudgeAlike(const Standing& standing, std::uint64_t number, std::uint64_t count) {
  const SendBound::Judgement judgement = bound_.Judge(number, failed_, standing.is_settling);
  if (judgement.is_kept()) return;
  excesses_ += count;
  if (!excess_) excess_ = Excess{number, judgement.sends, judgement.bound};
}

SendLedgers::SendLedgers(const std::shared_ptr<StreamFacts>& facts) {
  for (std::size_t view = 0; view < facts->views().size(); ++view)
    of_views_.emplace_back(facts, view);
}

void SendLedgers::OnEvent(const Event& event) {
  for (SendLedger& ledger : of_views_) ledger.OnEvent(event);
}

void SendLedgers::Finish() {
  for (SendLedger& ledger : of_views_) ledger.Finish();
}

const std::optional<SendLedger::Excess>& SendLedgers::excess() const {
  for (const SendLedger& ledger : of_views_)
    if (ledger.excess()) return ledger.excess();
  return of_views_[0].excess();
}

std::uint64_t SendLedgers::SumOf(std::uint64_t (SendLedger::*count)() const) const {
  std::uint64_t sum = 0;
  for (const SendLedger& ledger : of_views_) sum += (ledger.*count)();
  return sum;
}

std::vector<std::uint64_t> SendLedgers::settled_by() const {
  std::vector<std::uint64_t> sums;
  for (const SendLedger& ledger : of_views_) {
    sums.resize(std::max(sums.size(), ledger.settled_by().size()));
    for (std::size_t t = 0; t < ledger.settled_by().size(); ++t) sums[t] += ledger.settled_by()[t];
  }
  return sums;
}

std::shared_ptr<SendLedgers> LedgerFor(const Charge& charge,
                                       const std::shared_ptr<StreamFacts>& facts) {
  return charge.shared.Get<SendLedgers>(charge.promise.scope,
                                        [&] { return std::make_shared<SendLedgers>(facts); });
}

}  // namespace lockstep::analysis
