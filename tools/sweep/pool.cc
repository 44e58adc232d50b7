// Worker processes: see pool.h.
//
// Parent and worker speak over a socket pair: a length of eight bytes in the machine's order, then
// the text. A worker is asked only when it has answered, so neither ever waits for the other to
// read; and the parent takes of an answer what is there, so a worker that stops in the middle of
// one is late, and holds up nobody else.

#include "tools/sweep/pool.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <malloc.h>
#include <new>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"

namespace lockstep::sweep {
namespace {

using WallClock = std::chrono::steady_clock;

// Between two looks at the clock and the memory of workers; a page is touched at some GB/s, so a
// worker exceeds its memory by some tens of megabytes.
constexpr std::chrono::milliseconds kLook{20};
// A parent that has not looked for as long was itself stopped (Ctrl-Z), and its workers with it:
// that is no time of theirs.
constexpr std::chrono::seconds kStopped{1};
// Of what a worker said before it died.
constexpr off_t kLastWords = 400;
// A worker gives memory back to the system when it has used more.
constexpr std::uint64_t kTrimAboveKb = 64 * 1024;

// What stands before a text.
using TextSize = std::uint64_t;

// How a worker marks its answer.
enum class Mark : char { kAnswer = 'a', kThrown = 't', kNoMemory = 'm' };

bool WriteAll(int to, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t done = send(to, data, size, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    data += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

bool ReadAll(int from, char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t done = recv(from, data, size, 0);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    data += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

bool WriteText(int to, const std::string& text) {
  const TextSize size = text.size();
  char head[sizeof size];
  std::memcpy(head, &size, sizeof size);
  return WriteAll(to, head, sizeof head) && WriteAll(to, text.data(), text.size());
}

std::optional<std::string> ReadText(int from) {
  TextSize size = 0;
  char head[sizeof size];
  if (!ReadAll(from, head, sizeof head)) return std::nullopt;
  std::memcpy(&size, head, sizeof size);
  std::string text(size, '\0');
  if (!ReadAll(from, text.data(), text.size())) return std::nullopt;
  return text;
}

std::uint64_t KbOf(core::ByteCount size) { return static_cast<std::uint64_t>(size.value()) / 1024; }

// A number of /proc/PID/status, such as "VmHWM:"; 0 where it cannot be had.
std::uint64_t StatusKb(pid_t pid, const char* key) {
  std::FILE* const file = std::fopen(absl::StrCat("/proc/", pid, "/status").c_str(), "re");
  if (file == nullptr) return 0;
  std::uint64_t value = 0;
  char line[256];
  const std::size_t length = std::strlen(key);
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::strncmp(line, key, length) != 0) continue;
    value = std::strtoull(line + length, nullptr, 10);
    break;
  }
  std::fclose(file);
  return value;
}

// Forgets the greatest resident size so far, so that each piece of work has its own.
void ResetPeak() {
  const int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  // Where the kernel refuses, the peak is that of the worker's whole life.
  [[maybe_unused]] const ssize_t ignored = write(file, "5", 1);
  close(file);
}

std::string Answer(const Pool::Work& work, const std::string& request) {
  const auto marked = [](Mark mark, const std::string& text) {
    return static_cast<char>(mark) + text;
  };
  try {
    return marked(Mark::kAnswer, work(request));
  } catch (const std::bad_alloc&) {
    return marked(Mark::kNoMemory, "the system gave no more memory");
  } catch (const std::exception& error) {
    return marked(Mark::kThrown, absl::StrCat("an exception: ", error.what()));
  }
}

[[noreturn]] void Serve(const Pool::Work& work, const PoolOptions& options, int socket, int words,
                        pid_t parent) {
  // A terminal and a job scheduler send these to all processes of a program. Whether to end is for
  // the parent to say: a worker that died of one would make a row of a run that had no fault.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) std::signal(signal, SIG_IGN);
  // It dies of all others; handlers that the program has are not meant for workers.
  for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL}) std::signal(signal, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  dup2(words, STDOUT_FILENO);
  dup2(words, STDERR_FILENO);
  if (options.after_fork) options.after_fork();
  for (;;) {
    const std::optional<std::string> request = ReadText(socket);
    if (!request) _exit(0);
    // What was said on work that is done is of no interest any more.
    if (ftruncate(words, 0) == 0) lseek(words, 0, SEEK_SET);
    ResetPeak();
    std::string answer = Answer(work, *request);
    const std::uint64_t peak = StatusKb(getpid(), "VmHWM:");
    answer.append(reinterpret_cast<const char*>(&peak), sizeof peak);
    if (!WriteText(socket, answer)) _exit(0);
    if (peak > kTrimAboveKb) malloc_trim(0);
  }
}

std::string DiedOf(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    const char* const name = sigabbrev_np(signal);
    return absl::StrCat("killed by SIG", name == nullptr ? "?" : name, " (", strsignal(signal),
                        ")");
  }
  return absl::StrCat("ended itself with code ", WEXITSTATUS(status));
}

}  // namespace

