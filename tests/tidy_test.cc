// The house rules that a compiler does not see: include arrows, banned names, floating point,
// the shape of a file, orphans, and titles of tests.
//
// Each rule is a function from text to findings, so that it is tested here on a sample it accepts
// and one it refuses, and then asked about the tree. It looks at words, not at types: a rule that
// refuses good code is a reason to mend the rule or to mark the line, never to disguise the code.
// Source: the arrows are the table in the architecture, row by row.

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using Findings = std::vector<std::string>;
using Names = std::vector<std::string_view>;

struct SourceFile {
  std::string path;  // from the root, with slashes
  std::string text;
};

struct Include {
  std::size_t line = 0;  // from 1
  std::string target;
  bool is_angled = false;
};

constexpr std::array<std::string_view, 5> kRoots = {"protocols/", "sim/", "analysis/", "tools/",
                                                    "tests/"};
constexpr std::size_t kMaxLines = 600;

std::string At(const SourceFile& file, std::size_t line, std::string_view what) {
  return file.path + ":" + std::to_string(line) + ": " + std::string(what);
}

bool Contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> SplitLines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string_view Trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// --- Reading C++ just well enough ---

bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// The end (one past) of the word, or the number with its separators, that begins at `begin`.
std::size_t EndOfWord(const std::string& text, std::size_t begin) {
  std::size_t end = begin;
  while (end < text.size() && (IsWord(text[end]) || (IsDigit(text[begin]) && text[end] == '\'')))
    ++end;
  return end;
}

// The end of the comment or literal that begins at `begin`; `begin` itself where none does.
std::size_t EndOfBlank(const std::string& text, std::size_t begin) {
  const auto after = [&](std::string_view token, std::size_t from) {
    const auto found = text.find(token, from);
    return found == std::string::npos ? text.size() : found + token.size();
  };
  if (text.compare(begin, 2, "//") == 0) return std::min(text.find('\n', begin), text.size());
  if (text.compare(begin, 2, "/*") == 0) return after("*/", begin + 2);
  if (text.compare(begin, 2, "R\"") == 0) {
    const auto open = std::min(text.find('(', begin), text.size());
    return after(")" + text.substr(begin + 2, open - begin - 2) + "\"", open);
  }
  if (text[begin] != '"' && text[begin] != '\'') return begin;
  std::size_t end = begin + 1;
  while (end < text.size() && text[end] != text[begin] && text[end] != '\n')
    end += text[end] == '\\' ? 2U : 1U;
  return std::min(end + 1, text.size());
}

// `text` with comments and literals turned into spaces; its lines keep their numbers, and lines
// that include something keep what they include.
std::string Code(const std::string& text) {
  std::string code = text;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '#' && text.compare(at, 8, "#include") == 0) {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (const std::size_t end = EndOfBlank(text, at); end > at) {
      for (; at < end; ++at)
        if (text[at] != '\n') code[at] = ' ';
    } else {
      at = IsWord(text[at]) ? EndOfWord(text, at) : at + 1;
    }
  }
  return code;
}

std::vector<Include> IncludesOf(const SourceFile& file) {
  std::vector<Include> includes;
  const std::vector<std::string> lines = SplitLines(Code(file.text));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].rfind("#include", 0) != 0) continue;
    const auto open = lines[i].find_first_of("<\"");
    if (open == std::string::npos) continue;
    const auto close = lines[i].find_first_of(">\"", open + 1);
    includes.push_back({i + 1, lines[i].substr(open + 1, close - open - 1), lines[i][open] == '<'});
  }
  return includes;
}

// --- Include arrows ---

// The room of a path, as the table of arrows calls it; a protocol is "protocols/" and its name.
std::string RoomOf(std::string_view path) {
  const auto starts = [&](std::string_view prefix) {
    return path.substr(0, prefix.size()) == prefix;
  };
  if (starts("protocols/")) {
    const auto slash = path.find('/', 10);
    if (slash != std::string_view::npos) return std::string(path.substr(0, slash));
    return "protocols/catalog";
  }
  for (const std::string_view room :
       {"sim/trace", "sim/scenario", "sim", "analysis", "tools/node", "tools", "tests"})
    if (starts(std::string(room) + "/")) return std::string(room);
  return "";
}

