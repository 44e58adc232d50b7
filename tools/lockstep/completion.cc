// What may stand next: see completion.h.

#include "tools/lockstep/completion.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

#include "tools/lockstep/program_name.h"

namespace lockstep::cli {
namespace {

// Asked for by every script; no part of the description, since nobody types it.
constexpr const char* kBash = R"sh(# Completions of NAME for bash. Made by `NAME completions bash`.
_FUNCTION() {
  local line current="${COMP_WORDS[COMP_CWORD]}"
  [ "$current" = "=" ] && current=""
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files | :folders)
        compopt -o filenames 2>/dev/null
        local kind=-f
        [ "$line" = ":folders" ] && kind=-d
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$kind" -- "$current")
        ;;
      ?*) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("${1/#\~/$HOME}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _FUNCTION NAME
)sh";

constexpr const char* kZsh = R"sh(#compdef NAME
# Completions of NAME for zsh. Made by `NAME completions zsh`.
_FUNCTION() {
  local line word meaning
  local -a candidates
  for line in "${(@f)$(${~words[1]} complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :files | :folders)
        compset -P '--*='
        [[ $line = :files ]] && _files || _files -/
        ;;
      ?*)
        word=${line%%$'\t'*}
        meaning=${line#*$'\t'}
        candidates+=("${word//:/\\:}:$meaning")
        ;;
    esac
  done
  (( $#candidates )) && _describe -V 'NAME' candidates
}
if [ "$funcstack[1]" = "_FUNCTION" ]; then
  _FUNCTION "$@"
else
  compdef _FUNCTION NAME
fi
)sh";

constexpr const char* kFish = R"sh(# Completions of NAME for fish. Made by `NAME completions fish`.
function __FUNCTION
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    test -n "$current"; or set current ''
    for line in ($words[1] complete -- $words[2..-1] $current 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path $current
            case ':folders'
                __fish_complete_directories $current ''
            case '*'
                echo $line
        end
    end
end
complete -c NAME -f -a '(__FUNCTION)'
)sh";

// Where the last word stands.
struct Place {
  const CLI::App* command;
  std::vector<std::string> given = {};  // positional words before it
  const CLI::Option* option = nullptr;  // whose value it is
  bool is_after_options = false;        // "--" came before
  std::string before = {};              // "--option=", where it is one word with the value
};

bool TakesValue(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

const CLI::Option* OptionNamed(const CLI::App& command, const std::string& word) {
  if (word.size() < 2 || word[0] != '-') return nullptr;
  return command.get_option_no_throw(word);
}

const CLI::App* CommandNamed(const CLI::App& command, const std::string& word) {
  for (const CLI::App* each : command.get_subcommands(nullptr))
    if (each->get_name() == word) return each;
  return nullptr;
}

// Bash makes three words of "--option=value": they become two again.
std::vector<std::string> WithoutEqualSigns(std::vector<std::string> words) {
  std::vector<std::string> joined;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool is_sign =
        words[i] == "=" && !joined.empty() && absl::StartsWith(joined.back(), "--");
    if (!is_sign)
      joined.push_back(std::move(words[i]));
    else if (i + 1 == words.size())
      joined.emplace_back();
  }
  return joined;
}

Place PlaceOf(const CLI::App& app, const std::vector<std::string>& words) {
  Place place{&app};
  for (const std::string& word : words) {
    if (std::exchange(place.option, nullptr) != nullptr) continue;
    if (word == "--") {
      place.is_after_options = true;
    } else if (const CLI::Option* option = OptionNamed(*place.command, word);
               option != nullptr && !place.is_after_options) {
      if (TakesValue(*option)) place.option = option;
    } else if (word.size() > 1 && word[0] == '-' && !place.is_after_options) {
      continue;  // "--option=value", or nothing that we know
    } else if (const CLI::App* command = CommandNamed(*place.command, word)) {
      place.command = command;
    } else if (place.command != &app || word != "help") {
      place.given.push_back(word);
    }
  }
  return place;
}

// "compare --metric", "plot sweep --y", "list name": as Call::offers has it.
std::string KeyOf(const CLI::App& command, const CLI::Option& option) {
  std::string key = option.get_name();
  for (const CLI::App* at = &command; at->get_parent() != nullptr; at = at->get_parent())
    key = absl::StrCat(at->get_name(), " ", key);
  return key;
}

// "{kv,register}" in the name of an option's type.
std::vector<std::string> Choices(const std::string& type) {
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return {};
  return absl::StrSplit(type.substr(begin + 1, end - begin - 1), ',');
}

class Lines {
 public:
  explicit Lines(std::string prefix, std::string before = "")
      : prefix_(std::move(prefix)), before_(std::move(before)) {}

  void Add(const std::string& word, std::string meaning) {
    if (!absl::StartsWith(word, prefix_)) return;
    meaning = meaning.substr(0, meaning.find('\n'));
    absl::StrAppend(&text_, before_, word, meaning.empty() ? "" : "\t", AsCalled(meaning), "\n");
  }
  void AddPlaces(const char* line) { absl::StrAppend(&text_, line, "\n"); }
  std::string Take() { return std::move(text_); }

 private:
  std::string prefix_;
  std::string before_;
  std::string text_;
};

void AddValues(const Call& call, const Place& place, const CLI::Option& option, Lines& lines) {
  const auto offer = call.offers.find(KeyOf(*place.command, option));
  if (offer != call.offers.end()) {
    for (const auto& [word, meaning] : offer->second(place.given)) lines.Add(word, meaning);
  }
  const std::string type = option.get_type_name();
  for (const std::string& choice : Choices(type)) lines.Add(choice, "");
  if (absl::StartsWith(type, "FILE")) lines.AddPlaces(":files");
  if (absl::StartsWith(type, "DIR")) lines.AddPlaces(":folders");
}

void AddOptions(const CLI::App& command, Lines& lines) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() || option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames())
      lines.Add("--" + name, option->get_description());
  }
}

