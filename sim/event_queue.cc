// The wheel and its run. What moves where is told in the header; why it is fast, here.

#include "sim/event_queue.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include "protocols/core/check.h"
#include "protocols/core/hash.h"

namespace lockstep::sim {
namespace {

// Appends by growing by a quarter rather than to the double: memory limits large worlds sooner
// than copying does.
template <typename T>
std::uint32_t Append(std::vector<T>& items, const T& item) {
  if (items.size() == items.capacity()) items.reserve(items.size() + items.size() / 4 + 16);
  items.push_back(item);
  return static_cast<std::uint32_t>(items.size() - 1);
}

}  // namespace

void EventQueue::Push(core::Instant at, Turn turn, const Task& task) {
  CHECK(at.ps() >= 0);
  const auto at_ps = static_cast<std::uint64_t>(at.ps());
  CHECK(at.ps() >= now_ps_);
  const Turn in_turn = ties_ == 0 ? turn : turn.Permuted(core::Mix(ties_, at_ps));
  const Entry entry{at_ps, in_turn, StoreTask(task)};
  ++size_;
  if (at.ps() == now_ps_) {
    next_generation_.push_back(entry);
    is_crowded_ = true;
    return;
  }
  if (at_ps < run_limit_ps_ && run_end_ - run_begin_ == kRunMax) SpillRun();
  if (at_ps < run_limit_ps_) {
    PutInRun(entry);
  } else {
    PutInWheel(entry);
  }
}

std::uint64_t EventQueue::NextInWheel() const {
  const unsigned level = LowestLevel();
  return wheel_[level][FirstIndex(level)].at_ps_min;
}

Due EventQueue::Pop() {
  CHECK(!empty());
  Entry entry;
  if (is_crowded_) {
    entry = PopCrowded();
  } else {
    if (run_begin_ == run_end_) RefillRun();
    // A slot that does not fit the run is a crowd.
    entry = is_crowded_ ? PopCrowded() : PopRun();
  }
  now_ps_ = ToInstant(entry.at_ps).ps();
  --size_;
  const Due due{ToInstant(entry.at_ps), tasks_[entry.task]};
  tasks_[entry.task].a = free_task_;
  free_task_ = entry.task;
  return due;
}

inline EventQueue::Entry EventQueue::PopRun() {
  const Entry& entry = run_[run_begin_++];
  // The wheel keeps the order by where it puts things; this is where we would notice if it did not.
  CHECK(!entry.IsBefore(run_popped_));
  return run_popped_ = entry;
}

// What of the current time is still in the run comes first, then generation after generation.
EventQueue::Entry EventQueue::PopCrowded() {
  if (generation_.empty() && run_begin_ != run_end_ && IsNow(run_[run_begin_])) return PopRun();
  if (generation_.empty()) {
    generation_.swap(next_generation_);
    SortGeneration();
  }
  const Entry entry = generation_.back();
  generation_.pop_back();
  is_crowded_ = !generation_.empty() || !next_generation_.empty();
  return entry;
}

// The one that comes first to the end, and at equal turns the one pushed first.
void EventQueue::SortGeneration() {
  std::reverse(generation_.begin(), generation_.end());
  const auto comes_later = [](const Entry& a, const Entry& b) { return b.turn < a.turn; };
  if (!std::is_sorted(generation_.begin(), generation_.end(), comes_later))
    std::stable_sort(generation_.begin(), generation_.end(), comes_later);
}

std::size_t EventQueue::bytes_reserved() const {
  return sizeof(*this) + chunks_.capacity() * sizeof(Chunk) +
         next_chunk_.capacity() * sizeof(std::uint32_t) + tasks_.capacity() * sizeof(Task) +
         (generation_.capacity() + next_generation_.capacity()) * sizeof(Entry);
}

// Inline like PutInRun and PutInWheel below: a fifth of the speed of Push and Pop with g++.
inline std::uint32_t EventQueue::StoreTask(const Task& task) {
  if (free_task_ == kNone) {
    const bool has_room_for_another_pending_event = tasks_.size() < kTasksMost;
    CHECK(has_room_for_another_pending_event);
    return Append(tasks_, task);
  }
  const std::uint32_t index = free_task_;
  free_task_ = static_cast<std::uint32_t>(tasks_[index].a);
  tasks_[index] = task;
  return index;
}

// The entries on the shorter side give way, none where it is the first or the last.
inline void EventQueue::PutInRun(const Entry& entry) {
  const unsigned middle = run_begin_ + (run_end_ - run_begin_) / 2;
  if (run_begin_ > 0 && middle < run_end_ && entry.IsBefore(run_[middle])) {
    unsigned i = --run_begin_;
    for (; !entry.IsBefore(run_[i + 1]); ++i) run_[i] = run_[i + 1];
    run_[i] = entry;
    return;
  }
  if (run_end_ == run_.size()) {
    std::copy(run_.begin() + run_begin_, run_.begin() + run_end_, run_.begin());
    run_end_ -= run_begin_;
    run_begin_ = 0;
  }
  unsigned i = run_end_++;
  for (; i > run_begin_ && entry.IsBefore(run_[i - 1]); --i) run_[i] = run_[i - 1];
  run_[i] = entry;
}

inline void EventQueue::PutInWheel(const Entry& entry) {
  const std::uint64_t difference = (entry.at_ps ^ anchor_ps_) | 1;  // No difference: level 0.
  const unsigned level = static_cast<unsigned>(std::bit_width(difference) - 1) / kDigitBits;
  const unsigned index = (entry.at_ps >> (level * kDigitBits)) % kSlots;
  Slot& slot = wheel_[level][index];
  const std::uint32_t fill = slot.count % kChunkEntries;
  if (fill == 0) AddChunk(level, index);
  chunks_[slot.tail].entries[fill] = entry;
  slot.at_ps_min = std::min(slot.at_ps_min, entry.at_ps);
  ++slot.count;
}

void EventQueue::AddChunk(unsigned level, unsigned index) {
  std::uint32_t chunk = free_chunk_;
  if (chunk == kNone) {
    chunk = Append(chunks_, Chunk{});
    Append(next_chunk_, kNone);
  } else {
    free_chunk_ = next_chunk_[chunk];
  }
  Slot& slot = wheel_[level][index];
  if (slot.count == 0) {
    slot.head = chunk;
    occupied_[level] |= std::uint64_t{1} << index;
    occupied_levels_ |= 1U << level;
  } else {
    next_chunk_[slot.tail] = chunk;
  }
  slot.tail = chunk;
}

void EventQueue::FreeChunk(std::uint32_t chunk) {
  next_chunk_[chunk] = free_chunk_;
  free_chunk_ = chunk;
}

unsigned EventQueue::LowestLevel() const {
  return static_cast<unsigned>(std::countr_zero(occupied_levels_));
}

unsigned EventQueue::FirstIndex(unsigned level) const {
  return static_cast<unsigned>(std::countr_zero(occupied_[level]));
}

void EventQueue::Vacate(unsigned level, unsigned index) {
  wheel_[level][index] = Slot{};
  occupied_[level] &= ~(std::uint64_t{1} << index);
  if (occupied_[level] == 0) occupied_levels_ &= ~(1U << level);
}

// The run reaches too far ahead for what is being pushed: back into the wheel with it, but for what
// is due now. Nothing in the wheel is as early, so equal times stay in order.
void EventQueue::SpillRun() {
  const auto begin = run_.begin() + run_begin_;
  const auto end = run_.begin() + run_end_;
  const auto later = std::find_if(begin, end, [this](const Entry& entry) { return !IsNow(entry); });
  generation_.insert(generation_.begin(), std::reverse_iterator(later),
                     std::reverse_iterator(begin));
  is_crowded_ |= later != begin;
  run_limit_ps_ = later == end ? static_cast<std::uint64_t>(now_ps_) + 1 : later->at_ps;
  std::for_each(later, end, [this](const Entry& entry) { PutInWheel(entry); });
  run_begin_ = run_end_;
}

// Only Pop may call this: it moves the anchor to the earliest entry, and until that one is popped,
// an earlier one may still be pushed.
void EventQueue::RefillRun() {
  for (;;) {
    const unsigned level = LowestLevel();
    const unsigned index = FirstIndex(level);
    const Slot& slot = wheel_[level][index];
    anchor_ps_ = slot.at_ps_min;
    if (slot.count <= kSortMax) return Sort(level, index);
    if (level == 0) return Crowd(index);
    Scatter(level, index);
  }
}

// Moves the slot into the empty run: by counting on the digit below the slot's level, then by
// insertion, which finds little to move.
void EventQueue::Sort(unsigned level, unsigned index) {
  Slot& slot = wheel_[level][index];
  const std::uint32_t moved = slot.count;
  const unsigned shift = level == 0 ? 0 : (level - 1) * kDigitBits;
  std::array<std::uint8_t, kSlots> places{};  // places[digit]: how many, then where the next goes
  std::uint64_t digits = 0;                   // bit i: there is one with digit i
  std::uint32_t chunk = slot.head;
  for (std::uint32_t left = moved; left > 0;) {
    const std::uint32_t filled = std::min<std::uint32_t>(left, kChunkEntries);
    for (std::uint32_t i = 0; i < filled; ++i) {
      const Entry& entry = chunks_[chunk].entries[i];
      __builtin_prefetch(&tasks_[entry.task]);  // Due soon, and by now out of the cache.
      const unsigned digit = (entry.at_ps >> shift) % kSlots;
      ++places[digit];
      digits |= std::uint64_t{1} << digit;
    }
    left -= filled;
    chunk = next_chunk_[chunk];
  }
  for (std::uint8_t place = 0; digits != 0; digits &= digits - 1) {
    std::uint8_t& at = places[static_cast<unsigned>(std::countr_zero(digits))];
    place = static_cast<std::uint8_t>(place + std::exchange(at, place));
  }
  for (std::uint32_t left = moved; left > 0;) {
    const std::uint32_t filled = std::min<std::uint32_t>(left, kChunkEntries);
    const std::uint32_t full = slot.head;
    for (std::uint32_t i = 0; i < filled; ++i) {
      const Entry& entry = chunks_[full].entries[i];
      run_[places[(entry.at_ps >> shift) % kSlots]++] = entry;
    }
    left -= filled;
    slot.head = next_chunk_[full];
    FreeChunk(full);
  }
  run_begin_ = 0;
  run_end_ = 1;
  while (run_end_ < moved) {
    const Entry entry = run_[run_end_];
    PutInRun(entry);
  }
  const std::uint64_t width_ps = std::uint64_t{1} << (level * kDigitBits);
  run_limit_ps_ = (anchor_ps_ | (width_ps - 1)) + 1;
  Vacate(level, index);
}

// A slot of level 0, whose times are equal, becomes the generation that is popped next.
void EventQueue::Crowd(unsigned index) {
  Slot& slot = wheel_[0][index];
  for (std::uint32_t left = slot.count; left > 0;) {
    const std::uint32_t filled = std::min<std::uint32_t>(left, kChunkEntries);
    const std::uint32_t full = slot.head;
    for (std::uint32_t i = 0; i < filled; ++i) generation_.push_back(chunks_[full].entries[i]);
    left -= filled;
    slot.head = next_chunk_[full];
    FreeChunk(full);
  }
  SortGeneration();
  is_crowded_ = true;
  run_limit_ps_ = anchor_ps_;
  Vacate(0, index);
}

// Moves the slot to levels below: all its entries share the anchor's digits from `level` up.
void EventQueue::Scatter(unsigned level, unsigned index) {
  std::uint32_t chunk = wheel_[level][index].head;
  std::uint32_t left = wheel_[level][index].count;
  Vacate(level, index);
  while (left > 0) {
    const std::uint32_t filled = std::min<std::uint32_t>(left, kChunkEntries);
    for (std::uint32_t i = 0; i < filled; ++i) {
      const Entry entry = chunks_[chunk].entries[i];  // A copy, since chunks_ may grow.
      PutInWheel(entry);
    }
    left -= filled;
    const std::uint32_t next = next_chunk_[chunk];
    FreeChunk(chunk);
    chunk = next;
  }
}

}  // namespace lockstep::sim
