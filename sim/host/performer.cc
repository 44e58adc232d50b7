// Effects in order: see performer.h.

#include "sim/host/performer.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

using core::effect::Spend;

bool IsWrite(const core::Listed& listed) {
  return std::holds_alternative<core::effect::Save>(listed.what) ||
         std::holds_alternative<core::effect::SaveSnapshot>(listed.what);
}

Disk::Write WriteOf(const core::Listed& listed) {
  if (const auto* save = std::get_if<core::effect::Save>(&listed.what))
    return {listed.layer, save->record, false, {}};
  return {listed.layer, std::get<core::effect::SaveSnapshot>(listed.what).snapshot, true, {}};
}

const Spend* WorkOf(const core::Listed& listed) { return std::get_if<Spend>(&listed.what); }

// The two halves of the argument of a kWork.
constexpr unsigned kIndexBits = 32;

}  // namespace

std::uint64_t Performer::undone() const {
  std::uint64_t undone = at_once_;
  for (const Step& step : steps_) undone += step.list.size() - step.told;
  return undone;
}

std::vector<Message> Performer::Crash() {
  free_steps_.clear();
  for (std::size_t slot = 0; slot < steps_.size(); ++slot) Release(slot);
  last_word_.Clear();
  return outbox_.TakeAll();
}

bool Performer::TakesTime(const core::Listed& listed) const {
  return !disk_.is_instant() && IsWrite(listed);
}

bool Performer::NeedsStep(const core::Listed& listed) const {
  if (std::holds_alternative<core::effect::Send>(listed.what))
    return stages_.IsServedOnArrival(profile_.send_message.stage);
  if (const Spend* work = WorkOf(listed)) return !stages_.IsFree(PriceOf(*work));
  return TakesTime(listed);
}

// --- Steps ---

void Performer::Take(core::Instant now, std::vector<core::Listed>& list) {
  ++calls_;
  const core::Instant called = stages_.Do(profile_.call, 1, core::ByteCount(0), now);
  const std::uint64_t life = tasks_.life();
  const std::size_t performed = called == now ? PerformAtOnce(now, list) : 0;
  if (tasks_.life() == life && performed < list.size()) {
    const std::size_t slot = MakeStep(now, list, performed);
    steps_[slot].ready = called;
    Resume(now, slot);
  }
  list.clear();
}

std::size_t Performer::PerformAtOnce(core::Instant now, std::vector<core::Listed>& list) {
  std::size_t i = 0;
  for (; i < list.size() && !NeedsStep(list[i]); ++i) {
    at_once_ = list.size() - i;
    const bool goes_on = !StillStands(list[i], calls_) || Perform(now, now, list[i], 0, i);
    at_once_ = 0;
    if (!goes_on) return list.size();
  }
  return i;
}

std::size_t Performer::MakeStep(core::Instant now, std::vector<core::Listed>& list,
                                std::size_t next) {
  if (free_steps_.empty()) {
    free_steps_.push_back(steps_.size());
    steps_.emplace_back();
  }
  const std::size_t slot = free_steps_.back();
  free_steps_.pop_back();
  Step& step = steps_[slot];
  step.list.swap(list);
  step.work.assign(step.list.size(), Work{});
  step.call = calls_;
  step.next = step.told = next;
  step.unserved = 0;
  for (std::size_t i = next; i < step.list.size(); ++i)
    if (WorkOf(step.list[i]) != nullptr) ++step.unserved;
  step.coming = 0;
  step.ready = now;
  step.since = now;
  step.durable = core::Instant();
  step.stood_still = tasks_.stood_still();
  step.waits_for_work = false;
  return slot;
}

void Performer::Release(std::size_t slot) {
  Step& step = steps_[slot];
  step.list.clear();
  step.told = 0;
  free_steps_.push_back(slot);
}