// The nth positional; the last one may take any number.
const CLI::Option* Positional(const CLI::App& command, std::size_t nth) {
  const CLI::Option* last = nullptr;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    last = option;
    const auto most = static_cast<std::size_t>(option->get_items_expected_max());
    if (nth < most) return option;
    nth -= most;
  }
  return last != nullptr && last->get_items_expected_max() > 1 ? last : nullptr;
}

}  // namespace

std::string Completions(const CLI::App& app, const Call& call, std::vector<std::string> words) {
  words = WithoutEqualSigns(std::move(words));
  if (words.empty()) words.emplace_back();
  std::string last = std::move(words.back());
  words.pop_back();
  Place place = PlaceOf(app, words);
  const std::size_t sign = last.find('=');
  if (place.option == nullptr && !place.is_after_options && absl::StartsWith(last, "--") &&
      sign != std::string::npos) {
    place.option = OptionNamed(*place.command, last.substr(0, sign));
    place.before = last.substr(0, sign + 1);
    last = last.substr(sign + 1);
    if (place.option == nullptr) return "";
  }
  Lines lines(last, place.before);
  if (place.option != nullptr) {
    AddValues(call, place, *place.option, lines);
  } else if (absl::StartsWith(last, "-") && !place.is_after_options) {
    AddOptions(*place.command, lines);
  } else {
    // After a word that is no command, none comes.
    if (place.given.empty())
      for (const CLI::App* command : place.command->get_subcommands(nullptr))
        lines.Add(command->get_name(), command->get_description());
    if (place.command == &app && words.empty()) lines.Add("help", "Help of a command");
    if (const CLI::Option* option = Positional(*place.command, place.given.size()))
      AddValues(call, place, *option, lines);
  }
  return lines.Take();
}

std::string CompletionScript(std::string_view shell, const std::string& program) {
  const char* const script = shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish;
  std::string function = "_" + program;
  for (char& c : function)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return absl::StrReplaceAll(script, {{"_FUNCTION", function}, {"NAME", program}});
}

}  // namespace lockstep::cli
