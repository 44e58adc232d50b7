// Text-file tests: see script.h.

#include "tests/support/script.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

constexpr std::string_view kLine = "----";

std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

std::string WithoutEnd(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

Command::Command(std::string_view line) {
  std::istringstream words{std::string(line)};
  words >> name_;
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      failures_.push_back("want key=value, not \"" + word + "\"");
    } else if (!values_.emplace(word.substr(0, equals), word.substr(equals + 1)).second) {
      failures_.push_back("\"" + word.substr(0, equals) + "\" stands twice");
    }
  }
}

bool Command::Has(std::string_view key) const {
  asked_.emplace(key);
  return values_.contains(key);
}

std::string Command::Text(std::string_view key) const {
  asked_.emplace(key);
  const auto found = values_.find(key);
  if (found != values_.end()) return found->second;
  failures_.push_back(name_ + " wants " + std::string(key) + "=");
  return "";
}

std::vector<std::string> Command::Failures() const {
  std::vector<std::string> failures = failures_;
  for (const auto& [key, value] : values_) {
    if (!asked_.contains(key)) failures.push_back("nobody asks for \"" + key + "\"");
  }
  return failures;
}

Played Play(std::string_view script, const Answer& answer) {
  Played played;
  const std::vector<std::string> lines = LinesOf(script);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    played.text += lines[i] + "\n";
    if (IsBlank(lines[i]) || lines[i].front() == '#') continue;
    const std::string where = std::to_string(i + 1) + ": ";
    const auto fail = [&](const std::string& what) { played.failures.push_back(where + what); };
    const Command command(lines[i]);
    ++played.commands;
    if (i + 1 == lines.size() || lines[i + 1] != kLine) {
      fail("want a line of " + std::string(kLine) + " after a command");
      continue;
    }
    played.text += lines[++i] + "\n";
    std::string wanted;
    while (i + 1 < lines.size() && !IsBlank(lines[i + 1])) wanted += lines[++i] + "\n";
    wanted = WithoutEnd(wanted);
    const std::string given = WithoutEnd(answer(command));
    for (const std::string& failure : command.Failures()) fail(failure);
    if (("\n" + given + "\n").find("\n\n") != std::string::npos && !given.empty()) {
      fail("an answer must not have blank lines");
    }
    if (given != wanted) fail("want\n" + wanted + "\nnot\n" + given);
    if (!given.empty()) played.text += given + "\n";
  }
  if (played.commands == 0) played.failures.push_back("1: a script without commands tests nothing");
  return played;
}

void RunScript(const std::string& file, const Answer& answer) {
  const std::string path = std::string(LOCKSTEP_SOURCE_DIR) + "/tests/" + file;
  std::ifstream in(path, std::ios::binary);
  const bool is_there = in.is_open();
  REQUIRE_MESSAGE(is_there, path, " cannot be read");
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  in.close();
  const Played played = Play(text, answer);
  const char* rewrite = std::getenv("REWRITE");
  if (rewrite != nullptr && std::string_view(rewrite) == "1") {
    std::ofstream out(path, std::ios::binary);
    out << played.text;
    REQUIRE(out.flush().good());
    return;
  }
  for (const std::string& failure : played.failures) FAIL_CHECK(file << ":" << failure);
}

}  // namespace lockstep::tests