void Performer::CatchUp(Step& step) {
  const core::Duration late = tasks_.stood_still() - step.stood_still;
  if (late.ps() == 0) return;
  step.ready = step.ready + late;
  for (Work& work : step.work)
    if (work.is_served) work.done = work.done + late;
  step.stood_still = tasks_.stood_still();
}

void Performer::Resume(core::Instant now, std::size_t slot) {
  Step& step = steps_[slot];
  CatchUp(step);
  step.waits_for_work = false;
  if (step.durable > core::Instant()) disk_.Settle(now);
  const Progress progress = Advance(now, slot);
  if (progress == Progress::kCutOff) return;
  if (step.unserved > 0) ServeAhead(now, slot);
  step.waits_for_work = progress == Progress::kWaitsForWork;
  if (progress == Progress::kWaits)
    tasks_.Push(std::max(step.ready, step.durable), TaskKind::kStep, slot);
  if (progress == Progress::kDone && step.coming == 0) Release(slot);
}

Performer::Progress Performer::Advance(core::Instant now, std::size_t slot) {
  Step& step = steps_[slot];
  for (; step.next < step.list.size(); ++step.next) {
    core::Listed& listed = step.list[step.next];
    if (WorkOf(listed) != nullptr) {
      if (!step.work[step.next].is_served) ServeAhead(now, slot);
      if (!step.work[step.next].is_served) return Progress::kWaitsForWork;
      step.ready = std::max(step.ready, step.work[step.next].done);
      continue;
    }
    if (std::max(step.ready, step.durable) > now) return Progress::kWaits;
    if (TakesTime(listed)) {
      const Progress progress = AdvanceWrites(now, step);
      if (progress != Progress::kDone) return progress;
      continue;
    }
    if (!TellWork(now, step, step.next)) return Progress::kCutOff;
    if (StillStands(listed, step.call) && !Perform(now, step.since, listed, slot, step.next))
      return Progress::kCutOff;
    step.told = step.next + 1;
  }
  return TellWork(now, step, step.list.size()) ? Progress::kDone : Progress::kCutOff;
}

// Writes that a call lists in a row share a sync. They are begun when the first of them is due, and
// told when all of them are durable.
Performer::Progress Performer::AdvanceWrites(core::Instant now, Step& step) {
  std::size_t end = step.next;
  while (end < step.list.size() && IsWrite(step.list[end])) ++end;
  if (!step.work[step.next].is_served) {
    std::vector<Disk::Write> group;
    core::ByteCount bytes;
    for (std::size_t i = step.next; i < end; ++i) {
      group.push_back(WriteOf(step.list[i]));
      if (hook_ != nullptr) group.back().harm = hook_->BeforeRecord(now, tasks_.host());
      bytes = bytes + group.back().record.byte_count();
    }
    core::Duration longer;
    if (hook_ != nullptr) longer = hook_->BeforeWrite(now, tasks_.host(), bytes);
    step.work[step.next].is_served = true;
    step.durable = disk_.Begin(now, std::move(group), longer);
    if (step.durable > now) return Progress::kWaits;
    disk_.Settle(now);
  }
  if (!TellWork(now, step, step.next)) return Progress::kCutOff;
  for (Message none; step.next < end; ++step.next) {
    core::Listed& listed = step.list[step.next];
    if (!SurvivesHook(now, listed)) return Progress::kCutOff;
    listener_.OnPerformed(now, step.since, listed, none);
    step.told = step.next + 1;
  }
  --step.next;  // Advance goes on to what follows.
  return Progress::kDone;
}

bool Performer::TellWork(core::Instant now, Step& step, std::size_t end) {
  for (Message none; step.told < end; ++step.told) {
    if (!SurvivesHook(now, step.list[step.told])) return false;
    listener_.OnPerformed(now, step.since, step.list[step.told], none);
  }
  return true;
}

bool Performer::SurvivesHook(core::Instant now, const core::Listed& listed) {
  if (hook_ == nullptr) return true;
  const std::uint64_t life = tasks_.life();
  hook_->BeforeEffect(now, tasks_.host(), listed);
  return tasks_.life() == life;
}