// As a row of the table: a room named after a protocol shares the row of all of them.
std::string RowOf(const std::string& room) {
  const bool is_row = room.rfind("protocols/", 0) != 0 || room == "protocols/core" ||
                      room == "protocols/catalog" || room == "protocols/parameters";
  return is_row ? room : "protocols/NAME";
}

bool MayUseRoom(const std::string& from, const std::string& to) {
  // protocols/parameters reads JSON parameters; whoever reads JSON of ours may use it.
  static const std::map<std::string, Names> kArrows = {
      {"protocols/core", {}},
      {"protocols/NAME", {"protocols/core"}},
      {"protocols/parameters", {"protocols/core"}},
      {"protocols/catalog", {"protocols/NAME", "protocols/core", "protocols/parameters"}},
      {"sim/trace", {"protocols/core", "protocols/parameters"}},
      {"sim", {"sim/trace", "protocols/core"}},
      {"sim/scenario", {"sim", "protocols/core", "protocols/parameters"}},
      {"analysis", {"sim/trace", "protocols/core", "protocols/parameters"}},
      {"tools/node", {"protocols/catalog", "protocols/parameters", "protocols/core", "sim/trace"}},
      {"tools",
       {"protocols/core", "protocols/NAME", "protocols/parameters", "protocols/catalog",
        "sim/trace", "sim", "sim/scenario", "analysis"}},
      {"tests",
       {"protocols/core", "protocols/NAME", "protocols/parameters", "protocols/catalog",
        "sim/trace", "sim", "sim/scenario", "analysis", "tools", "tools/node"}},
  };
  if (from == to) return true;
  const auto row = kArrows.find(RowOf(from));
  return row != kArrows.end() && Contains(row->second, RowOf(to));
}

// A library that is in use: how its headers begin, and the rows that may include them. A new one
// gets its line here, and its reason in the commit.
struct Library {
  std::string_view prefix;
  Names rows;  // empty: every room
};

const std::vector<Library>& Libraries() {
  static const std::vector<Library> kLibraries = {
      {"absl/", {}},
      {"Random123/", {"protocols/core", "tests"}},
      {"xxhash.h", {"protocols/core", "sim/trace", "tests"}},
      {"nlohmann/",
       {"protocols/parameters", "protocols/catalog", "sim/trace", "sim/scenario", "analysis",
        "tools", "tests"}},
      {"boost/graph/", {"sim", "sim/scenario", "tools", "tests"}},
      {"boost/property_map/", {"sim", "sim/scenario", "tools", "tests"}},
      {"boost/property_tree/", {"sim/scenario"}},  // GraphML is XML.
      {"boost/math/", {"analysis"}},               // quantiles of Student's t
      {"boost/asio", {"tools/node", "tests"}},
      {"sqlite3.h", {"analysis", "tools", "tests"}},
      {"zlib.h", {"sim/trace", "tests"}},
      {"zstd.h", {"sim/trace", "tests"}},
      // A lock that ends with its holder, files that are made only where none is.
      {"fcntl.h", {"sim/trace", "analysis", "tools", "tools/node", "tests"}},
      {"sys/file.h", {"analysis", "tools", "tools/node", "tests"}},
      {"sys/stat.h", {"sim/trace", "analysis", "tools", "tools/node", "tests"}},
      {"unistd.h", {"sim/trace", "analysis", "tools", "tools/node", "tests"}},
      {"readme/", {"tests"}},  // what tests/readme.cmake cuts out of README.md
      {"CLI/", {"tools", "tests"}},
      {"doctest/", {"tools", "tests"}},
      {"benchmark/", {"tools"}},
  };
  return kLibraries;
}

