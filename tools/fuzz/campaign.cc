// Runs out to workers: see campaign.h.

#include "tools/fuzz/campaign.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"
#include "tools/fuzz/dice.h"
#include "tools/sweep/pool.h"

namespace lockstep::fuzz {
namespace {

using WallClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPatience{100};
// A draw takes some milliseconds; one that takes as long hangs.
constexpr std::chrono::milliseconds kWallMax{60'000};
constexpr core::ByteCount kMemoryMax(std::int64_t{1} << 30);
// Runs that know the same corpus. Workers wait for each other once in so many.
constexpr std::uint64_t kEpoch = 128;
constexpr std::uint64_t kMutantPercent = 40;

class Campaign {
 public:
  Campaign(const CampaignCalls& calls, const CampaignOptions& options, Corpus& corpus)
      : calls_(calls),
        options_(options),
        corpus_(corpus),
        kept_(corpus.scenarios().size()),
        pool_([&calls](
                  const std::string& request) { return Encode(calls.run(DecodePiece(request))); },
              {options.workers, kWallMax, kMemoryMax, {}}) {}

  absl::StatusOr<Tally> Run() {
    while (!IsInterrupted() && status_.ok()) {
      while (pool_.HasIdle() && MayStart()) {
        const Piece piece = PieceOf(started_);
        const absl::Status status = pool_.Start(started_, Encode(piece));
        if (!status.ok()) return status;
        pieces_[started_++] = piece;
      }
      if (pool_.busy() == 0) break;
      for (const sweep::WorkResult& result : pool_.Wait(kPatience)) Put(result);
      while (!is_over_ && !done_.empty() && done_.begin()->first == taken_) TakeNext();
      if (is_over_) break;
    }
    KeepNew();
    if (!status_.ok()) return status_;
    tally_.is_interrupted = IsInterrupted();
    tally_.lasted = WallClock::now() - begun_;
    return tally_;
  }

 private:
  bool IsInterrupted() const { return options_.is_interrupted && options_.is_interrupted(); }
  bool MayStart() const {
    if (options_.runs && started_ >= kept_ + *options_.runs) return false;
    if (options_.time && WallClock::now() - begun_ >= *options_.time) return false;
    // What was kept of earlier epochs must be known.
    return taken_ >= started_ / kEpoch * kEpoch;
  }

  // What is kept from before goes first.
  Piece PieceOf(std::uint64_t number) const {
    if (number < kept_) return {Piece::Kind::kKept, 0, corpus_.scenarios()[number]};
    const std::uint64_t seed = options_.seed + (number - kept_);
    const std::vector<std::string>& corpus = corpus_.scenarios();
    Dice dice(core::Random(seed).Fork("corpus"));
    if (!options_.has_mutants || corpus.empty() || !dice.Percent(kMutantPercent))
      return {Piece::Kind::kDrawn, seed, ""};
    return {Piece::Kind::kMutant, seed, dice.Pick(corpus)};
  }

  void Put(const sweep::WorkResult& result) {
    Outcome outcome;
    if (result.ending == sweep::WorkEnding::kAnswered) {
      outcome = DecodeOutcome(result.answer);
    } else {
      // What ends the program may reach a worker, too: its run is lost, not at fault.
      if (IsInterrupted()) return;
      outcome.text = result.error;
    }
    done_[result.id] = std::move(outcome);
  }

  void TakeNext() {
    const auto done = done_.begin();
    const Outcome outcome = std::move(done->second);
    done_.erase(done);
    const auto at = pieces_.find(taken_);
    const Piece piece = std::move(at->second);
    pieces_.erase(at);
    ++taken_;
    Take(piece, outcome);
    if (taken_ % kEpoch == 0) KeepNew();
  }

  void Take(const Piece& piece, const Outcome& outcome) {
    ++tally_.runs;
    if (piece.kind == Piece::Kind::kMutant) ++tally_.mutants;
    ++tally_.verdicts[outcome.verdict];
    if (outcome.replicas > 0) ++tally_.replicas[outcome.replicas];
    if (!outcome.oracle.empty()) ++tally_.objections[outcome.Objection()];
    for (const TypeFate& type : outcome.types) {
      TypeTally& of_type = tally_.types[type.name];
      if (type.is_handed) ++of_type.handed;
      if (type.is_dropped) ++of_type.dropped;
    }
    tally_.rounds += outcome.rounds;
    if (outcome.is_to_heal) ++tally_.to_heal;
    for (const Bites& bites : outcome.bites) {
      FaultTally& of_kind = tally_.coverage[bites.kind];
      ++of_kind.draws;
      if (bites.effective > 0) ++of_kind.bitten;
    }
    for (const std::string& what : outcome.reached) ++tally_.reached[what];
    const bool is_failure = IsNews(outcome);
    if (is_failure) ++tally_.failures;
    const std::uint64_t fresh =
        tally_.thoroughness.Add(outcome.states, piece.kind == Piece::Kind::kDrawn);
    if (fresh > 0) {
      tally_.latest_new = tally_.runs;
      if (piece.kind != Piece::Kind::kKept && !outcome.is_failure()) new_.push_back(piece);
    }
    tally_.lasted = WallClock::now() - begun_;
    calls_.on_outcome(piece, outcome, is_failure, tally_);
    is_over_ = is_failure && options_.is_until_failure;
  }

  // Whether it failed as no other is known to.
  bool IsNews(const Outcome& outcome) {
    if (!outcome.is_failure()) return false;
    for (const std::string& known : options_.known) {
      if (outcome.oracle != known && outcome.cause != known &&
          outcome.text.find(known) == std::string::npos)
        continue;
      ++tally_.known[known];
      return false;
    }
    return true;
  }

  void KeepNew() {
    for (const Piece& piece : new_) {
      if (!options_.has_mutants) break;
      const absl::StatusOr<nlohmann::json> scenario = calls_.scenario(piece);
      status_.Update(scenario.ok() ? corpus_.Add(*scenario) : scenario.status());
    }
    new_.clear();
  }

  const CampaignCalls& calls_;
  const CampaignOptions& options_;
  Corpus& corpus_;
  const std::uint64_t kept_;  // scenarios from before
  const WallClock::time_point begun_ = WallClock::now();
  std::uint64_t started_ = 0;
  std::uint64_t taken_ = 0;
  // At most an epoch of each: those that have begun, and those that have ended before another that
  // is to be taken first.
  std::map<std::uint64_t, Piece> pieces_;
  std::map<std::uint64_t, Outcome> done_;
  std::vector<Piece> new_;  // of this epoch, whose scenarios are to be kept
  bool is_over_ = false;
  absl::Status status_;
  Tally tally_;
  sweep::Pool pool_;
};

}  // namespace

absl::StatusOr<Tally> RunCampaign(const CampaignCalls& calls, const CampaignOptions& options,
                                  Corpus& corpus) {
  return Campaign(calls, options, corpus).Run();
}

}  // namespace lockstep::fuzz