bool Performer::StillStands(const core::Listed& listed, std::uint64_t call) {
  if (steps_.size() == free_steps_.size()) {
    // Nobody waits who could come too late.
    if (!last_word_.is_empty()) last_word_.Clear();
    return true;
  }
  const auto thing = LastWord::ThingOf(listed);
  if (!thing) return true;
  if (!last_word_.Stands(*thing, call)) return false;
  last_word_.Note(*thing, call);
  if (last_word_.is_large()) last_word_.Forget(OldestCall());
  return true;
}

std::uint64_t Performer::OldestCall() const {
  std::uint64_t oldest = calls_;
  for (const Step& step : steps_)
    if (!step.list.empty()) oldest = std::min(oldest, step.call);
  return oldest;
}

bool Performer::Perform(core::Instant now, core::Instant since, core::Listed& listed,
                        std::size_t slot, std::size_t index) {
  if (!SurvivesHook(now, listed)) return false;
  const std::uint64_t life = tasks_.life();
  Message message;
  const bool goes_on = listener_.OnPerformed(now, since, listed, message);
  if (goes_on && std::holds_alternative<core::effect::Send>(listed.what)) {
    HandToSendStage(now, std::move(message), slot, index);
  } else if (IsWrite(listed)) {
    Disk::Write write = WriteOf(listed);
    if (hook_ != nullptr) write.harm = hook_->BeforeRecord(now, tasks_.host());
    disk_.Keep(std::move(write));
  }
  return tasks_.life() == life;
}

// --- Work ---

std::uint64_t Performer::ToCome(const Step& step, std::size_t index) const {
  const core::Listed& listed = step.list[index];
  const Work& work = step.work[index];
  const auto bit = [&](const Price& price) {
    return stages_.IsFree(price) ? 0 : std::uint64_t{1} << stages_.CoreOf(price.stage);
  };
  if (const Spend* spend = WorkOf(listed)) return work.is_served ? 0 : bit(PriceOf(*spend));
  if (!std::holds_alternative<core::effect::Send>(listed.what)) return 0;
  return index >= step.next || work.is_coming ? bit(profile_.send_message) : 0;
}

void Performer::ServeAhead(core::Instant now, std::size_t slot) {
  Step& step = steps_[slot];
  std::uint64_t blocked = 0;
  // What is on its way was performed, and may still keep others from their core.
  const std::size_t first = step.coming > 0 ? 0 : step.next;
  for (std::size_t i = first; i < step.list.size(); ++i) {
    const Work& work = step.work[i];
    const Spend* spend = WorkOf(step.list[i]);
    if (spend != nullptr && !work.is_served && !work.is_coming &&
        (ToCome(step, i) & blocked) == 0) {
      TryServe(now, slot, i);
    }
    blocked |= ToCome(step, i);
  }
}

core::Instant Performer::FedAt(core::Instant now, const Step& step, std::size_t index) const {
  const std::size_t stage = PriceOf(*WorkOf(step.list[index])).stage;
  const std::size_t feeder = stages_.Follows(stage);
  if (feeder == stage) return now;
  core::Instant at = now;
  for (std::size_t i = 0; i < index; ++i) {
    const Spend* spend = WorkOf(step.list[i]);
    if (spend == nullptr || PriceOf(*spend).stage != feeder) continue;
    if (!step.work[i].is_served) return core::Instant::Max();
    at = std::max(at, step.work[i].done);
  }
  return at;
}