// Why `room` may not include this; empty where it may.
std::string WhyNotInclude(const std::string& room, const Include& include) {
  const std::string& target = include.target;
  for (const Library& library : Libraries()) {
    if (target.rfind(library.prefix, 0) != 0) continue;
    const bool is_allowed = library.rows.empty() || Contains(library.rows, RowOf(room));
    return is_allowed ? "" : room + " may not use the library of " + target;
  }
  if (include.is_angled) {
    const bool is_standard = target.find_first_of("./") == std::string::npos;
    const bool is_allowed = is_standard || room.rfind("tools", 0) == 0 || room == "tests";
    return is_allowed ? "" : "<" + target + "> is not of the standard library, nor one we know";
  }
  const std::string to = RoomOf(target);
  if (to.empty()) return "\"" + target + "\" is not a path from the root, nor a library we know";
  return MayUseRoom(room, to) ? "" : room + " may not use " + to + " (" + target + ")";
}

Findings CheckArrows(const SourceFile& file) {
  Findings findings;
  const std::string room = RoomOf(file.path);
  if (room.empty()) return {At(file, 1, "stands in no room that has arrows")};
  for (const Include& include : IncludesOf(file)) {
    const std::string why = WhyNotInclude(room, include);
    if (!why.empty()) findings.push_back(At(file, include.line, why));
  }
  return findings;
}

// --- Names that would let the outside in ---

bool IsReproducible(const std::string& path) {
  return path.rfind("protocols/", 0) == 0 || path.rfind("sim/", 0) == 0;
}

// The qualified names in one line of code, each with the character that follows it.
std::vector<std::pair<std::string, char>> NamesIn(const std::string& line) {
  std::vector<std::pair<std::string, char>> names;
  for (std::size_t at = 0; at < line.size();) {
    if (!IsWord(line[at])) {
      ++at;
      continue;
    }
    std::size_t end = EndOfWord(line, at);
    while (line.compare(end, 2, "::") == 0 && end + 2 < line.size() && IsWord(line[end + 2]))
      end = EndOfWord(line, end + 2);
    if (!IsDigit(line[at])) {
      const auto next = line.find_first_not_of(' ', end);
      names.emplace_back(line.substr(at, end - at), next == std::string::npos ? '\n' : line[next]);
    }
    at = end;
  }
  return names;
}

// True if `part` is one of the names that `qualified` strings together.
bool HasPart(const std::string& qualified, std::string_view part) {
  return ("::" + qualified + "::").find("::" + std::string(part) + "::") != std::string::npos;
}

// Why a name is banned; empty where it is not. `next` is the character after it.
std::string WhyBanned(const std::string& name, char next) {
  static const Names kClocks = {"system_clock", "steady_clock", "high_resolution_clock"};
  static const Names kHashed = {"unordered_map", "unordered_set", "unordered_multimap",
                                "unordered_multiset"};
  static const Names kExact = {"absl::Now", "absl::BitGen", "absl::InsecureBitGen", "std::shuffle"};
  for (const std::string_view clock : kClocks)
    if (HasPart(name, clock)) return "reads a clock; time comes in as `now`";
  for (const std::string_view hashed : kHashed)
    if (HasPart(name, hashed)) return "has no order; look up in flat_hash_map, iterate btree_map";
  if (HasPart(name, "random_device")) return "is entropy; draw from core::Random";
  const bool is_distribution = name.size() > 13 && name.rfind("_distribution") == name.size() - 13;
  if (is_distribution && name.rfind("std::", 0) == 0) return "differs between standard libraries";
  const bool is_rand =
      name == "rand" || name == "srand" || name == "std::rand" || name == "std::srand";
  if (is_rand && next == '(') return "is global and not ours; draw from core::Random";
  if (Contains(kExact, name)) return "depends on the machine, the library or the day";
  return "";
}

Findings CheckBannedNames(const SourceFile& file) {
  static const Names kHeaders = {"cmath", "random", "thread", "ctime", "chrono"};
  Findings findings;
  if (!IsReproducible(file.path)) return findings;
  for (const Include& include : IncludesOf(file))
    if (include.is_angled && Contains(kHeaders, include.target))
      findings.push_back(At(file, include.line, "<" + include.target + "> has no place in a run"));
  const std::vector<std::string> lines = SplitLines(Code(file.text));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].rfind("#include", 0) == 0) continue;
    for (const auto& [name, next] : NamesIn(lines[i])) {
      const std::string why = WhyBanned(name, next);
      if (!why.empty()) findings.push_back(At(file, i + 1, name + " " + why));
    }
  }
  return findings;
}

