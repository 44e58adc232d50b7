// Notes by kind: see note_counts.h.

#include "analysis/note_counts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::analysis {
namespace {

constexpr std::string_view kResentName = "resent";
// A protocol's attempts are few; what goes on is counted as one.
constexpr std::uint64_t kAttemptsApart = 64;

}  // namespace

NoteCounts::NoteCounts(std::shared_ptr<const Recipe> recipe, std::span<const core::NoteKind> spared)
    : recipe_(std::move(recipe)) {
  for (const core::NoteSpec& spec : core::kSharedNotes) AddName(std::string(spec.name), spared);
  for (const std::string& name : recipe_->notes) AddName(name, spared);
  std::ranges::sort(names_);
}

void NoteCounts::AddName(std::string name, std::span<const core::NoteKind> spared) {
  const core::NoteKind kind(name);
  if (std::ranges::find(spared, kind) != spared.end()) return;
  if (counts_.try_emplace(kind).second) names_.push_back(std::move(name));
}

trace::Interest NoteCounts::Wants() const {
  trace::Interest interest(Bit(trace::EventKind::kEnd));
  for (const std::string& name : names_) interest.Add(core::NoteKind(name));
  return interest;
}

void NoteCounts::OnEvent(const trace::Event& event) {
  end_ = event.at;
  if (event.kind != trace::EventKind::kNote) return;
  const auto found = counts_.find(event.note);
  if (found == counts_.end()) return;
  found->second.all += event.count;
  if (event.at > recipe_->warmup) found->second.measured += event.count;
  if (event.note == core::NoteKind(kResentName))
    resent_[{event.stream, std::min(event.detail, kAttemptsApart)}] += event.count;
}

nlohmann::json NoteCounts::ByAttempt() const {
  nlohmann::json by_attempt = nlohmann::json::object();
  for (const auto& [key, count] : resent_) {
    for (const Stream& stream : recipe_->streams) {
      if (stream.stream != key.first) continue;
      by_attempt[StreamName(*recipe_, stream)][absl::StrCat(key.second)] = count;
    }
  }
  return by_attempt;
}

nlohmann::json NoteCounts::Summary() const {
  const double measured_s = static_cast<double>((end_ - recipe_->warmup).ps()) / 1e12;
  nlohmann::json summary = nlohmann::json::object();
  for (const std::string& name : names_) {
    const Count& count = counts_.at(core::NoteKind(name));
    if (count.all == 0) continue;
    summary[name] = {{"count", count.all}};
    if (name == kResentName) summary[name]["by_attempt"] = ByAttempt();
    if (measured_s > 0) summary[name]["per_s"] = static_cast<double>(count.measured) / measured_s;
  }
  return summary;
}

}  // namespace lockstep::analysis
