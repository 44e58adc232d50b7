// Independent pieces of work, some at a time.

#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"

#include "tools/lockstep/interrupt.h"

namespace lockstep::cli {

// Calls `work(i)` for each i below `count` from at most `jobs` threads, and `on_done(i, result)`,
// one at a time, with what it gave. The first status that is not ok ends it, and is returned;
// being interrupted ends it as well, and is no error.
template <typename Work, typename OnDone>
absl::Status ForEachOf(std::size_t count, unsigned jobs, const Work& work, const OnDone& on_done) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  absl::Status failed;
  const auto run = [&] {
    for (std::size_t i = next++; i < count && !IsInterrupted(); i = next++) {
      auto result = work(i);
      const std::scoped_lock lock(mutex);
      const absl::Status status = on_done(i, std::move(result));
      if (!status.ok()) {
        failed.Update(status);
        next = count;
        return;
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < jobs; ++i) threads.emplace_back(run);
  run();
  for (std::thread& thread : threads) thread.join();
  return failed;
}

}  // namespace lockstep::cli