// --- Floating point ---

// True if a line of code has a literal such as 0.5 or 1e9.
bool HasFloatLiteral(const std::string& line) {
  for (std::size_t at = 0; at < line.size();) {
    if (!IsWord(line[at])) {
      ++at;
      continue;
    }
    const std::size_t end = EndOfWord(line, at);
    const std::string word = line.substr(at, end - at);
    const bool is_hex = word.rfind("0x", 0) == 0 || word.rfind("0X", 0) == 0;
    if (IsDigit(word[0]) && !is_hex) {
      if (word.find_first_of("eE") != std::string::npos) return true;
      if (end < line.size() && line[end] == '.') return true;
    }
    at = end;
  }
  return false;
}

// True if the line says why floating point is harmless in it.
bool IsExcused(const std::string& line) {
  constexpr std::string_view kMark = "// float-ok: ";
  const auto mark = line.find(kMark);
  return mark != std::string::npos && !Trimmed(line.substr(mark + kMark.size())).empty();
}

// An excuse stands on the line itself, or alone on the line above where that would be too long.
Findings CheckFloats(const SourceFile& file) {
  Findings findings;
  if (!IsReproducible(file.path) || file.path.rfind("sim/trace/json", 0) == 0) return findings;
  const std::vector<std::string> raw = SplitLines(file.text);
  const std::vector<std::string> code = SplitLines(Code(file.text));
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i].rfind("#include", 0) == 0) continue;
    bool is_float = HasFloatLiteral(code[i]);
    for (const auto& [name, next] : NamesIn(code[i]))
      is_float = is_float || name == "double" || name == "float";
    const bool is_excused =
        IsExcused(raw[i]) || (i > 0 && Trimmed(code[i - 1]).empty() && IsExcused(raw[i - 1]));
    if (is_float && !is_excused)
      findings.push_back(
          At(file, i + 1, "floating point begins in analysis/; or // float-ok: why"));
  }
  return findings;
}

// --- The shape of a file, titles, orphans ---

Findings CheckShape(const SourceFile& file) {
  Findings findings;
  if (file.text.rfind("// ", 0) != 0)
    findings.push_back(At(file, 1, "begin with a comment: what is it for, what always holds"));
  const std::size_t lines = SplitLines(file.text).size();
  if (lines > kMaxLines)
    findings.push_back(At(file, lines, "more than 600 lines: look for the noun hiding in it"));
  return findings;
}

