// Scenarios that are kept: see corpus.h.

#include "tools/fuzz/corpus.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"
#include "sim/trace/file_beside.h"

namespace lockstep::fuzz {
namespace {

// FNV-1a, 64 bits.
std::uint64_t HashOf(const std::string& text) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1'099'511'628'211U;
  return hash;
}

}  // namespace

absl::StatusOr<Corpus> Corpus::Load(const std::string& folder) {
  Corpus corpus;
  corpus.folder_ = folder;
  std::vector<std::string> files;
  std::error_code error;
  if (std::filesystem::exists(folder, error) && !std::filesystem::is_directory(folder, error))
    return absl::InvalidArgumentError(absl::StrCat("--corpus: ", folder, " is no folder"));
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    const absl::StatusOr<nlohmann::json> scenario = ReadJsonFile(file);
    if (!scenario.ok()) return scenario.status();
    corpus.Keep(scenario->dump());
  }
  return corpus;
}

absl::Status Corpus::Add(const nlohmann::json& scenario) {
  std::string text = scenario.dump();
  if (!folder_.empty()) {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    const std::string name = absl::StrCat(absl::Hex(HashOf(text), absl::kZeroPad16), ".json");
    const absl::Status written = trace::WriteFile((std::filesystem::path(folder_) / name).string(),
                                                  absl::StrCat(scenario.dump(2), "\n"));
    if (!written.ok())
      return absl::Status(written.code(),
                          absl::StrCat(written.message(), "; choose another --corpus"));
  }
  Keep(std::move(text));
  return absl::OkStatus();
}

void Corpus::Keep(std::string text) {
  if (scenarios_.size() < kMost) {
    scenarios_.push_back(std::move(text));
    return;
  }
  scenarios_[oldest_] = std::move(text);
  oldest_ = (oldest_ + 1) % kMost;
}

}  // namespace lockstep::fuzz
