// Resends by complaints: see resends.h.

#include "analysis/c3b/resends.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lockstep::analysis {
namespace {

using trace::Event;
using trace::EventKind;

// Bits of Noted::used. Attempts that designate one sender beyond so many are allowed unseen.
constexpr std::uint64_t kUsedBits = 64;
// Entries of Noted that call for pruning first, and that are too many after it.
constexpr std::size_t kPruneFirst = 64;
constexpr std::size_t kMostNoted = 4096;

}  // namespace

ResendChecker::ResendChecker(std::shared_ptr<StreamFacts> facts, core::Duration repeat_interval)
    : StreamChecker("R1", "resends by complaints", facts,
                    trace::Interest()
                        .Add(core::Fact::kStates, trace::Phase::kHanded)
                        .Add(core::Fact::kCarries, trace::Phase::kSent)),
      repeat_interval_(repeat_interval),
      where_(facts->senders().size) {
  for (const StreamView& view : facts->views()) {
    const Sender sender{ComplaintBook(RuleOf(view)), {}, kPruneFirst, 0, 0};
    InView in{view.schedule, {}, {}};
    in.senders.assign(facts->senders().size, sender);
    in.originals.resize(view.schedule.lanes());
    views_.push_back(std::move(in));
  }
}

ComplaintBook::Rule ResendChecker::RuleOf(const StreamView& view) const {
  return {
      view.schedule,    std::uint64_t{view.receivers.u} + 1,  std::uint64_t{view.receivers.r} + 1,
      repeat_interval_, facts().stream().content.clock_ahead, view.receivers.stake};
}

void ResendChecker::Follow(std::size_t index, std::size_t view) {
  const std::size_t before = std::exchange(where_[index], view);
  if (before == view) return;
  const std::uint64_t quack = views_[before].senders[index].complaints.quack();
  views_[view].senders[index].complaints = ComplaintBook(RuleOf(facts().views()[view]), quack);
  views_[view].senders[index].settled = quack;
}

std::size_t ResendChecker::size() const {
  std::size_t sum = 0;
  for (const InView& in : views_) {
    for (const Sender& sender : in.senders)
      sum += sender.complaints.size() + sender.noted.intervals().size();
    for (const auto& lane : in.originals) sum += lane.intervals().size();
  }
  return sum;
}

void ResendChecker::Judge(const Event& event) {
  last_ = event.at;
  if (event.Is(core::Fact::kStates, trace::Phase::kHanded)) OnHeard(event);
  if (event.Is(core::Fact::kCarries, trace::Phase::kSent)) OnOffered(event);
}

void ResendChecker::OnHeard(const Event& event) {
  if (!facts().IsAcross(event.node, event.peer) || !facts().IsCorrect(event.node)) return;
  const std::uint64_t index = event.node.value() - facts().senders().first.value();
  Follow(index, facts().ViewOf(event.node));
  if (event.epoch != facts().views()[where_[index]].number) return;
  listed_.clear();
  for (const core::Run& listed : event.runs) {
    if (const std::optional<core::Run> run = Plausible(listed, facts().period()))
      listed_.push_back(*run);
  }
  InView& in = views_[where_[index]];
  Sender& sender = in.senders[index];
  const Report report{event.at,    event.peer.value() - facts().receivers().first.value(),
                      event.value, event.further,
                      listed_,     CommittedBy(facts().stream().content, event.at)};
  sender.complaints.Hear(report, [&](const Stretch& stretch) {
    sender.noted.Update(stretch.begin, stretch.end,
                        [](std::uint64_t, std::uint64_t, const Noted* noted) {
                          Noted next = noted == nullptr ? Noted{} : *noted;
                          if (next.attempts < std::numeric_limits<std::uint32_t>::max()) {
                            ++next.attempts;
                          }
                          return std::optional<Noted>(next);
                        });
  });
  if (sender.noted.intervals().size() >= sender.prune_at) Prune(in.schedule, sender, index);
}

// Forgets attempts on k′ that are QUACKed, where they were made or are another sender's: no more of
// them will be noted.
void ResendChecker::Prune(const Schedule& schedule, Sender& sender, std::uint64_t index) {
  const core::LaneLine& line = sender.complaints.line();
  const std::uint64_t quack = sender.complaints.quack();
  const core::LaneLine::Cut cut = line.CutAt(quack);
  core::IntervalMap<Noted> kept;
  core::IntervalMap<Noted> above;
  for (const auto& interval : sender.noted.intervals()) {
    const std::uint64_t lane = line.Lane(interval.begin);
    const std::uint64_t split = std::clamp(cut.In(lane), interval.begin, interval.end);
    const bool is_settled = interval.begin < split;
    if (is_settled && !IsUsedUp(schedule, interval.value, index, line.RunAt(interval.begin, split)))
      kept.Assign(interval.begin, split, interval.value);
    kept.Assign(split, interval.end, interval.value);
    above.Assign(split, interval.end, interval.value);
  }
  if (kept.intervals().size() > kMostNoted) {
    sender.amnesty = quack;
    kept = std::move(above);
  }
  sender.noted = std::move(kept);
  sender.prune_at = std::max(kPruneFirst, 2 * sender.noted.intervals().size());
}