// The titles of a file's test cases, with the line each begins on.
std::vector<std::pair<std::size_t, std::string>> TitlesOf(const SourceFile& file) {
  std::vector<std::pair<std::size_t, std::string>> titles;
  const std::string code = Code(file.text);
  constexpr std::string_view kMacro = "TEST_CASE(";
  for (auto at = code.find(kMacro); at != std::string::npos; at = code.find(kMacro, at + 1)) {
    std::string title;
    std::size_t next = file.text.find_first_not_of(" \n", at + kMacro.size());
    while (next < file.text.size() && file.text[next] == '"') {
      const std::size_t end = EndOfBlank(file.text, next);
      title += file.text.substr(next + 1, end - next - 2);
      next = file.text.find_first_not_of(" \n", end);
    }
    const auto line =
        std::count(code.begin(), code.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    titles.emplace_back(static_cast<std::size_t>(line) + 1, title);
  }
  return titles;
}

// CTest knows a test by its title, so titles must differ, and CMake must not take them apart.
Findings CheckTitles(const std::vector<SourceFile>& files) {
  Findings findings;
  std::set<std::string> seen;
  for (const SourceFile& file : files) {
    for (const auto& [line, title] : TitlesOf(file)) {
      if (title.find(": ") == std::string::npos)
        findings.push_back(At(file, line, "a title is a subject and a claim: \"link: is FIFO\""));
      if (title.find_first_of("[];\\\"") != std::string::npos)
        findings.push_back(At(file, line, "CMake trips over [ ] ; \\ \" in a title"));
      if (!seen.insert(title).second)
        findings.push_back(At(file, line, "another test has this title"));
    }
  }
  return findings;
}

std::string Stem(const std::string& path) { return path.substr(0, path.rfind('.')); }
bool IsHeader(const std::string& path) { return path.ends_with(".h"); }

// `compiled`: the paths of all files that some target compiles.
Findings CheckOrphans(const std::vector<SourceFile>& files, const std::set<std::string>& compiled) {
  Findings findings;
  std::set<std::string> included;
  for (const SourceFile& file : files)
    for (const Include& include : IncludesOf(file))
      if (Stem(include.target) != Stem(file.path)) included.insert(include.target);
  for (const SourceFile& file : files) {
    if (IsHeader(file.path) && !included.contains(file.path))
      findings.push_back(At(file, 1, "nobody includes it but its own .cc"));
    if (!IsHeader(file.path) && !compiled.contains(file.path))
      findings.push_back(At(file, 1, "no target in CMakeLists.txt compiles it"));
  }
  return findings;
}

// --- The tree ---

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

const std::vector<SourceFile>& Tree() {
  static const std::vector<SourceFile> kTree = [] {
    std::vector<SourceFile> files;
    const std::filesystem::path root = LOCKSTEP_SOURCE_DIR;
    for (const std::string_view folder : kRoots) {
      if (!std::filesystem::exists(root / folder)) continue;
      for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".h" && extension != ".cc") continue;
        files.push_back(
            {entry.path().lexically_relative(root).generic_string(), ReadFile(entry.path())});
      }
    }
    std::sort(files.begin(), files.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    return files;
  }();
  return kTree;
}

void ExpectNone(const Findings& findings) {
  for (const std::string& finding : findings) FAIL_CHECK(finding);
}

void ExpectNoneInTree(Findings (*check)(const SourceFile&)) {
  REQUIRE_FALSE(Tree().empty());
  for (const SourceFile& file : Tree()) ExpectNone(check(file));
}

// A file of one include or one line, as the samples below want it.
bool IsArrow(const std::string& path, const std::string& include) {
  return CheckArrows({path, "// Head.\n#include " + include + "\n"}).empty();
}
bool HasBannedName(const std::string& line) {
  return !CheckBannedNames({"sim/world.cc", line + "\n"}).empty();
}
bool HasFloat(const std::string& path, const std::string& text) {
  return !CheckFloats({path, text}).empty();
}

TEST_CASE("tidy: every include follows an arrow") { ExpectNoneInTree(CheckArrows); }
TEST_CASE("tidy: no banned name in protocols or sim") { ExpectNoneInTree(CheckBannedNames); }
TEST_CASE("tidy: no floating point in protocols or sim") { ExpectNoneInTree(CheckFloats); }
TEST_CASE("tidy: every file has a head and at most 600 lines") { ExpectNoneInTree(CheckShape); }
TEST_CASE("tidy: every title is a claim of its own") { ExpectNone(CheckTitles(Tree())); }

TEST_CASE("tidy: no file is an orphan") {
  const std::vector<std::string> listed = SplitLines(ReadFile(LOCKSTEP_SOURCE_LIST));
  REQUIRE_FALSE(listed.empty());
  ExpectNone(CheckOrphans(Tree(), {listed.begin(), listed.end()}));
}

TEST_CASE("tidy: a protocol uses core and never another protocol") {
  CHECK(IsArrow("protocols/picsou/replica.cc", "\"protocols/core/node.h\""));
  CHECK(IsArrow("protocols/picsou/replica.cc", "\"protocols/picsou/quack.h\""));
  CHECK_FALSE(IsArrow("protocols/picsou/replica.cc", "\"protocols/file/log.h\""));
  CHECK_FALSE(IsArrow("protocols/picsou/replica.cc", "\"protocols/parameters/parameters.h\""));
  CHECK_FALSE(IsArrow("protocols/picsou/replica.cc", "\"sim/world.h\""));
  CHECK_FALSE(IsArrow("protocols/core/stack.cc", "\"protocols/picsou/quack.h\""));
  CHECK(IsArrow("protocols/catalog.cc", "\"protocols/picsou/replica.h\""));
  CHECK_FALSE(IsArrow("protocols/parameters/parameters.cc", "\"protocols/picsou/replica.h\""));
}

