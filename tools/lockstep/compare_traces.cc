// Two traces side by side, event by event: see compare_traces.h.

#include "tools/lockstep/compare_traces.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "analysis/recipe.h"
#include "sim/trace/json_lines.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/event_text.h"
#include "tools/lockstep/exit_code.h"

namespace lockstep::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kBefore = 3;  // events that are shown before the first that differs
constexpr std::size_t kAfter = 2;   // and behind it, of each trace
constexpr std::size_t kPlaces = 10;

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// One of the two; made once its first line was read.
class Side {
 public:
  explicit Side(trace::TraceReader reader)
      : reader_(std::move(reader)), text_(recipe_, reader_.notes()) {
    auto recipe = analysis::ReadRecipe(reader_.recipe());
    if (recipe.ok()) recipe_ = *std::move(recipe);
  }
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  // Reads the next event, which event() is then: null behind the last.
  absl::Status Next() {
    const auto event = reader_.Next();
    if (event.ok()) event_ = *event;
    return event.status();
  }
  const trace::Event* event() const { return event_; }
  std::string Line(const trace::Event& event) const { return text_.Line(event); }
  json Object() const {
    json object = text_.Object(*event_);
    object["line"] = reader_.line_number();
    return object;
  }
  const trace::TraceReader& reader() const { return reader_; }

  // What the first line says of the run, and nothing of who ran it.
  json Run() const {
    json run = reader_.recipe();
    for (const char* key : {"revision", "toolchain", "path"}) run.erase(key);
    return run;
  }
  // What the last line says of it.
  json Ending() const {
    json ending = json::object();
    for (const char* key : {"digest", "events", "verdict"}) {
      if (reader_.footer().contains(key)) ending[key] = reader_.footer()[key];
    }
    return ending;
  }
  // The event, and those behind it, as far as they are shown.
  absl::StatusOr<std::vector<std::string>> Rest() {
    std::vector<std::string> lines;
    while (event_ != nullptr && lines.size() <= kAfter) {
      lines.push_back(Line(*event_));
      if (const absl::Status status = Next(); !status.ok()) return status;
    }
    return lines;
  }

 private:
  trace::TraceReader reader_;
  analysis::Recipe recipe_;
  EventText text_;
  const trace::Event* event_ = nullptr;
};

// The first places where two documents differ, with what stands there: {"place", "a", "b"}.
json Places(const json& a, const json& b) {
  json places = json::array();
  for (const json& step : json::diff(a, b)) {
    if (places.size() == kPlaces) break;
    const json::json_pointer place(step["path"].get<std::string>());
    const auto at = [&](const json& document) {
      return document.contains(place) ? document.at(place) : json();
    };
    places.push_back({{"place", step["path"]}, {"a", at(a)}, {"b", at(b)}});
  }
  return places;
}

class Comparison {
 public:
  Comparison(Side& a, Side& b) : a_(a), b_(b) {}

  absl::Status Run() {
    result_["first_line"] = Places(a_.Run(), b_.Run());
    while (true) {
      if (absl::Status status = a_.Next(); !status.ok()) return status;
      if (absl::Status status = b_.Next(); !status.ok()) return status;
      const bool is_end = a_.event() == nullptr || b_.event() == nullptr;
      if (is_end ? a_.event() != b_.event() : !(*a_.event() == *b_.event())) return OnDifference();
      if (is_end) break;
      Keep(*a_.event());
    }
    result_["last_line"] = Places(a_.Ending(), b_.Ending());
    return absl::OkStatus();
  }