class Pool::Worker {
 public:
  ~Worker() { Bury(); }
  Worker() = default;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  absl::Status Spawn(const Work& work, const PoolOptions& options,
                     const std::vector<std::unique_ptr<Worker>>& all);
  bool Ask(std::uint64_t id, const std::string& request) {
    id_ = id;
    is_busy_ = true;
    asked_ = WallClock::now();
    peak_kb_ = 0;
    answer_.clear();
    return WriteText(socket_, request);
  }
  // Takes of the answer what is there. False: no more will come.
  bool TakeAnswer();
  // The answer, once all of it is there.
  std::optional<std::string> Answer() const;
  // After it the worker is no more; what it died of, which is SIGKILL where it was alive.
  std::string Bury();
  std::string LastWords() const;

  bool is_alive() const { return pid_ > 0; }
  bool is_busy() const { return is_busy_; }
  void set_idle() { is_busy_ = false; }
  std::uint64_t id() const { return id_; }
  int socket() const { return socket_; }
  // The time from `since` to `until` does not count.
  void Forgive(WallClock::time_point since, WallClock::time_point until) {
    asked_ += until - std::max(asked_, since);
  }
  WallClock::duration age() const { return WallClock::now() - asked_; }
  // Looks at the resident size now; the greatest so far.
  std::uint64_t LookAtMemory() {
    peak_kb_ = std::max(peak_kb_, StatusKb(pid_, "VmRSS:"));
    return peak_kb_;
  }
  std::uint64_t peak_kb() const { return peak_kb_; }

 private:
  pid_t pid_ = -1;
  int socket_ = -1;
  int words_ = -1;  // what it writes to its standard output and error
  bool is_busy_ = false;
  std::uint64_t id_ = 0;
  WallClock::time_point asked_;
  std::uint64_t peak_kb_ = 0;
  std::string answer_;  // as far as it has come, its size first
};

absl::Status Pool::Worker::Spawn(const Work& work, const PoolOptions& options,
                                 const std::vector<std::unique_ptr<Worker>>& all) {
  const auto failed = [](int why, const char* what) {
    return absl::ErrnoToStatus(
        why, absl::StrCat("no worker process can be made (fewer --jobs may do): ", what));
  };
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
    return failed(errno, "no socket");
  socket_ = sockets[0];
  words_ = memfd_create("worker", MFD_CLOEXEC);
  if (words_ < 0) {
    const int why = errno;
    close(sockets[1]);
    Bury();
    return failed(why, "no memory file");
  }
  // Nothing that waits to be printed may be printed twice.
  std::fflush(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  const int why = errno;
  if (pid == 0) {
    // The parent's ends of all sockets, or workers would never see their parent go.
    for (const auto& worker : all)
      if (worker->socket_ >= 0) close(worker->socket_);
    Serve(work, options, sockets[1], words_, parent);
  }
  close(sockets[1]);
  if (pid < 0) {
    Bury();
    return failed(why, "fork");
  }
  pid_ = pid;
  return absl::OkStatus();
}

bool Pool::Worker::TakeAnswer() {
  char piece[64 * 1024];
  for (;;) {
    const ssize_t size = recv(socket_, piece, sizeof piece, MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN;
    if (size == 0) return false;
    answer_.append(piece, static_cast<std::size_t>(size));
  }
}

std::optional<std::string> Pool::Worker::Answer() const {
  TextSize size = 0;
  if (answer_.size() < sizeof size) return std::nullopt;
  std::memcpy(&size, answer_.data(), sizeof size);
  if (answer_.size() - sizeof size < size) return std::nullopt;
  return answer_.substr(sizeof size);
}

std::string Pool::Worker::Bury() {
  int status = 0;
  if (pid_ > 0) {
    // Of one that is dying already, this changes nothing, not even what it died of.
    kill(pid_, SIGKILL);
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  }
  const std::string words = LastWords();
  if (socket_ >= 0) close(socket_);
  if (words_ >= 0) close(words_);
  pid_ = socket_ = words_ = -1;
  is_busy_ = false;
  return words.empty() ? DiedOf(status) : absl::StrCat(DiedOf(status), ": ", words);
}

std::string Pool::Worker::LastWords() const {
  if (words_ < 0) return "";
  const off_t size = std::max<off_t>(lseek(words_, 0, SEEK_END), 0);
  std::string words(static_cast<std::size_t>(std::min(size, kLastWords)), '\0');
  const ssize_t read =
      pread(words_, words.data(), words.size(), std::max<off_t>(size - kLastWords, 0));
  words.resize(static_cast<std::size_t>(std::max<ssize_t>(read, 0)));
  while (!words.empty() && words.back() == '\n') words.pop_back();
  return words;
}

Pool::Pool(Work work, PoolOptions options) : work_(std::move(work)), options_(std::move(options)) {
  CHECK(options_.workers > 0);
  for (unsigned i = 0; i < options_.workers; ++i) workers_.push_back(std::make_unique<Worker>());
}

Pool::~Pool() = default;

bool Pool::HasIdle() const { return busy() < workers_.size(); }

std::size_t Pool::busy() const {
  return static_cast<std::size_t>(std::count_if(
      workers_.begin(), workers_.end(), [](const auto& worker) { return worker->is_busy(); }));
}

absl::Status Pool::Start(std::uint64_t id, const std::string& request) {
  const auto idle = std::find_if(workers_.begin(), workers_.end(),
                                 [](const auto& worker) { return !worker->is_busy(); });
  CHECK(idle != workers_.end());
  // One that died while it had nothing to do (somebody killed it) is replaced, once.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!(*idle)->is_alive()) {
      const absl::Status spawned = (*idle)->Spawn(work_, options_, workers_);
      if (!spawned.ok()) return spawned;
    }
    if ((*idle)->Ask(id, request)) return absl::OkStatus();
    (*idle)->Bury();
  }
  return absl::InternalError("worker processes die before they do anything");
}

