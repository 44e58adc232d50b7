// What the program says of itself to people, shells and man: the same in all three.

#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using Words = std::set<std::string>;

Words LinesOf(const std::string& text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  return {lines.begin(), lines.end()};
}

// What is offered for the last of these words, without the meanings.
Words Offered(std::vector<std::string> words) {
  words.insert(words.begin(), {"complete", "--"});
  const Finished run = Lockstep(words);
  CHECK(run.exit_code == cli::kAsExpected);
  Words offered;
  for (const std::string& line : LinesOf(run.out)) offered.insert(line.substr(0, line.find('\t')));
  return offered;
}

Words Matches(const std::string& text, const std::string& pattern) {
  const std::regex wanted(pattern);
  Words found;
  for (std::sregex_iterator at(text.begin(), text.end(), wanted); at != std::sregex_iterator();
       ++at)
    found.insert((*at)[1]);
  return found;
}

// The part of a help text below this head.
std::string Part(const std::string& help, const std::string& head) {
  const std::size_t begin = help.find("\n" + head + ":\n");
  if (begin == std::string::npos) return "";
  return help.substr(begin, help.find("\n\n", begin + 1) - begin);
}

Words Commands() { return Matches(Part(Lockstep({"--help"}).out, "Subcommands"), "\n  ([a-z]+) "); }

TEST_CASE("completion: every command and option of help is offered, and nothing else") {
  Words commands = Commands();
  REQUIRE(commands.size() > 10);
  const Words options = {"--help", "--version"};
  CHECK(Offered({"-"}) == options);
  for (const std::string& command : commands) {
    CAPTURE(command);
    const Words known =
        Matches(Lockstep({command, "--help"}).out, "\n  (?:-[a-zA-Z],)?(--[a-z-]+)[ \n]");
    CHECK(known.count("--help") == 1);
    CHECK(Offered({command, "--"}) == known);
  }
  commands.insert("help");
  CHECK(Offered({""}) == commands);
}

TEST_CASE("completion: values are offered where a word or an option may be one of few") {
  const Words models = {"kv", "register"};
  CHECK(Offered({"check", "--model", ""}) == models);
  CHECK(Offered({"check", "--model", "=", ""}) == models);
  CHECK(Offered({"check", "--model", "="}) == models);
  CHECK(Offered({"check", "--model=k"}) == Words{"--model=kv"});
  CHECK(Offered({"list", "f"}) == Words{"faults"});
  CHECK(Offered({"list", "protocols", "pic"}) == Words{"picsou"});
  CHECK(Offered({"list", "nonsense", ""}).empty());
  CHECK(Offered({"fuzz", "cho"}) == Words{"chora", ":files"});
  CHECK(Offered({"fuzz", "chora", "--budget", "o"}) == Words{"over"});
  CHECK(Offered({"explain", "QUAC"}) == Words{"QUACK"});
  CHECK(Offered({"trace", "t", "--kind", "deliv"}) == Words{"delivered"});
  CHECK(Offered({"completions", ""}) == Words{"bash", "fish", "zsh"});
  CHECK(Offered({"help", "val"}) == Words{"validate"});
  CHECK(Offered({"compare", "a", "b", "--metric", "delivered_m"}) == Words{"delivered_mbps"});
}

TEST_CASE("completion: files and folders are left to the shell, where one is wanted") {
  const Words files = {":files"};
  for (const char* command : {"run", "check", "trace", "validate", "sweep", "figures", "plot"})
    CHECK(Offered({command, ""}) == files);
  CHECK(Offered({"run", "--trace", "x"}) == files);
  CHECK(Offered({"merge", "all", "one", ""}) == files);
  CHECK(Offered({"compare", "a", ""}) == files);
  CHECK(Offered({"fuzz", "--out", ""}) == Words{":folders"});
  // One file is all that they take; a value that is not a file is nothing we know.
  CHECK(Offered({"run", "s.json", ""}).empty());
  CHECK(Offered({"run", "--memory", ""}).empty());
  CHECK(Offered({"run", "--", "--tr"}) == files);
  CHECK(Offered({"nonsense", "--json", ""}).empty());
}

TEST_CASE("completion: the scripts of shells are of the name that the program has") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Finished run = Lockstep({"completions", shell});
    CHECK(run.exit_code == cli::kAsExpected);
    Has(run.out, absl::StrCat("lockstep completions ", shell));
    CHECK(run.out.find("NAME") == std::string::npos);
    CHECK(run.out.find("FUNCTION") == std::string::npos);
  }
  CHECK(Lockstep({"completions", "csh"}).exit_code == cli::kBadInput);
}

TEST_CASE("help: a command lists the exit codes that it can end with, and no others") {
  const auto codes = [](const std::string& command) {
    const std::string help = Lockstep({command, "--help"}).out;
    return Matches(help.substr(help.find("Exit codes:\n")), "\n +([0-9]+)  ");
  };
  for (const char* command : {"validate", "trace", "rounds", "results", "topology", "plot", "list"})
    CHECK(codes(command) == Words{"0", "1", "2"});
  CHECK(codes("run") == Words{"0", "1", "2", "3", "4", "5", "6", "7", "8"});
  CHECK(codes("check") == Words{"0", "1", "2", "3", "4", "5", "6", "7"});
  CHECK(codes("sweep") == Words{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  CHECK(codes("merge") == Words{"0", "1", "2", "9", "11"});
  CHECK(codes("compare") == Words{"0", "1", "2", "10"});
  CHECK(codes("regress") == Words{"0", "1", "2", "3", "4", "5", "6", "7", "8", "12", "13"});
  CHECK(codes("replay") == Words{"0", "1", "2", "3", "4", "5", "6", "7", "8", "13"});
  CHECK(codes("shrink") == Words{"0", "1", "2", "7"});
  CHECK(codes("fuzz") == Words{"0", "1", "2", "3", "7", "8"});
}

TEST_CASE("help: texts name the program as it was called, for a shell to call it again") {
  const TemporaryFolder folder;
  const auto shell = [&](const std::string& script) {
    return Process({"/bin/sh", "-c", "cd " + folder.File("") + " && " + script}).Wait();
  };
  REQUIRE(shell("mkdir 'a b' && ln -s " LOCKSTEP_BINARY " 'a b/own'").exit_code == 0);
  const Finished spaced = shell("'a b/own' run --help");
  Has(spaced.out, "\nUsage: 'a b/own' run [OPTIONS] scenario\n");
  Has(spaced.out, "\n  'a b/own' run scenarios/smoke/picsou.json\n");
  const Finished found = shell("PATH=\"$PWD/a b\"; own validate nothing.json");
  CHECK(found.exit_code == cli::kBadInput);
  Has(found.err, "own: nothing.json: ");
  CHECK(shell("echo '{\"lockstep_sweep\": 1}' > s.json; 'a b/own' run s.json").err ==
        "own: s.json: is a sweep: `'a b/own' sweep s.json` takes it\n");
}

}  // namespace
}  // namespace lockstep::tests
