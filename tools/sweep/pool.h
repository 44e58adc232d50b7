// Worker processes: each does one piece of work after the other, and may die of it.
//
// A worker is forked from this program, so that it knows all that was prepared, and lives until it
// dies or the pool goes. What it is asked and what it answers are texts. A worker that crashes,
// takes too long or grows too large is replaced, and what it was doing is reported as that.
//
// The program has one thread when it makes a pool, and no other while there is one. Workers ignore
// the signals that ask a program to end (their parent decides) and die with their parent.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "protocols/core/ids.h"

namespace lockstep::sweep {

struct PoolOptions {
  unsigned workers = 1;
  std::chrono::milliseconds wall_max{600'000};  // for one piece of work
  std::optional<core::ByteCount> memory_max;    // resident, of one worker
  std::function<void()> after_fork;             // called first in every worker; may be empty
};

enum class WorkEnding : std::uint8_t { kAnswered, kCrashed, kWallMax, kMemoryMax };

struct WorkResult {
  std::uint64_t id = 0;
  WorkEnding ending = WorkEnding::kAnswered;
  std::string answer;  // of what was answered
  std::string error;   // of what was not: what the worker died of, and what it said last
  std::chrono::microseconds wall{0};
  std::uint64_t memory_kb = 0;  // greatest resident size seen
};

class Pool {
 public:
  // Called in a worker. An exception is a crash of the work; std::bad_alloc is kMemoryMax.
  using Work = std::function<std::string(const std::string& request)>;

  Pool(Work work, PoolOptions options);
  // Kills what is still at work.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  bool HasIdle() const;
  std::size_t busy() const;
  // Hands `request` to an idle worker; `id` comes back with its result. Errors: the system has no
  // room for another process.
  absl::Status Start(std::uint64_t id, const std::string& request);
  // Results that came within `patience`; returns as soon as there is one, and early where a signal
  // arrives.
  std::vector<WorkResult> Wait(std::chrono::milliseconds patience);

 private:
  class Worker;

  std::optional<WorkResult> Look(Worker& worker);

  Work work_;
  PoolOptions options_;
  std::vector<std::unique_ptr<Worker>> workers_;
  // At the workers, last.
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
};

}  // namespace lockstep::sweep
