// A node cannot ask the outside: no archive of protocols/ imports a clock, a socket, a thread,
// entropy, the environment or a file.
//
// Reads what `nm -C --undefined-only` says of each archive that nodes are made of, in the build
// tree the test runs from. It sees what our object code asks for, not what a library it calls asks
// for in turn; tidy_test bans by name what only a library would show.
//
// Writing to stderr is not refused: a CHECK that fails says so before it aborts.

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <vector>

#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using Names = std::vector<std::string_view>;

// What is refused: functions of C by their whole name, of C++ by how the demangled name begins.
const std::map<std::string_view, Names>& FunctionsByReason() {
  static const std::map<std::string_view, Names> kFunctions = {
      {"reads a clock or sleeps",
       {"clock_gettime", "gettimeofday", "time", "clock", "times", "ftime", "timespec_get",
        "localtime", "localtime_r", "gmtime", "gmtime_r", "sleep", "usleep", "nanosleep",
        "clock_nanosleep", "alarm", "setitimer", "timer_create", "timerfd_create"}},
      {"opens or uses a socket",
       {"socket",   "socketpair", "connect",  "bind",          "listen",        "accept",
        "accept4",  "send",       "sendto",   "sendmsg",       "sendmmsg",      "recv",
        "recvfrom", "recvmsg",    "recvmmsg", "getaddrinfo",   "gethostbyname", "poll",
        "ppoll",    "select",     "pselect",  "epoll_create1", "epoll_wait"}},
      {"starts a thread or a process",
       {"pthread_create", "thrd_create", "clone", "fork", "vfork", "system", "popen", "execv",
        "execve", "execvp", "posix_spawn"}},
      {"is entropy",
       {"getrandom", "getentropy", "rand", "rand_r", "srand", "random", "srandom", "random_r",
        "drand48", "lrand48", "mrand48", "arc4random", "arc4random_buf", "arc4random_uniform"}},
      {"asks for the environment",
       {"getenv", "secure_getenv", "setenv", "putenv", "environ", "_environ", "__environ", "getpid",
        "gettid", "gethostname", "uname", "sysconf", "setlocale", "syscall", "dlopen", "dlsym"}},
      {"reads or writes files",
       {"open",    "openat", "creat",  "close",   "read",   "pread",   "readv",  "write", "pwrite",
        "writev",  "fopen",  "fdopen", "freopen", "fread",  "fgets",   "fgetc",  "getc",  "getline",
        "tmpfile", "stat",   "fstat",  "lstat",   "unlink", "remove",  "rename", "mkdir", "opendir",
        "mmap",    "ioctl",  "printf", "vprintf", "puts",   "putchar", "stdin",  "stdout"}},
  };
  return kFunctions;
}

