// The manual page: see man_page.h.

#include "tools/lockstep/man_page.h"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/version.h"

namespace lockstep::cli {
namespace {

// The character that begins at `i`, which is moved behind it; of what is no UTF-8, its byte.
std::uint32_t TakeCharacter(std::string_view text, std::size_t& i) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const std::uint32_t first = byte(i++);
  const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  std::uint32_t code = more == 0 ? first : first & (0x3fU >> more);
  for (int k = 0; k < more && i < text.size(); ++k) code = code << 6 | (byte(i++) & 0x3fU);
  return code;
}

// Text as it is: nothing in it speaks to the formatter. What is not ASCII is named by its number,
// which all formatters know.
std::string Escaped(std::string_view text) {
  std::string escaped;
  bool is_at_start = true;
  for (std::size_t i = 0; i < text.size();) {
    const std::uint32_t c = TakeCharacter(text, i);
    if (is_at_start && (c == '.' || c == '\'')) escaped += "\\&";
    is_at_start = c == '\n';
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else if (c < 0x80) {
      escaped += static_cast<char>(c);
    } else {
      absl::StrAppendFormat(&escaped, "\\[u%04X]", c);
    }
  }
  return escaped;
}

class Page {
 public:
  explicit Page(const Call& call, std::string program)
      : call_(call), program_(std::move(program)) {}

  void Section(std::string_view name) { absl::StrAppend(&text_, ".SH ", Prose(name), "\n"); }
  void Subsection(std::string_view name) { absl::StrAppend(&text_, ".SS ", Argument(name), "\n"); }
  void Paragraph(std::string_view text) {
    if (!text.empty()) absl::StrAppend(&text_, Prose(text), "\n");
  }
  void Break() { text_ += ".PP\n"; }
  // What was laid out by hand.
  void Verbatim(std::string_view text) {
    text_ += ".PP\n.nf\n";
    for (const std::string& line : std::vector<std::string>(
             absl::StrSplit(std::string(absl::StripAsciiWhitespace(std::string(text))), '\n')))
      absl::StrAppend(&text_, line.empty() ? ".sp" : Prose(line), "\n");
    text_ += ".fi\n";
  }
  void Item(std::string_view head, std::string_view text) {
    absl::StrAppend(&text_, ".TP\n.B ", Argument(head), "\n");
    Paragraph(text.empty() ? "\u2014" : text);
  }
  void Command(const CLI::App& command);
  std::string Take() { return std::move(text_); }
  const std::string& program() const { return program_; }
  std::string Prose(std::string_view text) const {
    return Escaped(absl::StrReplaceAll(std::string(text), {{"$0", program_}}));
  }

 private:
  // One argument of a request.
  std::string Argument(std::string_view text) const {
    return absl::StrCat("\"", absl::StrReplaceAll(Prose(text), {{"\"", "\\(dq"}}), "\"");
  }

  const Call& call_;
  std::string program_;
  std::string text_;
};

// "plot sweep" of the command below it.
std::string PathOf(const CLI::App& command) {
  if (command.get_parent() == nullptr) return "";
  const std::string above = PathOf(*command.get_parent());
  return above.empty() ? command.get_name() : absl::StrCat(above, " ", command.get_name());
}

void Page::Command(const CLI::App& command) {
  const CLI::Formatter format;
  const std::string usage =
      format.make_usage(&command, absl::StrCat(program_, " ", PathOf(command)));
  Subsection(std::string(absl::StripAsciiWhitespace(usage.substr(usage.find(':') + 1))));
  Paragraph(command.get_description() + ".");
  for (const bool is_positional : {true, false}) {
    for (const CLI::Option* option : command.get_options()) {
      if (option->get_positional() != is_positional || option == command.get_help_ptr()) continue;
      Item(absl::StrCat(format.make_option_name(option, is_positional),
                        format.make_option_opts(option)),
           option->get_description());
    }
  }
  if (const std::string footer = command.get_footer(); !footer.empty()) Verbatim(footer);
  if (const auto codes = call_.exit_codes.find(command.get_name());
      codes != call_.exit_codes.end()) {
    std::vector<std::string> numbers;
    for (const ExitCode code : codes->second) numbers.push_back(absl::StrCat(int{code}));
    Break();
    Paragraph(absl::StrCat("Ends with ", absl::StrJoin(numbers, ", "), "."));
  }
  for (const CLI::App* each : command.get_subcommands(nullptr)) Command(*each);
}

}  // namespace

std::string ManPage(const CLI::App& app, const Call& call, const std::string& program) {
  Page page(call, program);
  const std::string what = app.get_description();
  std::string text = absl::StrCat(
      ".\\\" Made by `", program, " man`.\n.TH \"", Escaped(absl::AsciiStrToUpper(program)),
      "\" \"1\" \"\" \"lockstep ", Escaped(Revision()), "\" \"User Commands\"\n");
  page.Section("NAME");
  page.Paragraph(absl::StrCat(program, " - ", what.substr(what.find(": ") + 2)));
  page.Section("SYNOPSIS");
  page.Paragraph(absl::StrCat(program, " COMMAND [OPTIONS] ..."));
  page.Section("DESCRIPTION");
  page.Paragraph(
      "A seeded event loop models network cards, links, hosts, clocks and faults, and runs "
      "unmodified protocol code. What happens is written as a trace, and checkers say whether the "
      "protocol kept its promises.");
  page.Verbatim(app.get_footer());
  page.Section("OPTIONS");
  for (const CLI::Option* option : app.get_options())
    page.Item(absl::StrReplaceAll(option->get_name(false, true), {{",", ", "}}),
              option->get_description());
  page.Section("COMMANDS");
  for (const CLI::App* command : app.get_subcommands(nullptr)) page.Command(*command);
  page.Section("EXIT STATUS");
  page.Paragraph("Of the codes of a command, those that it has are said with it.");
  for (const ExitCodeMeaning& row : kExitCodes) page.Item(absl::StrCat(int{row.code}), row.meaning);
  page.Section("FILES");
  page.Item("PREFIX/share/lockstep/scenarios",
            "Scenarios, sweeps, figures and profiles that come with the program, which names of "
            "files are sought in, too, and their schemas.");
  page.Item("PREFIX/share/doc/lockstep", "README, formats, and the licence.");
  return text + page.Take();
}

}  // namespace lockstep::cli
