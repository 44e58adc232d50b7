// Text-file tests: commands and what they answer, readable without the code.
//
//   # A comment, kept as it stands.
//   ack node=0 seq=7
//   ----
//   none
//
// A block ends at a blank line. A command is a name and key=value pairs without spaces; the answer
// may have several lines, none of them blank. Keys that the test does not ask for are failures, so
// that a misspelt key is never ignored.

#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::tests {

// A number with a type of its own, such as core::SeqNo.
template <typename T>
concept StrongNumber = requires(T strong) {
  typename T::rep;
  { strong.value() } -> std::same_as<typename T::rep>;
};

class Command {
 public:
  // Reads one line; what is wrong with it is in failures().
  explicit Command(std::string_view line);

  const std::string& name() const { return name_; }
  bool Has(std::string_view key) const;
  // The value of `key`: an integer, a Strong of integers, or a text. What is missing, or no number
  // of that type, is noted as a failure of the script and read as zero.
  template <typename T>
  T Get(std::string_view key) const {
    if constexpr (StrongNumber<T>) {
      return T(Get<typename T::rep>(key));
    } else if constexpr (std::integral<T>) {
      const std::string text = Get<std::string>(key);
      T number{};
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || end != text.data() + text.size()) {
        failures_.push_back("\"" + text + "\" is no number that fits " + std::string(key));
        return T{};
      }
      return number;
    } else {
      static_assert(std::same_as<T, std::string>);
      return Text(key);
    }
  }
  // What went wrong so far, keys that nobody asked for included.
  std::vector<std::string> Failures() const;

 private:
  std::string Text(std::string_view key) const;

  std::string name_;
  std::map<std::string, std::string, std::less<>> values_;
  mutable std::set<std::string, std::less<>> asked_;
  mutable std::vector<std::string> failures_;
};

using Answer = std::function<std::string(const Command&)>;

// A script after it was played.
struct Played {
  std::string text;                   // with the answers that were given
  std::vector<std::string> failures;  // "LINE: what was wrong"
  std::size_t commands = 0;
};
Played Play(std::string_view script, const Answer& answer);

// Plays `file`, a path below tests/, and reports each failure to doctest. With REWRITE=1 in the
// environment it writes the answers into the file instead.
void RunScript(const std::string& file, const Answer& answer);

}  // namespace lockstep::tests