const std::map<std::string_view, Names>& PrefixesByReason() {
  static const std::map<std::string_view, Names> kPrefixes = {
      {"starts a thread or a process",
       {"std::thread::", "std::jthread::", "std::this_thread::", "std::__future_base::",
        "std::condition_variable"}},
      {"is entropy", {"std::random_device::", "absl::random_internal::"}},
      {"reads or writes files",
       {"std::basic_ifstream<", "std::basic_ofstream<", "std::basic_fstream<",
        "std::basic_filebuf<", "std::filesystem::", "std::cin", "std::cout"}},
  };
  return kPrefixes;
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// A function of C without the dress that a fortified or a large-file build puts on it:
// "__read_chk" and "open64" are "read" and "open".
std::string_view Undressed(std::string_view symbol) {
  const auto drop_end = [&](std::string_view end) {
    if (symbol.size() > end.size() && symbol.ends_with(end)) symbol.remove_suffix(end.size());
  };
  if (StartsWith(symbol, "__") && (symbol.ends_with("_chk") || symbol.ends_with("_2"))) {
    symbol.remove_prefix(2);
    drop_end("_chk");
    drop_end("_2");
  }
  drop_end("64");
  return symbol;
}

// True for the clocks of C++, whatever inline namespace a library puts them in.
bool IsClock(std::string_view symbol) {
  const bool is_now = symbol.ends_with("::now()") || symbol.ends_with("::Now()");
  return (StartsWith(symbol, "std::chrono::") && is_now) ||
         (StartsWith(symbol, "absl::") && (is_now || symbol.ends_with("::GetCurrentTimeNanos()")));
}

// Why a node may not import this symbol; empty where it may.
std::string WhyImpure(std::string_view symbol) {
  if (IsClock(symbol)) return "reads a clock or sleeps";
  for (const auto& [reason, functions] : FunctionsByReason())
    for (const std::string_view name : {symbol, Undressed(symbol)})
      if (std::find(functions.begin(), functions.end(), name) != functions.end())
        return std::string(reason);
  for (const auto& [reason, prefixes] : PrefixesByReason())
    for (const std::string_view prefix : prefixes)
      if (StartsWith(symbol, prefix)) return std::string(reason);
  return "";
}

// The symbols in what nm printed: lines such as "                 U memcpy", and for a weak one
// "w". Lines without such a mark name the members of the archive.
std::vector<std::string> UndefinedSymbols(const std::string& nm_output) {
  std::vector<std::string> symbols;
  std::istringstream stream(nm_output);
  for (std::string line; std::getline(stream, line);) {
    const auto mark = line.find_first_not_of(' ');
    if (mark == std::string::npos || mark == 0 || line.size() < mark + 3) continue;
    if (line[mark + 1] == ' ' && std::string_view("Uwv").find(line[mark]) != std::string::npos)
      symbols.push_back(line.substr(mark + 2));
  }
  return symbols;
}

// "symbol: why", for each that a node may not import.
std::vector<std::string> ImpureImports(const std::string& nm_output) {
  std::vector<std::string> impure;
  for (const std::string& symbol : UndefinedSymbols(nm_output)) {
    const std::string why = WhyImpure(symbol);
    if (!why.empty()) impure.push_back(symbol + ": " + why);
  }
  return impure;
}

std::vector<std::string> NodeArchives() {
  std::vector<std::string> archives;
  std::istringstream stream(LOCKSTEP_NODE_ARCHIVES);
  for (std::string path; std::getline(stream, path, ':');) archives.push_back(path);
  return archives;
}

// What nm prints of an archive; fails the test if nm does.
std::string UndefinedIn(const std::string& archive) {
  const std::string command = std::string(LOCKSTEP_NM) + " -C --undefined-only '" + archive + "'";
  std::FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    output.append(buffer.data(), got);
  const int status = pclose(pipe);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  return output;
}

TEST_CASE("purity: node archives import no clock, socket, thread, entropy or file") {
  REQUIRE_FALSE(NodeArchives().empty());
  for (const std::string& archive : NodeArchives()) {
    const std::string output = UndefinedIn(archive);
    // An archive that imports nothing at all would be one that nm could not read.
    CHECK_MESSAGE(!UndefinedSymbols(output).empty(), archive);
    for (const std::string& import : ImpureImports(output)) FAIL_CHECK(archive << ": " << import);
  }
}

TEST_CASE("purity: a list of harmless symbols is accepted") {
  const std::string output =
      "\nnode.cc.o:\n"
      "                 U memcpy\n"
      "                 U operator new(unsigned long)\n"
      "                 U stderr\n"
      "                 U fwrite\n"
      "                 U abort\n"
      "                 w __cxa_finalize\n"
      "                 U lockstep::core::Log::open(unsigned long)\n"
      "                 U lockstep::core::Now::time\n"
      "                 U std::__throw_length_error(char const*)\n";
  CHECK(UndefinedSymbols(output).size() == 9);
  CHECK(ImpureImports(output).empty());
}

TEST_CASE("purity: each symbol that reaches outside is refused") {
  for (const std::string symbol :
       {"clock_gettime",
        "gettimeofday",
        "time",
        "socket",
        "connect",
        "send",
        "recv",
        "__recv_chk",
        "pthread_create",
        "getrandom",
        "rand",
        "random",
        "getenv",
        "open",
        "open64",
        "__open_2",
        "fopen64",
        "read",
        "__read_chk",
        "write",
        "stdout",
        "__printf_chk",
        "std::cout",
        "std::chrono::_V2::system_clock::now()",
        "std::chrono::_V2::steady_clock::now()",
        "absl::lts_20220623::Now()",
        "std::random_device::_M_getval()",
        "std::thread::_M_start_thread(std::unique_ptr<std::thread::_State>, void (*)())",
        "std::basic_ofstream<char, std::char_traits<char> >::~basic_ofstream()"}) {
    CAPTURE(symbol);
    CHECK(ImpureImports("                 U memcpy\n                 U " + symbol + "\n").size() ==
          1);
  }
}

}  // namespace
}  // namespace lockstep::tests
