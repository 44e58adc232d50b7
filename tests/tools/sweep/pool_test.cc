// Worker processes: answers, and every way not to answer.

#include "tools/sweep/pool.h"

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using std::chrono::milliseconds;
using sweep::Pool;
using sweep::PoolOptions;
using sweep::WorkEnding;
using sweep::WorkResult;

// Never returns, and lets no compiler conclude anything from that.
[[noreturn]] void Loop() {
  for (;;) std::this_thread::yield();
}

// Writes the beginning of an answer to the pool, which is the one socket that a worker has, and
// stops.
void AnswerByHalf() {
  for (int descriptor = 3; descriptor < 64; ++descriptor)
    if (send(descriptor, "half", 4, MSG_NOSIGNAL) == 4) break;
  std::raise(SIGSTOP);
}

// What the workers of these tests do, by the first word of what they are asked.
std::string Work(const std::string& request) {
  if (request == "die") std::abort();
  if (request == "complain") {
    std::fputs("the floor is lava\n", stderr);
    std::fflush(stderr);
    std::raise(SIGSEGV);
  }
  if (request == "leave") _exit(7);
  if (request == "throw") throw std::runtime_error("thrown by the test");
  if (request == "hang") Loop();
  if (request == "half") AnswerByHalf();
  if (request == "be told to end")
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) std::raise(signal);
  if (request == "nap") std::this_thread::sleep_for(milliseconds(1'400));
  if (request == "grow") {
    std::vector<std::string> eaten;
    for (;;) eaten.emplace_back(1 << 20, 'x');
  }
  if (request == "who") return std::to_string(getpid());
  return "<" + request + ">";
}

PoolOptions With(unsigned workers) {
  PoolOptions options;
  options.workers = workers;
  options.wall_max = milliseconds(60'000);
  return options;
}

// All results, by id.
std::map<std::uint64_t, WorkResult> Drain(Pool& pool) {
  std::map<std::uint64_t, WorkResult> results;
  while (pool.busy() > 0)
    for (WorkResult& result : pool.Wait(milliseconds(1'000))) results[result.id] = result;
  return results;
}

WorkResult Ask(Pool& pool, const std::string& request) {
  REQUIRE(pool.Start(1, request).ok());
  return Drain(pool)[1];
}

}  // namespace

TEST_CASE("pool: each request gets its own answer, whoever gives it") {
  Pool pool(Work, With(3));
  std::map<std::uint64_t, WorkResult> results;
  for (std::uint64_t id = 0; id < 60; ++id) {
    while (!pool.HasIdle())
      for (WorkResult& result : pool.Wait(milliseconds(1'000))) results[result.id] = result;
    REQUIRE(pool.Start(id, std::to_string(id)).ok());
  }
  results.merge(Drain(pool));
  REQUIRE(results.size() == 60);
  for (const auto& [id, result] : results) {
    CHECK(result.ending == WorkEnding::kAnswered);
    CHECK(result.answer == "<" + std::to_string(id) + ">");
    CHECK(result.memory_kb > 0);
  }
}

TEST_CASE("pool: a worker lives on after its work, and is another after it died") {
  Pool pool(Work, With(1));
  const std::string first = Ask(pool, "who").answer;
  CHECK(Ask(pool, "who").answer == first);
  CHECK(Ask(pool, "die").ending == WorkEnding::kCrashed);
  const WorkResult later = Ask(pool, "who");
  CHECK(later.ending == WorkEnding::kAnswered);
  CHECK(later.answer != first);
}

TEST_CASE("pool: a crash says what it died of, and what it said last") {
  Pool pool(Work, With(1));
  const WorkResult complained = Ask(pool, "complain");
  CHECK(complained.ending == WorkEnding::kCrashed);
  CHECK(complained.error.find("the floor is lava") != std::string::npos);
  const WorkResult died = Ask(pool, "die");
  CHECK(died.error.find("SIGABRT") != std::string::npos);
  CHECK(died.error.find("lava") == std::string::npos);
  const WorkResult left = Ask(pool, "leave");
  CHECK(left.ending == WorkEnding::kCrashed);
  CHECK(left.error.find("code 7") != std::string::npos);
  const WorkResult thrown = Ask(pool, "throw");
  CHECK(thrown.ending == WorkEnding::kCrashed);
  CHECK(thrown.error.find("thrown by the test") != std::string::npos);
}

TEST_CASE("pool: what loops for ever is stopped, what eats memory too, and siblings go on") {
  PoolOptions options = With(3);
  options.wall_max = milliseconds(400);
  Pool pool(Work, options);
  REQUIRE(pool.Start(1, "hang").ok());
  REQUIRE(pool.Start(2, "good").ok());
  const auto results = Drain(pool);
  CHECK(results.at(1).ending == WorkEnding::kWallMax);
  CHECK(results.at(2).answer == "<good>");

  options.wall_max = milliseconds(60'000);
  options.memory_max = core::ByteCount(300'000'000);
  Pool frugal(Work, options);
  REQUIRE(frugal.Start(1, "grow").ok());
  REQUIRE(frugal.Start(2, "good").ok());
  const auto later = Drain(frugal);
  CHECK(later.at(1).ending == WorkEnding::kMemoryMax);
  CHECK(later.at(1).memory_kb > 290'000);
  CHECK(later.at(2).answer == "<good>");
}

TEST_CASE("pool: a worker that stops in the middle of its answer holds up nobody") {
  PoolOptions options = With(2);
  options.wall_max = milliseconds(400);
  Pool pool(Work, options);
  REQUIRE(pool.Start(1, "half").ok());
  REQUIRE(pool.Start(2, "good").ok());
  const auto results = Drain(pool);
  CHECK(results.at(1).ending == WorkEnding::kWallMax);
  CHECK(results.at(2).answer == "<good>");
  CHECK(Ask(pool, "again").answer == "<again>");
}

TEST_CASE("pool: an answer may be longer than what a socket holds") {
  Pool pool(Work, With(1));
  const std::string request(3'000'000, 'x');
  CHECK(Ask(pool, request).answer == "<" + request + ">");
}

TEST_CASE("pool: a signal that asks the whole program to end does not end a worker's work") {
  Pool pool(Work, With(1));
  CHECK(Ask(pool, "be told to end").answer == "<be told to end>");
}

TEST_CASE("pool: the time for which everybody was stopped is not held against the work") {
  PoolOptions options = With(1);
  options.wall_max = milliseconds(600);
  Pool pool(Work, options);
  REQUIRE(pool.Start(1, "nap").ok());
  // Ctrl-Z: nobody looks at the worker for longer than it may take.
  std::this_thread::sleep_for(milliseconds(1'200));
  CHECK(Drain(pool).at(1).answer == "<nap>");
  // And who hangs is stopped nevertheless.
  CHECK(Ask(pool, "hang").ending == WorkEnding::kWallMax);
}

TEST_CASE("pool: a worker that was killed while idle is replaced unnoticed") {
  Pool pool(Work, With(1));
  const auto pid = static_cast<pid_t>(std::stol(Ask(pool, "who").answer));
  REQUIRE(kill(pid, SIGKILL) == 0);
  const WorkResult next = Ask(pool, "who");
  // The request may be lost with the worker, which then counts as crashed; never is it forgotten.
  if (next.ending == WorkEnding::kAnswered) CHECK(next.answer != std::to_string(pid));
  CHECK(Ask(pool, "again").answer == "<again>");
}

TEST_CASE("pool: what it leaves unfinished dies with it") {
  pid_t pid = -1;
  {
    Pool pool(Work, With(1));
    pid = static_cast<pid_t>(std::stol(Ask(pool, "who").answer));
    REQUIRE(pool.Start(2, "hang").ok());
  }
  CHECK(kill(pid, 0) != 0);
}

}  // namespace lockstep::tests