bool ResendChecker::IsUsedUp(const Schedule& schedule, const Noted& noted, std::uint64_t index,
                             const core::Run& run) {
  bool is_used_up = true;
  schedule.ForEachPart(run, [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t) {
    std::uint64_t own = 0;  // turns among the attempts
    schedule.ForEachTurn(index, lane + schedule.lanes() * begin,
                         [&](std::uint64_t t, std::uint64_t) {
                           if (t > noted.attempts || own >= kUsedBits) return false;
                           ++own;
                           return true;
                         });
    const bool is_all = own < kUsedBits && noted.used == (std::uint64_t{1} << own) - 1;
    is_used_up = is_used_up && is_all;
  });
  return is_used_up;
}

void ResendChecker::OnOffered(const Event& event) {
  if (!facts().IsAcross(event.node, event.peer) || !facts().IsCorrect(event.node)) return;
  const std::optional<core::Run> run = RunOf(event, facts().period());
  if (!run) return;
  const std::optional<std::size_t> view = facts().ViewNumbered(event.epoch);
  if (!view) return;  // Schedule agreement's business.
  SetExercised();
  InView& in = views_[*view];
  const Schedule& schedule = in.schedule;
  if (*view > 0) {
    Follow(event.node.value() - facts().senders().first.value(), facts().ViewOf(event.node));
    JudgeNewView(event, *view, *run);
  }
  if (schedule.is_dense()) return OnOfferedDense(event, *run, in);
  const std::uint64_t sender = event.node.value() - facts().senders().first.value();
  const std::uint64_t receiver = event.peer.value() - facts().receivers().first.value();
  schedule.ForEachPart(*run, [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t number = lane + schedule.lanes() * begin;
    if (schedule.Sender(number, 0) != sender || schedule.Receiver(number, 0) != receiver) {
      JudgeResend(event, in, lane, begin, end);
      return;
    }
    in.originals[lane].Update(begin, end,
                              [&](std::uint64_t from, std::uint64_t to, const Present* sent) {
                                if (sent != nullptr) JudgeResend(event, in, lane, from, to);
                                return std::optional<Present>(Present{});
                              });
  });
}

void ResendChecker::JudgeNewView(const Event& event, std::size_t view, const core::Run& run) {
  const std::uint64_t index = event.node.value() - facts().senders().first.value();
  const std::uint64_t receiver = event.peer.value() - facts().receivers().first.value();
  const InView& in = views_[view];
  const Sender& sender = in.senders[index];
  if (run.first < sender.settled) {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " sends k′ ", run.first, " in view ", event.epoch,
                          ", and it was QUACKed there before");
    });
    return;
  }
  const Schedule& schedule = in.schedule;
  if (schedule.is_dense()) return;
  const std::uint64_t lanes = schedule.lanes();
  schedule.ForEachPart(run, [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t number = lane + lanes * begin;
    const bool is_original =
        schedule.Sender(number, 0) == index && schedule.Receiver(number, 0) == receiver;
    if (!is_original) return;
    for (std::uint64_t i = begin; i < end && !passed_over_.empty(); ++i)
      passed_over_.erase({view, lane + lanes * i});
    // What was sent in this view may be performed when its sender is in a later one already, and
    // knows there what it had QUACKed.
    const std::uint64_t quack = std::max(sender.complaints.quack(),
                                         views_[where_[index]].senders[index].complaints.quack());
    if (begin == 0 || number - lanes < quack) return;
    in.originals[lane].ForEach(
        begin - 1, begin, [&](std::uint64_t, std::uint64_t, const Present* sent) {
          if (sent == nullptr)
            passed_over_.emplace(std::pair(view, number - lanes), PassedOver{event.at, event.node});
        });
  });
}

void ResendChecker::Finish() {
  for (const auto& [which, passed] : passed_over_) {
    const bool was_time =
        passed.at <= facts().recipe().heal && last_ - passed.at >= facts().recipe().settle;
    if (!was_time) continue;
    Object(passed.at, passed.sender, [&] {
      return absl::StrCat(Host(passed.sender), " never sends k′ ", which.second, " in view ",
                          facts().views()[which.first].number,
                          ", where it sends later ones of the same turn, and it was not QUACKed");
    });
  }
}

