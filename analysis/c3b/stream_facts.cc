// What the checkers of a stream know in common: see stream_facts.h.

#include "analysis/c3b/stream_facts.h"

#include <utility>

#include "protocols/core/bytes.h"
#include "protocols/core/content.h"
#include "protocols/core/hash.h"

namespace lockstep::analysis {

std::optional<core::Run> RunOf(const trace::Event& event) {
  core::Run run = event.run();
  if (run.count == 0 || run.first >= kSeqLimit) return std::nullopt;
  if (run.count == 1) {
    run.stride = 1;
    return run;
  }
  if (run.stride == 0 || run.count - 1 > (kSeqLimit - 1 - run.first) / run.stride) {
    return std::nullopt;
  }
  return run;
}

std::uint64_t ExpectedContent::Digest(const core::Run& run) {
  const std::uint64_t key = core::Mix(run.first, core::Mix(run.count, run.stride));
  Entry& entry = recent_[key % kRecent];
  if (entry.run != run) {
    const core::Contents& contents = core::ContentsOf(content_.kind);
    entry = {run, contents.Make(content_.generator, run, content_.message_bytes).Digest()};
  }
  return entry.digest;
}

StreamFacts::StreamFacts(std::shared_ptr<const Recipe> recipe, std::size_t stream)
    : recipe_(std::move(recipe)),
      stream_(stream),
      schedule_{senders().size, receivers().size},
      period_(schedule_.set_lanes()),
      content_(this->stream().content),
      held_(receivers().size, core::SeqSet(period_)) {}

void StreamFacts::Learn(const trace::Event& event) {
  if (event.index < next_index_) return;
  next_index_ = event.index + 1;
  if (event.kind == trace::EventKind::kFaulty) LearnFaulty(event.node);
  if (event.kind == trace::EventKind::kHanded && event.stream == stream().stream) {
    LearnHanded(event);
  }
}

void StreamFacts::LearnFaulty(core::NodeId node) {
  bool is_replica = false;
  for (const core::Cluster& cluster : recipe_->clusters) is_replica |= cluster.Has(node);
  if (!is_replica) return;
  if (node.value() >= is_faulty_.size()) is_faulty_.resize(node.value() + 1);
  is_faulty_[node.value()] = true;
  if (receivers().Has(node)) {
    held_[node.value() - receivers().first.value()] = core::SeqSet(period_);
  }
}

void StreamFacts::LearnHanded(const trace::Event& event) {
  if (!receivers().Has(event.node) || !IsCorrect(event.node)) return;
  const std::optional<core::Run> run = RunOf(event);
  if (!run || !IsAuthentic(*run, event.digest)) return;
  held_[event.node.value() - receivers().first.value()].Insert(*run);
}

}  // namespace lockstep::analysis