TEST_CASE("tidy: the world never uses a protocol, nor conclusions the world") {
  CHECK(IsArrow("sim/net/nic.cc", "\"sim/event_queue.h\""));
  CHECK(IsArrow("sim/fault/tamper.cc", "\"sim/trace/event.h\""));
  CHECK(IsArrow("sim/scenario/profile_json.cc", "\"protocols/parameters/parameters.h\""));
  CHECK_FALSE(IsArrow("sim/host/host.cc", "\"sim/scenario/scenario.h\""));
  CHECK_FALSE(IsArrow("sim/world.cc", "\"protocols/pingpong/pingpong.h\""));
  CHECK_FALSE(IsArrow("sim/world.cc", "\"protocols/catalog.h\""));
  CHECK_FALSE(IsArrow("sim/world.cc", "\"analysis/checker.h\""));
  CHECK_FALSE(IsArrow("sim/trace/digest.cc", "\"sim/world.h\""));
  CHECK(IsArrow("analysis/c3b.cc", "\"sim/trace/sink.h\""));
  CHECK_FALSE(IsArrow("analysis/c3b.cc", "\"sim/world.h\""));
  CHECK_FALSE(IsArrow("analysis/c3b.cc", "\"protocols/picsou/schedule.h\""));
  CHECK_FALSE(IsArrow("tools/node/main.cc", "\"sim/world.h\""));
  CHECK(IsArrow("tools/lockstep/run.cc", "\"sim/world.h\""));
  CHECK(IsArrow("tests/sim/world_test.cc", "\"tools/lockstep/run.h\""));
  CHECK_FALSE(IsArrow("tools/lockstep/run.cc", "\"tests/support/script.h\""));
}

TEST_CASE("tidy: libraries stay in their rooms") {
  CHECK(IsArrow("protocols/core/wire.cc", "\"absl/status/statusor.h\""));
  CHECK(IsArrow("protocols/core/wire.cc", "<vector>"));
  CHECK_FALSE(IsArrow("protocols/core/wire.cc", "<nlohmann/json.hpp>"));
  CHECK(IsArrow("sim/scenario/scenario.cc", "\"nlohmann/json.hpp\""));
  CHECK_FALSE(IsArrow("sim/profile.h", "\"nlohmann/json.hpp\""));
  CHECK(IsArrow("sim/net/topology.cc", "\"boost/graph/adjacency_list.hpp\""));
  CHECK_FALSE(IsArrow("sim/net/topology.cc", "\"boost/asio.hpp\""));
  CHECK_FALSE(IsArrow("sim/world.cc", "<unistd.h>"));
  CHECK(IsArrow("tools/lockstep/main.cc", "<unistd.h>"));
  CHECK_FALSE(IsArrow("sim/world.cc", "\"world.h\""));
  CHECK_FALSE(IsArrow("misc/a.cc", "<vector>"));
}

TEST_CASE("tidy: names that let the outside in are refused") {
  for (const std::string line :
       {"std::random_device entropy;", "int x = rand();", "srand (1);", "std::rand()",
        "auto t = std::chrono::steady_clock::now();", "using std::chrono::system_clock;",
        "high_resolution_clock c;", "absl::Now()", "absl::BitGen gen;", "#include <cmath>",
        "std::uniform_int_distribution<int> d;", "std::shuffle(a, b, c);", "#include <thread>",
        "std::unordered_map<int, int> m;", "unordered_set<int> s;", "#include <random>",
        "const int n = 1'000; rand();", "R\"(a)\"; rand();"}) {
    CAPTURE(line);
    CHECK(HasBannedName(line));
  }
}