void Performer::TryServe(core::Instant now, std::size_t slot, std::size_t index) {
  Step& step = steps_[slot];
  Work& work = step.work[index];
  if (work.is_coming) return;
  const Spend& spend = *WorkOf(step.list[index]);
  const Price& price = PriceOf(spend);
  if (stages_.IsServedOnArrival(price.stage)) {
    // It is handed over when its feeder is through, and no sooner: another call's may come first.
    core::Instant at = FedAt(now, step, index);
    if (at == core::Instant::Max()) return;
    work.is_handed_over = at <= now;
    if (work.is_handed_over) at = stages_.ArrivalAt(price.stage, now);
    if (at > now) {
      work.is_coming = true;
      ++step.coming;
      tasks_.Push(at, TaskKind::kWork, std::uint64_t{slot} << kIndexBits | index);
      return;
    }
    work.done = stages_.Serve(price, spend.count, spend.bytes, now);
  } else {
    work.done = stages_.Do(price, spend.count, spend.bytes, now);
  }
  work.is_served = true;
  --step.unserved;
}

void Performer::OnArrival(core::Instant now, std::size_t slot, std::size_t index) {
  Step& step = steps_[slot];
  CatchUp(step);
  Work& work = step.work[index];
  CHECK(work.is_coming);
  const Spend* spend = WorkOf(step.list[index]);
  if (spend != nullptr && !std::exchange(work.is_handed_over, true)) {
    const core::Instant arrives = stages_.ArrivalAt(PriceOf(*spend).stage, now);
    if (arrives > now) {
      tasks_.Push(arrives, TaskKind::kWork, std::uint64_t{slot} << kIndexBits | index);
      return;
    }
  }
  work.is_coming = false;
  --step.coming;
  if (spend != nullptr) {
    work.done = stages_.Serve(PriceOf(*spend), spend->count, spend->bytes, now);
    work.is_served = true;
    --step.unserved;
  } else {
    Message message = outbox_.Take(work.outbox);
    const core::ByteCount size = message.payload.byte_count();
    FinishSending(now, stages_.Serve(profile_.send_message, 1, size, now), std::move(message));
  }
  if (step.next == step.list.size() && step.coming == 0) return Release(slot);
  if (step.unserved > 0) ServeAhead(now, slot);
  if (step.waits_for_work && step.work[step.next].is_served) Resume(now, slot);
}

// --- Messages ---

void Performer::HandToSendStage(core::Instant now, Message&& message, std::size_t slot,
                                std::size_t index) {
  const Price& price = profile_.send_message;
  const core::ByteCount size = message.payload.byte_count();
  if (stages_.IsServedOnArrival(price.stage)) {
    const core::Instant arrives = stages_.ArrivalAt(price.stage, now);
    Step& step = steps_[slot];
    step.work[index].is_coming = true;
    step.work[index].outbox = outbox_.Put(std::move(message));
    ++step.coming;
    tasks_.Push(arrives, TaskKind::kWork, std::uint64_t{slot} << kIndexBits | index);
    return;
  }
  FinishSending(now, stages_.Do(price, 1, size, now), std::move(message));
}

void Performer::FinishSending(core::Instant now, core::Instant done, Message&& message) {
  if (done == now) {
    listener_.OnSendable(now, std::move(message));
  } else if (outbox_.used() > 0 || !listener_.OnSendableAt(now, done, message)) {
    // Behind one that waits, all wait: they keep their order.
    tasks_.Push(done, TaskKind::kTransmit, outbox_.Put(std::move(message)));
  }
}

void Performer::OnTask(core::Instant now, const Task& task) {
  switch (static_cast<TaskKind>(task.kind)) {
    case TaskKind::kStep:
      // It may have waited for the disk, which went on; Resume looks at what it waits for now.
      if (now < tasks_.paused_until() && tasks_.Late(task).ps() > 0) {
        tasks_.Push(tasks_.paused_until(), TaskKind::kStep, task.a);
      } else {
        Resume(now, task.a);
      }
      return;
    case TaskKind::kWork:
      if (tasks_.Postpone(now, task)) return;
      OnArrival(now, task.a >> kIndexBits, task.a & ((std::uint64_t{1} << kIndexBits) - 1));
      return;
    case TaskKind::kTransmit:
      if (tasks_.Postpone(now, task)) return;
      listener_.OnSendable(now, outbox_.Take(task.a));
      return;
    default:
      CHECK(false);
  }
}

}  // namespace lockstep::sim
