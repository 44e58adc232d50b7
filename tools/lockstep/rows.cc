// Rows of values: see rows.h.

#include "tools/lockstep/rows.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace lockstep::cli {
namespace {

constexpr std::size_t kAtOnce = 1 << 16;

// A value as it stands in CSV and in tables: the shortest digits that read back as the same number.
void AppendValue(std::string& text, const nlohmann::json& value) {
  if (value.is_string()) {
    text += value.get_ref<const std::string&>();
  } else if (value.is_number_float()) {
    std::array<char, 32> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), value.get<double>()).ptr;
    text.append(digits.data(), end);
  } else if (value.is_number()) {
    absl::StrAppend(&text, value.get<std::int64_t>());
  }
}

// What holds a comma, a quote or a line end is quoted; an empty text too, to tell it from null.
void AppendCsv(std::string& text, const nlohmann::json& value) {
  if (!value.is_string()) {
    AppendValue(text, value);
    return;
  }
  const std::string& raw = value.get_ref<const std::string&>();
  if (!raw.empty() && raw.find_first_of(",\"\r\n") == std::string::npos) {
    text += raw;
    return;
  }
  text += '"';
  for (const char c : raw) text.append(c == '"' ? 2 : 1, c);
  text += '"';
}

std::string Json(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Characters, not bytes.
std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

bool RowPrinter::Columns(const std::vector<std::string>& names) {
  // What answers nothing, such as PRAGMA x = y, has not even a head.
  if (names.empty() && format_ != RowFormat::kJson) return true;
  switch (format_) {
    case RowFormat::kTable:
      table_.push_back(names);
      is_number_.emplace_back(names.size(), false);
      return true;
    case RowFormat::kCsv:
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) text_ += ',';
        AppendCsv(text_, names[i]);
      }
      text_ += '\n';
      return true;
    case RowFormat::kJson:
      text_ += '[';
      break;
    case RowFormat::kNdjson:
      break;
  }
  for (const std::string& name : names) keys_.push_back(Json(name) + ":");
  return true;
}

void RowPrinter::AppendObject(const std::vector<nlohmann::json>& values) {
  text_ += '{';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text_ += ',';
    text_ += keys_[i];
    text_ += Json(values[i]);
  }
  text_ += '}';
}

bool RowPrinter::Row(const std::vector<nlohmann::json>& values) {
  switch (format_) {
    case RowFormat::kTable: {
      std::vector<std::string> cells(values.size());
      std::vector<bool> is_number;
      for (std::size_t i = 0; i < values.size(); ++i) {
        AppendValue(cells[i], values[i]);
        is_number.push_back(values[i].is_number());
      }
      table_.push_back(std::move(cells));
      is_number_.push_back(std::move(is_number));
      return true;
    }
    case RowFormat::kCsv:
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) text_ += ',';
        AppendCsv(text_, values[i]);
      }
      text_ += '\n';
      break;
    case RowFormat::kJson:
      text_ += is_first_ ? "\n" : ",\n";
      AppendObject(values);
      break;
    case RowFormat::kNdjson:
      AppendObject(values);
      text_ += '\n';
      break;
  }
  is_first_ = false;
  return Flush(kAtOnce);
}

bool RowPrinter::Flush(std::size_t least) {
  if (error_ != 0) return false;
  if (text_.size() < least) return true;
  if (std::fwrite(text_.data(), 1, text_.size(), out_) != text_.size()) error_ = errno;
  text_.clear();
  return error_ == 0;
}

absl::Status RowPrinter::Finish() {
  if (format_ == RowFormat::kTable && !table_.empty()) text_ = AlignedTable(table_, is_number_);
  if (format_ == RowFormat::kJson) text_ += is_first_ ? "]\n" : "\n]\n";
  Flush(0);
  if (error_ == 0 && std::fflush(out_) != 0) error_ = errno;
  if (error_ == 0 || error_ == EPIPE) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("standard output: cannot be written: ", std::strerror(error_)));
}

std::string CsvOf(const std::vector<std::string>& columns,
                  const std::vector<std::vector<nlohmann::json>>& rows) {
  std::string text;
  const auto append = [&](const auto& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) text += ',';
      AppendCsv(text, cells[i]);
    }
    text += '\n';
  };
  append(columns);
  for (const std::vector<nlohmann::json>& row : rows) append(row);
  return text;
}

std::string AlignedTable(const std::vector<std::vector<std::string>>& rows,
                         const std::vector<std::vector<bool>>& is_number) {
  std::vector<std::size_t> widths;
  std::vector<bool> is_right;  // the head of a column stands where its values do
  for (std::size_t row = 0; row < rows.size(); ++row) {
    widths.resize(std::max(widths.size(), rows[row].size()));
    is_right.resize(widths.size());
    for (std::size_t i = 0; i < rows[row].size(); ++i) {
      widths[i] = std::max(widths[i], Width(rows[row][i]));
      if (is_number[row][i]) is_right[i] = true;
    }
  }
  std::string text;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::string line;
    for (std::size_t i = 0; i < rows[row].size(); ++i) {
      const std::string blanks(widths[i] - Width(rows[row][i]), ' ');
      const bool goes_right = is_number[row][i] || (row == 0 && is_right[i]);
      absl::StrAppend(&line, i > 0 ? "  " : "", goes_right ? blanks : "", rows[row][i],
                      goes_right ? "" : blanks);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

void IgnoreClosedPipes() {
  struct sigaction action = {};
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

}  // namespace lockstep::cli
