// The search for an order: see search.h.

#include "analysis/linear/search.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "protocols/core/hash.h"

namespace lockstep::analysis::linear {
namespace {

using core::Mix;

constexpr std::uint64_t kOneSeed = 0x4C6F7765;
constexpr std::uint64_t kOtherSeed = 0x57696E67;

// How many of the reads that return next are asked whether they can still be explained.
constexpr std::size_t kReadsAhead = 64;

std::pair<std::uint64_t, std::uint64_t> FingerprintOf(std::uint64_t what) {
  return {Mix(what, kOneSeed), Mix(what, kOtherSeed)};
}

bool ChangesNothing(const Operation& operation) {
  if (operation.action == Action::kRead) return true;
  return operation.action == Action::kCompareAndSet &&
         (operation.is_refused || operation.expected == operation.value);
}

// What it does, for those that do the same: kind, expected, value.
using Deed = std::tuple<Action, std::string_view, std::string_view>;

}  // namespace

Search::Search(std::span<const Operation> operations, const std::string& initial,
               std::uint32_t until)
    : value_(initial) {
  AddItems(operations, until);
  LinkEntries();
  producers_.Finish();
}

void Search::AddItems(std::span<const Operation> operations, std::uint32_t until) {
  std::map<Deed, std::uint32_t> deeds;
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    if (operation.invoked >= until) break;
    Item item;
    item.operation = &operation;
    item.index = i;
    item.returned = operation.returned < until ? operation.returned : Operation::kNever;
    item.is_observer = ChangesNothing(operation);
    // What nobody has seen and what changes nothing explains nothing.
    if (item.is_observer && item.returned == Operation::kNever) continue;
    const auto number = static_cast<std::uint32_t>(items_.size());
    item.same = deeds.try_emplace({operation.action, operation.expected, operation.value}, number)
                    .first->second;
    item.mark = FingerprintOf(number);
    if (!item.is_observer) {
      producers_.AddWriter(number, operation, item.returned);
      chains_.AddWriter(number, operation);
    }
    if (item.is_observer && !operation.is_refused)
      producers_.AddRead(number, operation, item.returned);
    items_.push_back(item);
  }
  for (const Item& item : items_) {
    if (item.operation->action == Action::kRead) chains_.AddRead(item.operation->value, value_);
  }
}

void Search::LinkEntries() {
  entries_.push_back({});
  for (std::uint32_t i = 0; i < items_.size(); ++i) {
    entries_.push_back({i, false, items_[i].operation->invoked, 0, 0});
    if (items_[i].returned != Operation::kNever)
      entries_.push_back({i, true, items_[i].returned, 0, 0});
  }
  std::sort(entries_.begin() + 1, entries_.end(),
            [](const Entry& a, const Entry& b) { return a.place < b.place; });
  entries_.push_back({});
  end_ = static_cast<std::uint32_t>(entries_.size() - 1);
  entry_of_call_.resize(items_.size());
  entry_of_return_.resize(items_.size());
  for (std::uint32_t i = 0; i <= end_; ++i) {
    entries_[i].previous = i - 1;
    entries_[i].next = i + 1;
    if (i == 0 || i == end_) continue;
    (entries_[i].is_return ? entry_of_return_ : entry_of_call_)[entries_[i].item] = i;
  }
}

void Search::Unlink(std::uint32_t entry) {
  entries_[entries_[entry].previous].next = entries_[entry].next;
  entries_[entries_[entry].next].previous = entries_[entry].previous;
}

void Search::Relink(std::uint32_t entry) {
  entries_[entries_[entry].previous].next = entry;
  entries_[entries_[entry].next].previous = entry;
}

void Search::Place(std::uint32_t item) {
  Unlink(entry_of_call_[item]);
  if (entry_of_return_[item] != 0) Unlink(entry_of_return_[item]);
  items_[item].is_placed = true;
  set_.first += items_[item].mark.first;
  set_.second += items_[item].mark.second;
  placed_.push_back(item);
}

// Of the one placed last, so that the list comes back as it was.
void Search::Unplace() {
  const std::uint32_t item = placed_.back();
  placed_.pop_back();
  if (entry_of_return_[item] != 0) Relink(entry_of_return_[item]);
  Relink(entry_of_call_[item]);
  items_[item].is_placed = false;
  set_.first -= items_[item].mark.first;
  set_.second -= items_[item].mark.second;
}

bool Search::Fits(const Operation& operation) const {
  switch (operation.action) {
    case Action::kRead:
      return value_ == operation.value;
    case Action::kCompareAndSet:
      return (value_ == operation.expected) != operation.is_refused;
    case Action::kWrite:
    case Action::kAppend:
      return true;
  }
  return false;
}

