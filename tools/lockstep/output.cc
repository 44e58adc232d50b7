// What leaves the program: see output.h.

#include "tools/lockstep/output.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lockstep::cli {

std::string Printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : '\0');
    const bool is_control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
    // U+0080 to U+009F in UTF-8.
    const bool is_control_of_two = c == 0xc2 && next >= 0x80 && next < 0xa0;
    if (is_control) {
      absl::StrAppendFormat(&shown, "\\x%02x", c);
    } else if (is_control_of_two) {
      absl::StrAppendFormat(&shown, "\\u%04x", next);
      ++i;
    } else {
      shown += text[i];
    }
  }
  return shown;
}

void Print(std::FILE* to, std::string_view text) { std::fputs(Printable(text).c_str(), to); }

std::string JsonText(const nlohmann::json& document) {
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

absl::Status CheckNoInput(const std::string& path, std::string_view flag,
                          const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    std::error_code error;
    if (path.empty() || !std::filesystem::is_regular_file(path, error) ||
        !std::filesystem::equivalent(path, input, error))
      continue;
    return absl::InvalidArgumentError(absl::StrCat(path, ": is read here, and ", std::string(flag),
                                                   " would replace it; choose another name"));
  }
  return absl::OkStatus();
}

}  // namespace lockstep::cli
