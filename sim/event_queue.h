// The pending-event set: what the simulated world will do, and when.
//
// Hands entries out by time; at equal times by generation, then by turn, then in order of
// insertion. What is pushed for the time popped last is of a generation of its own: all that was
// pending for that time comes first. What a task means is the business of whoever pops it; the
// current time is that of the entry popped last.
//
// A radix wheel: times are read as eleven digits of six bits. An entry waits on the level of the
// highest digit in which its time differs from `anchor_ps_`, in the slot that this digit numbers.
// So every entry on a level is earlier than every entry on the level above, and slots of a level
// are in order of time; the first occupied slot of the lowest occupied level is the earliest. When
// the sorted run is used up, that slot is opened: few entries are sorted into the run, many are
// scattered over the levels below. An entry moves at most once a level, a nearly empty queue skips
// the levels in between, and no time is ever searched for. A run that fills up, since it reaches
// too far ahead for what is pushed, goes back into the wheel: no push moves more than kRunMax
// entries.
//
// A generation that is made for the current time, and a slot of equal times that is too large for
// the run, wait in a list of their own.
//
// Invariants: `anchor_ps_` <= time popped last <= every entry in the run < every entry in the wheel
// (in the order of popping), and a slot lists equal times and turns in order of insertion. Nothing
// here depends on an address, and all that is linked is linked by index, so a queue can be copied.
//
// Memory follows the greatest number that was ever pending: 56 bytes each (task 32, entry 24) and
// 1/4 byte of link between chunks, plus a partly filled chunk for each occupied slot (of 704),
// plus up to a quarter of room to grow, plus 20 KiB. Nothing is allocated between such records.
//
// Source: radix heaps (Ahuja, Mehlhorn, Orlin, Tarjan 1990) and hierarchical timing wheels
// (Varghese, Lauck 1987); opening small slots by sorting them is from ladder queues (Tang, Goh,
// Thng 2005).

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocols/core/check.h"
#include "protocols/core/time.h"
#include "sim/turn.h"

namespace lockstep::sim {

// What happens when an entry is popped; what the fields mean is up to its handler.
struct Task {
  std::uint32_t kind;
  std::uint32_t target;
  std::uint64_t a;
  std::uint64_t b;
  std::uint64_t c;
};
static_assert(sizeof(Task) == 32, "two tasks fill a cache line");

struct Due {
  core::Instant at;
  Task task;
};

// Holds up to 2^24 pending entries; more is a CHECK.
class EventQueue {
 public:
  // `ties`: what is due at one instant comes, within a generation, in an order of hosts, classes
  // and senders that depends on this seed and the instant; 0: as turns say.
  explicit EventQueue(std::uint64_t ties = 0) : ties_(ties) {}

  // `at` may be the time popped last, but not before it, nor negative.
  void Push(core::Instant at, Turn turn, const Task& task);

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  // Time of the earliest entry, and that entry; the queue must not be empty.
  core::Instant NextTime() const {
    CHECK(!empty());
    if (is_crowded_) return core::Instant::FromPicoseconds(now_ps_);
    return ToInstant(run_begin_ != run_end_ ? run_[run_begin_].at_ps : NextInWheel());
  }
  Due Pop();

  // All memory that the queue holds, itself included.
  std::size_t bytes_reserved() const;

 private:
  static constexpr unsigned kDigitBits = 6;
  static constexpr unsigned kLevels = 11;  // 11 * 6 bits hold any time below 2^63.
  static constexpr unsigned kSlots = 1U << kDigitBits;
  static constexpr std::uint32_t kTasksMost = 1U << 24;
  static constexpr unsigned kChunkEntries = 16;  // Six cache lines.
  // A slot of level 1 or above that holds more is scattered. From 16 to 48 the speed is the same
  // within a tenth.
  static constexpr unsigned kSortMax = 3 * kChunkEntries;
  // A full run spills. Twice kSortMax: half of it was pushed since, and pays for the other half.
  static constexpr unsigned kRunMax = 2 * kSortMax;
  static constexpr std::uint32_t kNone = 0xffff'ffff;

  struct Entry {
    std::uint64_t at_ps = 0;
    Turn turn;
    std::uint32_t task = 0;  // index into `tasks_`

    bool IsBefore(const Entry& other) const {
      return at_ps != other.at_ps ? at_ps < other.at_ps : turn < other.turn;
    }
  };
  static_assert(sizeof(Entry) == 24);
  struct alignas(64) Chunk {
    std::array<Entry, kChunkEntries> entries;
  };
  // A list of chunks, all of them full but the last. `head` and `tail` mean nothing where `count`
  // is zero.
  struct Slot {
    std::uint64_t at_ps_min = ~std::uint64_t{0};
    std::uint32_t head = kNone;
    std::uint32_t tail = kNone;
    std::uint32_t count = 0;
  };

  static core::Instant ToInstant(std::uint64_t at_ps) {
    return core::Instant::FromPicoseconds(static_cast<std::int64_t>(at_ps));
  }
  std::uint64_t NextInWheel() const;
  std::uint32_t StoreTask(const Task& task);
  void PutInRun(const Entry& entry);
  void PutInWheel(const Entry& entry);
  void AddChunk(unsigned level, unsigned index);
  void FreeChunk(std::uint32_t chunk);
  unsigned LowestLevel() const;
  unsigned FirstIndex(unsigned level) const;
  void Vacate(unsigned level, unsigned index);
  bool IsNow(const Entry& entry) const {
    return entry.at_ps == static_cast<std::uint64_t>(now_ps_);
  }
  Entry PopRun();
  Entry PopCrowded();
  void SortGeneration();
  void SpillRun();
  void RefillRun();
  void Sort(unsigned level, unsigned index);
  void Crowd(unsigned index);
  void Scatter(unsigned level, unsigned index);

  // The earliest entries, sorted, from `run_begin_` to `run_end_`. The room to the right lets the
  // run move there and back once in a while instead of at every push.
  std::array<Entry, std::size_t{2} * kRunMax> run_;
  unsigned run_begin_ = 0;
  unsigned run_end_ = 0;
  std::uint64_t run_limit_ps_ = 0;  // What is pushed before this time belongs in the run.

  std::uint64_t anchor_ps_ = 0;
  std::array<std::array<Slot, kSlots>, kLevels> wheel_;  // wheel_[level][digit]
  std::array<std::uint64_t, kLevels> occupied_{};        // Bit i: wheel_[level][i] has entries.
  std::uint32_t occupied_levels_ = 0;                    // Bit i: occupied_[i] is not zero.

  std::vector<Chunk> chunks_;
  std::vector<std::uint32_t> next_chunk_;  // In its slot, or in the list of the free.
  std::uint32_t free_chunk_ = kNone;
  std::vector<Task> tasks_;
  std::uint32_t free_task_ = kNone;  // A free task keeps the index of the next one in its `a`.

  // Of the current time: the rest of a generation that is not in the run, latest first, and the
  // next one.
  std::vector<Entry> generation_;
  std::vector<Entry> next_generation_;
  bool is_crowded_ = false;  // Whether there are any of the two.

  std::uint64_t ties_;  // seed of the order of equal times; 0: none
  std::size_t size_ = 0;
  std::int64_t now_ps_ = -1;  // The current time; -1 before the first Pop.
  Entry run_popped_;          // The last one that came from the run.
};

}  // namespace lockstep::sim
