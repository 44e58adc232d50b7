// A comparison as JSON: see compare.h.

#include <string>
#include <utility>
#include <vector>

#include "analysis/results/compare.h"

namespace lockstep::analysis {
namespace {

nlohmann::json OrNull(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

nlohmann::json ToJson(const SideSummary& side) {
  return {{"file", side.name},
          {"sweep", side.sweep},
          {"revision", side.revision},
          {"parameters", side.parameters},
          {"only_points", side.only_points},
          {"only_runs", side.only_runs},
          {"repeated_runs", side.repeated_runs},
          {"only_metrics", side.only_metrics},
          {"steps_per_s", OrNull(side.steps_per_s)}};
}

nlohmann::json ToJson(const Judgement& judgement) {
  nlohmann::json json = {{"outcome", std::string(Name(judgement.outcome))},
                         {"verdict", judgement.verdict},
                         {"as_expected", judgement.is_as_expected}};
  if (!judgement.error.empty()) json["error"] = judgement.error;
  return json;
}

nlohmann::json ToJson(const Mean& mean) {
  if (mean.count == 0) return nullptr;
  return {{"seeds", mean.count}, {"mean", mean.mean}, {"half_width", OrNull(HalfWidth(mean))}};
}

class Writer {
 public:
  explicit Writer(const Comparison& comparison) : comparison_(comparison) {}

  nlohmann::json Digests() const {
    nlohmann::json list = nlohmann::json::array();
    for (const DigestChange& change : comparison_.digests) {
      list.push_back(Run(change.run));
      list.back()["same_recipe"] = change.is_same_recipe;
    }
    const std::uint64_t same_recipe = comparison_.DigestsOfSameRecipe();
    return {{"equal", comparison_.equal_digests},
            {"differ_same_recipe", same_recipe},
            {"differ_other_recipe", comparison_.digests.size() - same_recipe},
            {"unknown", comparison_.unknown_digests},
            {"differ", std::move(list)}};
  }

  nlohmann::json Verdicts() const {
    nlohmann::json list = nlohmann::json::array();
    for (const VerdictChange& change : comparison_.verdicts) {
      nlohmann::json& run = list.emplace_back(Run(change.run));
      run["same_recipe"] = change.is_same_recipe;
      run["same_digest"] = change.is_same_digest;
      run["from"] = ToJson(change.from);
      run["to"] = ToJson(change.to);
      run["oracles"] = nlohmann::json::object();
      for (const OracleChange& oracle : change.oracles) {
        run["oracles"][oracle.oracle] = {{"from", oracle.from}, {"to", oracle.to}};
      }
    }
    return list;
  }

  nlohmann::json OtherNumbers() const {
    nlohmann::json list = nlohmann::json::array();
    for (const OtherNumber& other : comparison_.other_numbers) {
      nlohmann::json& run = list.emplace_back(Run(other.run));
      run["metric"] = other.metric;
      run["from"] = OrNull(other.from);
      run["to"] = OrNull(other.to);
    }
    return list;
  }

  nlohmann::json Metrics(const std::vector<MetricChange>& changes) const {
    nlohmann::json list = nlohmann::json::array();
    for (const MetricChange& change : changes) {
      list.push_back({{"parameters", comparison_.points[change.point]},
                      {"metric", change.metric},
                      {"from", ToJson(change.from)},
                      {"to", ToJson(change.to)},
                      {"relative", OrNull(change.relative)},
                      {"standard_errors", OrNull(change.standard_errors)},
                      {"p", OrNull(change.p)}});
    }
    return list;
  }

 private:
  nlohmann::json Run(const RunKey& run) const {
    return {{"parameters", comparison_.points[run.point]}, {"seed", run.seed}};
  }

  const Comparison& comparison_;
};

}  // namespace

nlohmann::json ToJson(const Comparison& comparison) {
  const Writer writer(comparison);
  return {{"differs", comparison.Differs()},
          {"a", ToJson(comparison.a)},
          {"b", ToJson(comparison.b)},
          {"same_sweep", comparison.is_same_sweep},
          {"points", comparison.points.size()},
          {"runs", comparison.runs},
          {"digests", writer.Digests()},
          {"verdicts", writer.Verdicts()},
          {"same_run_other_number", writer.OtherNumbers()},
          {"alpha", comparison.alpha},
          {"tests", comparison.tests},
          {"moved", writer.Metrics(comparison.moved)},
          {"noise_unknown", writer.Metrics(comparison.unknown_noise)},
          {"one_sided", writer.Metrics(comparison.one_sided)}};
}

}  // namespace lockstep::analysis
