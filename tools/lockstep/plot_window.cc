// Parts of a run: see plot_window.h.

#include "tools/lockstep/plot_window.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"

namespace lockstep::cli {
namespace {

// A picture has some hundreds of points across; rows beyond this are not seen any more.
constexpr std::int64_t kMostBins = 20'000;

}  // namespace

core::Duration BinFor(core::Duration span) {
  constexpr std::int64_t kBins = 150;
  std::int64_t unit_ps = 1;
  while (true) {
    for (const std::int64_t digit : {1, 2, 5})
      if (span.ps() / (digit * unit_ps) <= kBins)
        return core::Duration::Picoseconds(digit * unit_ps);
    unit_ps *= 10;
  }
}

absl::StatusOr<PlotWindow> PlotWindowOf(const analysis::Recipe& recipe,
                                        const TraceOptions& options) {
  const core::Duration from = options.from.value_or(core::Duration());
  const core::Duration until = std::min(options.until.value_or(recipe.run_for), recipe.run_for);
  if (options.bin && !(*options.bin > core::Duration()))
    return absl::InvalidArgumentError("--bin: want a time > 0");
  if (!(from < until) || (options.bin && until - from < *options.bin)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--from, --until: want at least ",
                     options.bin ? "one bin of " + FormatDuration(*options.bin) : "some time",
                     " within the run's ", FormatDuration(recipe.run_for)));
  }
  const core::Duration bin = options.bin.value_or(BinFor(until - from));
  const std::int64_t bins = (until - from).ps() / bin.ps();
  if (bins > kMostBins) {
    return absl::InvalidArgumentError(
        absl::StrCat("--bin: ", bins, " bins are more than the ", kMostBins,
                     " that a picture can show; want longer ones, or --from and --until"));
  }
  return PlotWindow{bin, core::Instant() + from, core::Instant() + until};
}

std::string TitleOf(const nlohmann::json& first_line, const std::string& path) {
  const nlohmann::json::json_pointer place("/scenario/name");
  const bool has_name = first_line.contains(place) && first_line.at(place).is_string();
  return has_name ? first_line.at(place).get<std::string>() : path;
}

}  // namespace lockstep::cli
