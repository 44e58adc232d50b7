// A cluster before its oracles: see tribunal.h.

#include "tests/protocols/chora/tribunal.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "analysis/judge.h"

namespace lockstep::tests {
namespace {

analysis::Recipe RecipeOf(const chora::Config& config, bool is_to_progress) {
  analysis::Recipe recipe;
  recipe.clusters = {config.cluster};
  const nlohmann::json slots = {{"lanes", config.replicas()}, {"accepts_by_proposing", 1}};
  const analysis::Scope scope{analysis::Scope::Kind::kCluster, 0};
  for (const char* oracle : {"X", "O", "H"}) recipe.promises.push_back({oracle, scope});
  for (const char* oracle : {"Y", "C", "V", "E", "F", "U"}) {
    recipe.promises.push_back({oracle, scope, slots});
  }
  if (is_to_progress) recipe.promises.push_back({"P", scope, slots});
  return recipe;
}

}  // namespace

Tribunal::Tribunal(const chora::Config& config, bool is_to_progress)
    : recipe_(RecipeOf(config, is_to_progress)),
      fields_(config),
      program_({config.cluster, {"clients", core::NodeId(config.replicas()), 1}}, nullptr,
               &fields_),
      recorder_(analysis::Judge(recipe_).Wants()),
      deriver_(program_, emitter_) {
  emitter_.Add(&recorder_);
}

sim::Message Tribunal::MessageOf(std::uint32_t from, std::uint32_t to, const core::Bytes& payload) {
  sim::Message message;
  message.from = core::NodeId(from);
  message.to = core::NodeId(to);
  message.payload = payload;
  message.id = {message.from, 0, ++sent_};
  message.listed = now_;
  return message;
}

void Tribunal::Sent(std::uint32_t from, std::uint32_t to, const core::Bytes& payload) {
  deriver_.Tell(now_, MessageOf(from, to, payload), trace::Phase::kSent);
}

void Tribunal::Handed(std::uint32_t from, std::uint32_t to, const core::Bytes& payload) {
  deriver_.Tell(now_, MessageOf(from, to, payload), trace::Phase::kHanded);
}

void Tribunal::Noted(std::uint32_t node, const core::effect::Note& note) {
  trace::Event event;
  event.at = now_;
  event.kind = trace::EventKind::kNote;
  event.note = note.kind;
  event.node = event.peer = core::NodeId(node);
  event.SetRun(note.values);
  event.detail = note.detail;
  event.digest = note.digest;
  emitter_.Emit(event);
}

void Tribunal::Happened(trace::EventKind kind, std::uint32_t node) {
  trace::Event event;
  event.at = now_;
  event.kind = kind;
  event.node = event.peer = core::NodeId(node);
  emitter_.Emit(event);
}

void Tribunal::Invoked(std::uint64_t client, std::uint64_t request) {
  Noted(recipe_.clusters[0].size,
        {core::NoteKind::kInvoked, {}, {}, core::Run{request, 1, 1}, client, 0});
}

void Tribunal::Returned(std::uint64_t client, std::uint64_t request) {
  Noted(recipe_.clusters[0].size,
        {core::NoteKind::kReturned, {}, {}, core::Run{request, 1, 1}, client, 0});
}

std::string Tribunal::Ask(core::Instant heal, std::string* letters) {
  trace::Event end;
  end.at = now_;
  end.kind = trace::EventKind::kEnd;
  emitter_.Emit(end);
  recipe_.heal = heal;
  recipe_.settle = now_ - heal;
  analysis::Judge judge(recipe_);
  for (const trace::Event& event : recorder_.events) judge.OnEvent(event);
  judge.Finish();
  std::string text;
  for (const auto& checker : judge.checkers()) {
    if (checker->verdict() != analysis::Verdict::kViolated) continue;
    if (letters != nullptr) absl::StrAppend(letters, std::string(checker->oracle()));
    absl::StrAppend(&text, text.empty() ? "" : "; ", std::string(checker->oracle()), ": ",
                    checker->findings().front().text);
  }
  return text;
}

}  // namespace lockstep::tests
