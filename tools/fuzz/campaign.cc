// Draws out to workers: see campaign.h.

#include "tools/fuzz/campaign.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"
#include "tools/sweep/pool.h"

namespace lockstep::fuzz {
namespace {

using WallClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPatience{100};
// A draw takes some milliseconds; one that takes as long hangs.
constexpr std::chrono::milliseconds kWallMax{60'000};
constexpr core::ByteCount kMemoryMax(std::int64_t{1} << 30);

class Campaign {
 public:
  Campaign(const RunSeed& run_seed, const CampaignOptions& options, const OnOutcome& on_outcome)
      : options_(options),
        on_outcome_(on_outcome),
        pool_([&run_seed](const std::string& request) { return Encode(run_seed(SeedOf(request))); },
              {options.workers, kWallMax, kMemoryMax, {}}) {}

  absl::StatusOr<Tally> Run() {
    while (!IsInterrupted()) {
      while (pool_.HasIdle() && MayStart()) {
        const std::uint64_t seed = options_.seed + started_++;
        const absl::Status status = pool_.Start(seed, absl::StrCat(seed));
        if (!status.ok()) return status;
      }
      if (pool_.busy() == 0) break;
      for (const sweep::WorkResult& result : pool_.Wait(kPatience)) Keep(result);
    }
    tally_.is_interrupted = IsInterrupted();
    tally_.lasted = WallClock::now() - begun_;
    return tally_;
  }

 private:
  static std::uint64_t SeedOf(const std::string& request) {
    std::uint64_t seed = 0;
    CHECK(absl::SimpleAtoi(request, &seed));
    return seed;
  }
  bool IsInterrupted() const { return options_.is_interrupted && options_.is_interrupted(); }
  bool MayStart() const {
    if (options_.runs && started_ >= *options_.runs) return false;
    return !options_.time || WallClock::now() - begun_ < *options_.time;
  }

  void Keep(const sweep::WorkResult& result) {
    Outcome outcome;
    if (result.ending == sweep::WorkEnding::kAnswered) {
      outcome = DecodeOutcome(result.answer);
    } else {
      // What ends the program may reach a worker, too: its run is lost, not at fault.
      if (IsInterrupted()) return;
      outcome.text = result.error;
    }
    ++tally_.runs;
    ++tally_.verdicts[outcome.verdict];
    ++tally_.replicas[outcome.replicas];
    tally_.rounds += outcome.rounds;
    if (outcome.is_to_heal) ++tally_.to_heal;
    if (outcome.is_failure()) ++tally_.failures;
    for (const Bites& bites : outcome.bites) {
      Coverage& coverage = tally_.coverage[bites.kind];
      ++coverage.draws;
      if (bites.effective > 0) ++coverage.bitten;
    }
    for (const std::string& what : outcome.reached) ++tally_.reached[what];
    tally_.lasted = WallClock::now() - begun_;
    on_outcome_(result.id, outcome, tally_);
  }

  const CampaignOptions& options_;
  const OnOutcome& on_outcome_;
  const WallClock::time_point begun_ = WallClock::now();
  std::uint64_t started_ = 0;
  Tally tally_;
  sweep::Pool pool_;
};

}  // namespace

absl::StatusOr<Tally> RunCampaign(const RunSeed& run_seed, const CampaignOptions& options,
                                  const OnOutcome& on_outcome) {
  return Campaign(run_seed, options, on_outcome).Run();
}

}  // namespace lockstep::fuzz