bool Search::Enter() {
  const std::size_t candidates = candidates_.size();
  std::uint32_t entry = entries_[0].next;
  for (; entry != end_ && !entries_[entry].is_return; entry = entries_[entry].next) {
    const std::uint32_t item = entries_[entry].item;
    if (items_[item].is_observer && Fits(*items_[item].operation)) {
      const std::uint32_t before = entries_[entry].previous;
      Place(item);
      entry = before;  // What follows that now.
    } else if (!items_[item].is_observer) {
      candidates_.push_back(item);
    }
  }
  if (entry == end_) return true;
  const Fingerprint here(set_.first + state_.first, set_.second + state_.second);
  if (IsDeadEnd(entries_[entry].place) || !seen_.insert(here).second) {
    candidates_.resize(candidates);
  } else {
    SortCandidates(candidates);
  }
  frames_.back().candidates = candidates;
  frames_.back().next = candidates;
  return false;
}

// By when they return; of those that do the same only the first.
void Search::SortCandidates(std::size_t from) {
  const auto begin = candidates_.begin() + static_cast<std::ptrdiff_t>(from);
  std::sort(begin, candidates_.end(), [this](std::uint32_t a, std::uint32_t b) {
    return std::pair(items_[a].returned, a) < std::pair(items_[b].returned, b);
  });
  ++lists_;
  const auto is_repeated = [this](std::uint32_t item) {
    return std::exchange(items_[items_[item].same].listed, lists_) == lists_;
  };
  candidates_.erase(std::remove_if(begin, candidates_.end(), is_repeated), candidates_.end());
}

bool Search::IsDeadEnd(std::uint32_t frontier) const {
  const std::vector<Producers::Read>& reads = producers_.reads();
  std::size_t left = kReadsAhead;
  for (std::size_t i = producers_.FirstReadFrom(frontier); i < reads.size() && left > 0; ++i) {
    if (items_[reads[i].item].is_placed) continue;
    --left;
    if (!producers_.IsOnTheWay(reads[i], value_) && !CanBeMade(reads[i], frontier)) return true;
  }
  return false;
}

bool Search::CanBeMade(const Producers::Read& read, std::uint32_t frontier) const {
  for (const std::vector<Producers::Maker>* makers : read.makers) {
    auto maker = std::partition_point(
        makers->begin(), makers->end(),
        [&](const Producers::Maker& each) { return each.invoked < read.returned; });
    while (maker != makers->begin() && (--maker)->returned_max >= frontier) {
      if (!items_[maker->item].is_placed) return true;
    }
  }
  return false;
}

void Search::Apply(std::uint32_t item) {
  const Operation& operation = *items_[item].operation;
  Frame& frame = frames_.emplace_back();
  frame.item = item;
  frame.placed = placed_.size();
  frame.state_before = state_;
  const Fingerprint deed = FingerprintOf(items_.size() + items_[item].same);
  if (operation.action == Action::kAppend) {
    frame.is_append = true;
    frame.size_before = value_.size();
    value_ += operation.value;
    state_ = {Mix(state_.first, deed.first), Mix(state_.second, deed.second)};
  } else {
    frame.value_before = std::exchange(value_, operation.value);
    const std::uint64_t value = core::HashBytes(value_.data(), value_.size());
    state_ = {Mix(value, kOneSeed + 1), Mix(value, kOtherSeed + 1)};
  }
  Place(item);
}

bool Search::Leave() {
  Frame& frame = frames_.back();
  candidates_.resize(frame.candidates);
  while (placed_.size() > frame.placed) Unplace();
  if (frames_.size() == 1) return false;
  if (frame.is_append) {
    value_.resize(frame.size_before);
  } else {
    value_ = std::move(frame.value_before);
  }
  state_ = frame.state_before;
  frames_.pop_back();
  return true;
}

SearchResult Search::Run(std::uint64_t budget) {
  SearchResult result;
  if (chains_.is_impossible()) {
    result.verdict = Verdict::kViolated;
    return result;
  }
  frames_.emplace_back();
  bool is_done = Enter();
  while (!is_done) {
    Frame& frame = frames_.back();
    if (frame.next == candidates_.size()) {
      if (Leave()) continue;
      result.verdict = Verdict::kViolated;
      return result;
    }
    const std::uint32_t item = candidates_[frame.next++];
    if (!Fits(*items_[item].operation) || !chains_.MayFollow(frame.item, item)) continue;
    if (result.steps == budget) return result;
    ++result.steps;
    Apply(item);
    is_done = Enter();
  }
  result.verdict = Verdict::kHolds;
  for (const std::uint32_t item : placed_) result.order.push_back(items_[item].index);
  return result;
}

}  // namespace lockstep::analysis::linear
