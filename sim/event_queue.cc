// The wheel and its run. What moves where is told in the header; why it is fast, here.

#include "sim/event_queue.h"

#include <algorithm>
#include <bit>

#include "protocols/core/check.h"

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

core::Instant ToInstant(std::uint64_t at_ps) {
  return core::Instant::FromPicoseconds(static_cast<std::int64_t>(at_ps));
}

}  // namespace

void EventQueue::Push(core::Instant at, const Task& task) {
  CHECK(at.ps() >= 0);
  const auto at_ps = static_cast<std::uint64_t>(at.ps());
  CHECK(at_ps >= popped_.at_ps);
  CHECK(next_sequence_ >> (64 - kTaskBits) == 0);
  const Entry entry{at_ps, next_sequence_++ << kTaskBits | StoreTask(task)};
  ++size_;
  if (at_ps < run_limit_ps_ && run_end_ - run_begin_ == kRunMax) SpillRun();
  if (at_ps < run_limit_ps_) {
    PutInRun(entry);
  } else {
    PutInWheel(entry);
  }
}

core::Instant EventQueue::NextTime() const {
  CHECK(!empty());
  if (run_begin_ != run_end_) return ToInstant(run_[run_begin_].at_ps);
  const unsigned level = LowestLevel();
  return ToInstant(wheel_[level][FirstIndex(level)].at_ps_min);
}

Due EventQueue::Pop() {
  CHECK(!empty());
  if (run_begin_ == run_end_) RefillRun();
  const Entry entry = run_[run_begin_++];
  // The wheel keeps the order by where it puts things; this is where we would notice if it did not.
  const bool is_in_order =
      entry.at_ps > popped_.at_ps || (entry.at_ps == popped_.at_ps && entry.order > popped_.order);
  CHECK(is_in_order);
  popped_ = entry;
  --size_;
  const std::uint32_t index = TaskIndex(entry);
  const Due due{ToInstant(entry.at_ps), tasks_[index]};
  tasks_[index].a = free_task_;
  free_task_ = index;
  return due;
}

std::size_t EventQueue::bytes_reserved() const {
  return sizeof(*this) + chunks_.capacity() * sizeof(Chunk) +
         next_chunk_.capacity() * sizeof(std::uint32_t) + tasks_.capacity() * sizeof(Task);
}

// Inline like PutInRun and PutInWheel below: a fifth of the speed of Push and Pop with g++.
inline std::uint32_t EventQueue::StoreTask(const Task& task) {
  if (free_task_ == kNone) {
    const bool has_room_for_another_pending_event = tasks_.size() < (std::size_t{1} << kTaskBits);
    CHECK(has_room_for_another_pending_event);
    return Append(tasks_, task);
  }
  const std::uint32_t index = free_task_;
  free_task_ = static_cast<std::uint32_t>(tasks_[index].a);
  tasks_[index] = task;
  return index;
}

// At most kRunMax entries give way, and none if no entry of the run is later.
inline void EventQueue::PutInRun(const Entry& entry) {
  if (run_end_ == run_.size()) {
    std::copy(run_.begin() + run_begin_, run_.begin() + run_end_, run_.begin());
    run_end_ -= run_begin_;
    run_begin_ = 0;
  }
  unsigned i = run_end_++;
  for (; i > run_begin_ && run_[i - 1].at_ps > entry.at_ps; --i) run_[i] = run_[i - 1];
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

// The run reaches too far ahead for what is being pushed: back into the wheel with it. Nothing in
// the wheel is as early, so equal times stay in order.
void EventQueue::SpillRun() {
  run_limit_ps_ = run_[run_begin_].at_ps;
  for (; run_begin_ != run_end_; ++run_begin_) PutInWheel(run_[run_begin_]);
}

// Only Pop may call this: it moves the anchor to the earliest entry, and until that one is popped,
// an earlier one may still be pushed.
void EventQueue::RefillRun() {
  for (;;) {
    const unsigned level = LowestLevel();
    const unsigned index = FirstIndex(level);
    const Slot& slot = wheel_[level][index];
    anchor_ps_ = slot.at_ps_min;
    if (level == 0 || slot.count <= kSortMax) return Sort(level, index);
    Scatter(level, index);
  }
}

// Moves the slot into the empty run, by insertion sort. A slot of level 0 has only equal times, and
// may have more of them than fit; the rest stays where it is, and what is pushed at that time joins
// it there.
void EventQueue::Sort(unsigned level, unsigned index) {
  Slot& slot = wheel_[level][index];
  run_begin_ = 0;
  run_end_ = 0;
  std::uint32_t left = std::min<std::uint32_t>(slot.count, kSortMax);
  slot.count -= left;
  while (left > 0) {
    const std::uint32_t chunk = slot.head;
    const std::uint32_t filled = std::min<std::uint32_t>(left, kChunkEntries);
    for (std::uint32_t i = 0; i < filled; ++i) {
      const Entry& entry = chunks_[chunk].entries[i];
      __builtin_prefetch(&tasks_[TaskIndex(entry)]);  // Due soon, and by now out of the cache.
      PutInRun(entry);
    }
    left -= filled;
    slot.head = next_chunk_[chunk];
    FreeChunk(chunk);
  }
  if (slot.count > 0) {
    run_limit_ps_ = anchor_ps_;
    return;
  }
  const std::uint64_t width_ps = std::uint64_t{1} << (level * kDigitBits);
  run_limit_ps_ = (anchor_ps_ | (width_ps - 1)) + 1;
  Vacate(level, index);
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