std::optional<WorkResult> Pool::Look(Worker& worker) {
  WorkResult result;
  result.id = worker.id();
  result.wall = std::chrono::duration_cast<std::chrono::microseconds>(worker.age());
  const bool is_open = worker.TakeAnswer();
  if (const std::optional<std::string> text = worker.Answer()) {
    const std::size_t tail = sizeof result.memory_kb;
    CHECK(text->size() > tail);
    std::memcpy(&result.memory_kb, text->data() + text->size() - tail, tail);
    const std::string body = text->substr(1, text->size() - tail - 1);
    const Mark mark{text->front()};
    (mark == Mark::kAnswer ? result.answer : result.error) = body;
    if (mark == Mark::kThrown) result.ending = WorkEnding::kCrashed;
    if (mark == Mark::kNoMemory) result.ending = WorkEnding::kMemoryMax;
    worker.set_idle();
    // What its memory still holds must not count against the next piece of work.
    if (options_.memory_max && KbOf(*options_.memory_max) / 2 < result.memory_kb) worker.Bury();
    return result;
  }
  if (!is_open) {
    result.memory_kb = worker.peak_kb();
    result.ending = WorkEnding::kCrashed;
    result.error = worker.Bury();
    return result;
  }
  if (worker.age() < kLook) return std::nullopt;
  result.memory_kb = worker.LookAtMemory();
  const bool is_large = options_.memory_max && result.memory_kb > KbOf(*options_.memory_max);
  const bool is_late = worker.age() > options_.wall_max;
  if (!is_large && !is_late) return std::nullopt;
  worker.Bury();
  result.ending = is_large ? WorkEnding::kMemoryMax : WorkEnding::kWallMax;
  result.error = is_large ? absl::StrCat("its worker grew to ", result.memory_kb / 1024, " MiB")
                          : absl::StrCat("stopped after ", result.wall.count() / 1000, " ms");
  return result;
}

std::vector<WorkResult> Pool::Wait(std::chrono::milliseconds patience) {
  const WallClock::time_point until = WallClock::now() + patience;
  std::vector<WorkResult> results;
  for (;;) {
    std::vector<pollfd> sockets;
    for (const auto& worker : workers_)
      if (worker->is_busy()) sockets.push_back({worker->socket(), POLLIN, 0});
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - WallClock::now());
    const auto nap = std::clamp(left, std::chrono::milliseconds(0), kLook);
    const bool is_interrupted =
        poll(sockets.data(), sockets.size(), static_cast<int>(nap.count())) < 0;
    const WallClock::time_point now = WallClock::now();
    const bool was_stopped = now - looked_ > kStopped;
    for (const auto& worker : workers_) {
      if (!worker->is_busy()) continue;
      if (was_stopped) worker->Forgive(looked_, now);
      if (std::optional<WorkResult> result = Look(*worker)) results.push_back(*std::move(result));
    }
    looked_ = now;
    if (!results.empty() || is_interrupted || WallClock::now() >= until) return results;
  }
}

}  // namespace lockstep::sweep
