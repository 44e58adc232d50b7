// The pending-event set alone, and a std::priority_queue of the same entries beside it.
//
// Hold model: pop one, push one, `pending` at any time; delays are 1 us of look-ahead plus an
// exponential of mean 1 us. Seeds and counts are fixed, so that a run repeats its allocations, and
// a queue that allocates in steady state fails here.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <new>
#include <queue>
#include <vector>

#include "benchmark/benchmark.h"

#include "protocols/core/check.h"
#include "protocols/core/time.h"
#include "sim/event_queue.h"

namespace {

std::size_t allocations = 0;  // Calls of operator new, in all of this program.

void* Allocated(void* memory) {
  ++allocations;
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

// Not inlined: g++ 12 would see memory of malloc() go to operator delete, and warn.
[[gnu::noinline]] void* operator new(std::size_t size) { return Allocated(std::malloc(size)); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  return Allocated(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace lockstep::tools {
namespace {

// What a standard library offers for the same work: 16-byte entries in a binary heap, tasks aside.
class HeapQueue {
 public:
  void Push(core::Instant at, sim::Turn, const sim::Task& task) {
    std::uint32_t index = 0;
    if (free_.empty()) {
      index = static_cast<std::uint32_t>(tasks_.size());
      tasks_.push_back(task);
    } else {
      index = free_.back();
      free_.pop_back();
      tasks_[index] = task;
    }
    heap_.push({static_cast<std::uint64_t>(at.ps()), next_sequence_++ << 24 | index});
  }

  sim::Due Pop() {
    const Entry entry = heap_.top();
    heap_.pop();
    const auto index = static_cast<std::uint32_t>(entry.order & 0xff'ffff);
    free_.push_back(index);
    return {core::Instant::FromPicoseconds(static_cast<std::int64_t>(entry.at_ps)), tasks_[index]};
  }

  std::size_t bytes_reserved() const {
    return sizeof(*this) + heap_.c.capacity() * sizeof(Entry) +
           tasks_.capacity() * sizeof(sim::Task) + free_.capacity() * sizeof(std::uint32_t);
  }

 private:
  struct Entry {
    std::uint64_t at_ps;
    std::uint64_t order;
    bool operator>(const Entry& other) const {
      return at_ps != other.at_ps ? at_ps > other.at_ps : order > other.order;
    }
  };
  struct Heap : std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> {
    using priority_queue::c;  // Protected; bytes_reserved() asks for its capacity.
  };

  Heap heap_;
  std::vector<sim::Task> tasks_;
  std::vector<std::uint32_t> free_;
  std::uint64_t next_sequence_ = 0;
};

class Delays {
 public:
  Delays() {
    for (core::Duration& delay : table_) {
      const double uniform = (static_cast<double>(Next() >> 11) + 1.0) * 0x1p-53;
      delay = core::Duration::Picoseconds(1'000'000 +
                                          static_cast<std::int64_t>(-std::log(uniform) * 1e6));
    }
  }

  // Some picoseconds more than the table says, so that times seldom repeat.
  core::Duration Draw() {
    const std::uint64_t bits = Next();
    return table_[bits % table_.size()] +
           core::Duration::Picoseconds(static_cast<std::int64_t>(bits >> 54));
  }

 private:
  std::uint64_t Next() {  // splitmix64
    std::uint64_t z = state_ += 0x9e37'79b9'7f4a'7c15;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
    return z ^ (z >> 31);
  }

  std::uint64_t state_ = 7;
  std::array<core::Duration, 4096> table_;
};

// Pops the earliest, reads and changes its task, and pushes it again.
template <typename Queue>
void HoldOne(Queue& queue, Delays& delays, std::uint64_t& digest) {
  sim::Due due = queue.Pop();
  digest = digest * 31 + static_cast<std::uint64_t>(due.at.ps()) + due.task.c;
  due.task.c = digest;
  queue.Push(due.at + delays.Draw(), {}, due.task);
}

template <typename Queue>
void BM_QueueHold(benchmark::State& state) {
  const std::int64_t pending = state.range(0);
  Queue queue;
  Delays delays;
  std::uint64_t digest = 0;
  for (std::int64_t i = 0; i < pending; ++i)
    queue.Push(core::Instant() + delays.Draw(), {}, sim::Task{1, 2, 3, 4, 5});
  // To steady state: the delays spread out, and every turn of the wheel has been seen.
  for (std::int64_t i = 0; i < 4 * pending + 100'000; ++i) HoldOne(queue, delays, digest);

  const std::size_t allocations_before = allocations;
  for ([[maybe_unused]] auto _ : state) HoldOne(queue, delays, digest);
  const std::size_t allocated = allocations - allocations_before;
  benchmark::DoNotOptimize(digest);
  CHECK(allocated == 0);

  state.SetItemsProcessed(state.iterations());
  state.counters["allocations/event"] =
      static_cast<double>(allocated) / static_cast<double>(state.iterations());
  state.counters["bytes/pending"] =
      static_cast<double>(queue.bytes_reserved()) / static_cast<double>(pending);
}

void HoldArguments(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(16)->Arg(1'000)->Arg(16'000)->Arg(1'000'000)->ArgName("pending");
  benchmark->Iterations(10'000'000);
}
BENCHMARK_TEMPLATE(BM_QueueHold, sim::EventQueue)->Apply(HoldArguments);
BENCHMARK_TEMPLATE(BM_QueueHold, HeapQueue)->Apply(HoldArguments);

// Pushes `burst` entries at the current time, before 64 that are due later, and pops them. A queue
// that sorts by insertion is quadratic here.
template <typename Queue>
void BM_QueueBurst(benchmark::State& state) {
  const std::int64_t burst = state.range(0);
  Queue queue;
  Delays delays;
  core::Instant now;
  for (int i = 0; i < 64; ++i) queue.Push(now + delays.Draw(), {}, sim::Task{});
  for ([[maybe_unused]] auto _ : state) {
    for (std::int64_t i = 0; i < burst; ++i) queue.Push(now, {}, sim::Task{});
    for (std::int64_t i = 0; i < burst; ++i) benchmark::DoNotOptimize(queue.Pop());
    now = queue.Pop().at;
    queue.Push(now + delays.Draw(), {}, sim::Task{});
  }
  state.SetItemsProcessed(state.iterations() * burst);
}
BENCHMARK_TEMPLATE(BM_QueueBurst, sim::EventQueue)->Arg(100'000)->Iterations(30);
BENCHMARK_TEMPLATE(BM_QueueBurst, HeapQueue)->Arg(100'000)->Iterations(30);

}  // namespace
}  // namespace lockstep::tools