  bool Differs() const {
    const auto has = [&](const char* key) {
      return result_.contains(key) && !result_[key].empty();
    };
    return has("first_line") || has("event") || has("last_line");
  }
  json Json() const {
    json all = result_;
    all["same"] = !Differs();
    all["same_events"] = same_;
    return all;
  }
  std::string Text(const std::string& a, const std::string& b) const {
    std::string text = absl::StrCat("A: ", a, "\nB: ", b, "\n");
    TellPlaces("first line", "first_line", text);
    absl::StrAppend(&text, same_, " events are the same",
                    result_.contains("event") ? "; then they differ:\n" : ", all of them\n");
    if (result_.contains("event")) {
      for (const std::string& line : Before()) absl::StrAppend(&text, "    ", line, "\n");
      for (const auto& [name, rest] : {std::pair{"A", &rest_a_}, std::pair{"B", &rest_b_}}) {
        for (const std::string& line : *rest) absl::StrAppend(&text, "  ", name, " ", line, "\n");
        if (rest->empty()) absl::StrAppend(&text, "  ", name, " ends here\n");
      }
      TellPlaces("in the first of them", "event", text);
    }
    TellPlaces("last line", "last_line", text);
    if (!Differs()) text += "same\n";
    return text;
  }

 private:
  struct Kept {
    trace::Event event;
    std::vector<core::Run> runs;  // of the event
  };

  void Keep(const trace::Event& event) {
    Kept& kept = before_[same_++ % kBefore];
    kept.event = event;
    kept.runs.assign(event.runs.begin(), event.runs.end());
    kept.event.runs = kept.runs;
  }
  std::vector<std::string> Before() const {
    std::vector<std::string> lines;
    for (std::uint64_t i = same_ - std::min<std::uint64_t>(same_, kBefore); i < same_; ++i) {
      lines.push_back(a_.Line(before_[i % kBefore].event));
    }
    return lines;
  }

  absl::Status OnDifference() {
    const json none = json::object();
    const json of_a = a_.event() == nullptr ? none : a_.Object();
    const json of_b = b_.event() == nullptr ? none : b_.Object();
    result_["event"] = Places(of_a, of_b);
    result_["a"] = of_a;
    result_["b"] = of_b;
    result_["before"] = Before();
    auto rest_a = a_.Rest();
    if (!rest_a.ok()) return rest_a.status();
    auto rest_b = b_.Rest();
    if (!rest_b.ok()) return rest_b.status();
    rest_a_ = *std::move(rest_a);
    rest_b_ = *std::move(rest_b);
    return absl::OkStatus();
  }

  void TellPlaces(std::string_view what, const char* key, std::string& text) const {
    if (!result_.contains(key)) return;
    for (const json& place : result_[key]) {
      absl::StrAppend(&text, "  ", std::string(what), ": ",
                      Plain(place["place"].get<std::string>()), " is ", Dump(place["a"]), " in A, ",
                      Dump(place["b"]), " in B\n");
    }
  }

  Side& a_;
  Side& b_;
  std::uint64_t same_ = 0;
  std::array<Kept, kBefore> before_;  // before_[i % kBefore] was the i-th
  std::vector<std::string> rest_a_;
  std::vector<std::string> rest_b_;
  json result_;
};

}  // namespace

bool IsTraceFile(const std::string& path) {
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  if (path == "-" || type == std::filesystem::file_type::fifo) return true;
  std::array<char, 18> bytes{};
  std::ifstream(path, std::ios::binary).read(bytes.data(), bytes.size());
  const std::string_view begin(bytes.data(), bytes.size());
  return begin.starts_with(R"({"lockstep_trace":)") || begin.starts_with("\x1F\x8B") ||
         begin.starts_with("\x28\xB5\x2F\xFD");
}

int CompareTraces(const std::string& a, const std::string& b, bool as_json) {
  auto of_a = trace::TraceReader::Open(a);
  if (!of_a.ok()) return ReportError(of_a.status());
  auto of_b = trace::TraceReader::Open(b);
  if (!of_b.ok()) return ReportError(of_b.status());
  Side side_a(*std::move(of_a));
  Side side_b(*std::move(of_b));
  Comparison comparison(side_a, side_b);
  if (const absl::Status status = comparison.Run(); !status.ok()) return ReportError(status);
  const std::string text =
      as_json ? comparison.Json().dump(2, ' ', false, json::error_handler_t::replace) + "\n"
              : comparison.Text(a, b);
  std::fputs(text.c_str(), stdout);
  return comparison.Differs() ? kDiffers : kAsExpected;
}

}  // namespace lockstep::cli
