// The player of text-file tests: what it accepts, what it refuses, what it rewrites.

#include "tests/support/script.h"

#include <cstdint>
#include <string>

#include "protocols/core/ids.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

constexpr std::string_view kSum =
    "# Adds.\n\nsum a=2 b=3\n----\n5\n\n# Once more.\nsum a=1 b=1\n----\n2\n";

std::string Sum(const Command& command) {
  return std::to_string(command.Get<int>("a") + command.Get<int>("b"));
}

TEST_CASE("script: answers as expected are no failures and leave the text alone") {
  const Played played = Play(kSum, Sum);
  CHECK(played.failures.empty());
  CHECK(played.commands == 2);
  CHECK(played.text == kSum);
}

TEST_CASE("script: an answer that differs is a failure by line, and is rewritten") {
  std::string wrong(kSum);
  wrong.replace(wrong.find("5"), 1, "6\n7");
  const Played played = Play(wrong, Sum);
  REQUIRE(played.failures.size() == 1);
  CHECK(played.failures[0] == "3: want\n6\n7\nnot\n5");
  CHECK(played.text == kSum);
}

TEST_CASE("script: numbers have types, and what does not fit is a failure") {
  const Command command("ack node=3 seq=18446744073709551615 delta=-4 big=256 text=abc");
  CHECK(command.name() == "ack");
  CHECK(command.Get<core::NodeId>("node") == core::NodeId(3));
  CHECK(command.Get<core::SeqNo>("seq") == core::SeqNo(~std::uint64_t{0}));
  CHECK(command.Get<std::int64_t>("delta") == -4);
  CHECK(command.Get<std::string>("text") == "abc");
  CHECK(command.Get<int>("big") == 256);
  CHECK(command.Failures().empty());
  CHECK(command.Get<std::uint8_t>("big") == 0);
  CHECK(command.Get<std::uint32_t>("delta") == 0);
  CHECK(command.Get<int>("text") == 0);
  CHECK(command.Get<int>("absent") == 0);
  // One each, and the absent key is neither there nor a number.
  CHECK(command.Failures().size() == 3 + 2);
}

TEST_CASE("script: keys nobody asks for, broken pairs and doubles are failures") {
  const auto failures = [](std::string_view line) {
    return Play(std::string(line) + "\n----\n2\n", Sum).failures.size();
  };
  CHECK(failures("sum a=1 b=1") == 0);
  CHECK(failures("sum a=1 b=1 c=1") == 1);
  CHECK(failures("sum a=1 b=1 c") == 1);
  CHECK(failures("sum a=1 b=1 =1") == 1);
  CHECK(failures("sum a=1 b=1 b=1") == 1);
  const Command optional("sum c=1");
  CHECK(optional.Has("c"));
  CHECK_FALSE(optional.Has("d"));
  CHECK(optional.Failures().empty());
}

TEST_CASE("script: a command without its line, or no command at all, is a failure") {
  CHECK(Play("sum a=1 b=1\n2\n", Sum).failures.size() >= 1);
  CHECK(Play("sum a=1 b=1", Sum).failures.size() == 1);
  CHECK(Play("# Nothing here.\n", Sum).failures.size() == 1);
}

TEST_CASE("script: an answer may be empty or of many lines, but has no blank line") {
  CHECK(Play("go\n----\n", [](const Command&) { return ""; }).failures.empty());
  CHECK(Play("go\n----\na\nb\n", [](const Command&) { return "a\nb\n"; }).failures.empty());
  CHECK(Play("go\n----\na\n", [](const Command&) { return "a\n\nb"; }).failures.size() == 2);
}

}  // namespace
}  // namespace lockstep::tests