void ResendChecker::OnOfferedDense(const Event& event, const core::Run& run, InView& in) {
  const Schedule& schedule = in.schedule;
  const std::uint64_t sender = event.node.value() - facts().senders().first.value();
  const std::uint64_t receiver = event.peer.value() - facts().receivers().first.value();
  const bool is_original = schedule.IsFirstPair(sender, receiver, run);
  if (is_original && in.dense_originals.ContainsNone(run)) {
    in.dense_originals.Insert(run);
    return;
  }
  for (std::uint64_t i = 0; i < run.count; ++i) {
    const core::Run one{run.At(i), 1, 1};
    const bool is_turn = is_original || schedule.IsFirstPair(sender, receiver, one);
    if (is_turn && !in.dense_originals.Insert(one).empty()) continue;
    const std::uint64_t index = one.first / schedule.lanes();
    JudgeResend(event, in, one.first % schedule.lanes(), index, index + 1);
  }
}

// Of the k′ with indices [begin, end) in `lane`, which have the same pairs, and which this node did
// not have to send in its turn.
void ResendChecker::JudgeResend(const Event& event, InView& in, std::uint64_t lane,
                                std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t index = event.node.value() - facts().senders().first.value();
  const std::uint64_t receiver = event.peer.value() - facts().receivers().first.value();
  Sender& sender = in.senders[index];
  const core::LaneLine& line = sender.complaints.line();
  const core::LaneLine::Cut amnesty = line.CutAt(sender.amnesty);
  const auto judge = [&](std::uint64_t from, std::uint64_t, const Noted* noted) {
    Noted next = noted == nullptr ? Noted{} : *noted;
    if (Use(in.schedule, next, index, receiver, line.Number(from)))
      return std::optional<Noted>(next);
    Object(event.at, event.node,
           [&] { return WhyNot(event, in.schedule, line.Number(from), next.attempts); });
    return noted == nullptr ? std::optional<Noted>() : std::optional<Noted>(*noted);
  };
  // What is noted is kept by the lanes of lists, which may be others.
  const std::uint64_t lanes = in.schedule.lanes();
  core::ForEachLane({lane + lanes * begin, end - begin, lanes}, line.lanes(),
                    [&](std::uint64_t of_list, std::uint64_t from, std::uint64_t to) {
                      const std::uint64_t base = line.Begin(of_list);
                      const std::uint64_t judged =
                          std::clamp(amnesty.In(of_list), base + from, base + to);
                      sender.noted.Update(judged, base + to, judge);
                    });
}

std::string ResendChecker::WhyNot(const Event& event, const Schedule& schedule,
                                  std::uint64_t number, std::uint64_t attempts) const {
  const std::uint64_t index = event.node.value() - facts().senders().first.value();
  const std::uint64_t first = schedule.FirstAttemptOf(index, number);
  const std::string again = absl::StrCat(Host(event.node), " sends k′ ", number, " to ",
                                         Host(event.peer), " again, but ");
  if (attempts == 0) return absl::StrCat(again, "what it heard are no complaints");
  if (first == 0) return absl::StrCat(again, "no attempt designates it");
  if (attempts < first) {
    return absl::StrCat(again, "from what it heard it can have noted attempt ", attempts,
                        " at most, and its turn is attempt ", first);
  }
  return absl::StrCat(again, "none of its turns up to attempt ", attempts,
                      " is for this pair and unused; the first one, attempt ", first, ", is to ",
                      Host(facts().receivers().Replica(schedule.Receiver(number, first))));
}

bool ResendChecker::Use(const Schedule& schedule, Noted& noted, std::uint64_t sender,
                        std::uint64_t receiver, std::uint64_t number) {
  std::uint64_t i = 0;
  bool is_allowed = false;
  schedule.ForEachTurn(sender, number, [&](std::uint64_t t, std::uint64_t whose) {
    if (t > noted.attempts) return false;
    is_allowed = i >= kUsedBits;
    if (is_allowed) return false;
    const std::uint64_t bit = std::uint64_t{1} << i++;
    if (whose != receiver || (noted.used & bit) != 0) return true;
    noted.used |= bit;
    is_allowed = true;
    return false;
  });
  return is_allowed;
}

namespace {

// {"repeat_interval_ps": ...}: without it every repeat would be allowed.
absl::StatusOr<std::unique_ptr<Checker>> MakeResends(const Charge& charge) {
  const absl::StatusOr<std::shared_ptr<StreamFacts>> facts = FactsFor(charge);
  if (!facts.ok()) return facts.status();
  const nlohmann::json interval =
      charge.promise.parameters.value("repeat_interval_ps", nlohmann::json());
  if (!interval.is_number_unsigned() || interval > std::numeric_limits<std::int64_t>::max()) {
    return absl::InvalidArgumentError(R"(want the parameter "repeat_interval_ps", a time)");
  }
  return std::make_unique<ResendChecker>(*facts,
                                         core::Duration::Picoseconds(interval.get<std::int64_t>()));
}

}  // namespace

const Oracle kResendOracle = {"R1", &MakeResends};

}  // namespace lockstep::analysis
