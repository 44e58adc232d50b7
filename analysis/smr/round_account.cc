// What a replica says wrongly, in words: see round_account.h.

#include "analysis/smr/round_account.h"

#include "absl/strings/str_cat.h"

namespace lockstep::analysis {

std::string TextOf(const Mismatch& mismatch) {
  const std::uint64_t round = mismatch.round;
  switch (mismatch.rule) {
    case Mismatch::Rule::kVotesOnNothing:
      return absl::StrCat("reports violations of round ", round, " when it votes on nothing");
    case Mismatch::Rule::kVotesOnOther:
      return absl::StrCat("reports violations of round ", round, ", on which it does not vote");
    case Mismatch::Rule::kOrder:
      return absl::StrCat("votes on round ", round, " after ", mismatch.other, " of them");
    case Mismatch::Rule::kEarly:
      return absl::StrCat("votes on round ", round, " at the boundary of round ", mismatch.other);
    case Mismatch::Rule::kReportedTooMuch:
      return absl::StrCat("reports that it had not handled lane ", mismatch.lane, " of round ",
                          round, ", and it had");
    case Mismatch::Rule::kReportedTooLittle:
      return absl::StrCat("does not report that it had not handled lane ", mismatch.lane,
                          " of round ", round);
    case Mismatch::Rule::kDecidedWithoutVotes:
      return absl::StrCat("takes lane ", mismatch.lane, " of round ", round,
                          " as decided by votes, and ", mismatch.other,
                          " replicas had handled its batch when they voted");
  }
  return "";
}

}  // namespace lockstep::analysis