TEST_CASE("tidy: names that only look like those are accepted") {
  for (const std::string line :
       {"// rand() and std::unordered_map would differ.", "Log(\"rand()\");", "int strand(int);",
        "struct rand_state {};", "std::sort(a, b);", "absl::flat_hash_map<int, int> m;",
        "/* std::shuffle\n srand(1) */", "core::Random random;", "my_distribution d;",
        "char c = '\"'; // rand()", "R\"x(rand() )\" )x\";", "#include <vector>"}) {
    CAPTURE(line);
    CHECK_FALSE(HasBannedName(line));
  }
  CHECK(CheckBannedNames({"analysis/report.cc", "#include <cmath>\nrand();\n"}).empty());
}

TEST_CASE("tidy: floating point needs an excuse") {
  CHECK(HasFloat("sim/clock.cc", "double drift;\n"));
  CHECK(HasFloat("protocols/core/time.h", "static_cast<float>(x);\n"));
  CHECK(HasFloat("sim/clock.cc", "auto drift = 0.5;\n"));
  CHECK(HasFloat("sim/clock.cc", "auto second = 1e12;\n"));
  CHECK(HasFloat("sim/clock.cc", "double drift;  // float-ok: \n"));
  CHECK(HasFloat("sim/clock.cc", "double a;  // float-ok: shown only.\ndouble b;\n"));
  CHECK_FALSE(HasFloat("sim/clock.cc", "double rate;  // float-ok: shown to people only.\n"));
  CHECK_FALSE(HasFloat("sim/clock.cc", "  // float-ok: shown only.\n  double rate;\n"));
  CHECK_FALSE(HasFloat("sim/clock.cc", "int x = 0x1e5 + 1'000'000; // 0.5\n"));
  CHECK_FALSE(HasFloat("sim/clock.cc", "Doubled(values[1].size, double_it, T1e5);\n"));
  CHECK_FALSE(HasFloat("sim/trace/json_lines.cc", "double x;\n"));
  CHECK_FALSE(HasFloat("analysis/traffic.cc", "double x;\n"));
}

TEST_CASE("tidy: a file without a head, or with too many lines, is refused") {
  CHECK(CheckShape({"sim/a.cc", "// What it is for.\n"}).empty());
  CHECK_FALSE(CheckShape({"sim/a.cc", "#include <vector>\n"}).empty());
  std::string text = "// Head.\n";
  for (std::size_t line = 1; line < kMaxLines; ++line) text += "\n";
  CHECK(CheckShape({"sim/a.cc", text}).empty());
  CHECK_FALSE(CheckShape({"sim/a.cc", text + "\n"}).empty());
}

TEST_CASE("tidy: a title without a claim, twice, or beyond CMake is refused") {
  const auto check = [](const std::string& text) { return CheckTitles({{"tests/a.cc", text}}); };
  CHECK(check("TEST_CASE(\"a: b, c\") {}\nTEST_CASE(\n    \"a: \"\n    \"d\") {}\n").empty());
  CHECK_FALSE(check("TEST_CASE(\"works\") {}\n").empty());
  CHECK_FALSE(check("TEST_CASE(\"a: b[0]\") {}\n").empty());
  CHECK_FALSE(check("TEST_CASE(\"a: b\") {}\nTEST_CASE(\"a: \" \"b\") {}\n").empty());
}

TEST_CASE("tidy: a header that only its own file includes is an orphan") {
  const SourceFile header = {"sim/a.h", "// A.\n"};
  const SourceFile own = {"sim/a.cc", "// A.\n#include \"sim/a.h\"\n"};
  const SourceFile other = {"sim/b.cc", "// B.\n#include \"sim/a.h\"\n"};
  CHECK_FALSE(CheckOrphans({header, own}, {"sim/a.cc"}).empty());
  CHECK(CheckOrphans({header, own, other}, {"sim/a.cc", "sim/b.cc"}).empty());
  CHECK_FALSE(CheckOrphans({header, own, other}, {"sim/a.cc"}).empty());
}

}  // namespace
}  // namespace lockstep::tests
