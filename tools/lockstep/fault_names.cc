// Names that faults use of a program's: see fault_names.h.

#include "tools/lockstep/fault_names.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/core/note.h"
#include "protocols/parameters/parameters.h"

namespace lockstep::cli {
namespace {

using Names = std::vector<std::string>;

void AddName(std::string name, Names& names) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

// The types of messages that some of these hosts send; of all hosts where none is named.
std::vector<const core::TypeSpec*> TypesOf(const sim::Scenario& scenario,
                                           const core::Program& program,
                                           const std::vector<core::NodeId>& hosts) {
  std::vector<const core::TypeSpec*> types;
  for (std::uint32_t c = 0; c < scenario.clusters.size(); ++c) {
    const core::Cluster& cluster = scenario.clusters[c];
    const bool is_about =
        hosts.empty() || std::any_of(hosts.begin(), hosts.end(),
                                     [&](core::NodeId host) { return cluster.Has(host); });
    if (!is_about) continue;
    for (const core::TypeSpec& type : program.Fields(core::ClusterId(c)).types())
      types.push_back(&type);
  }
  return types;
}

// Whether a field holds a number: what a selector compares.
bool IsNumber(const core::FieldSpec& field) {
  switch (field.role) {
    case core::Role::kGroup:
    case core::Role::kContent:
    case core::Role::kSignature:
      return false;
    default:
      return true;
  }
}

Names FieldsOf(const std::vector<const core::TypeSpec*>& types, std::string_view of_type) {
  Names names;
  for (const core::TypeSpec* type : types) {
    if (!of_type.empty() && type->name != of_type) continue;
    for (std::uint32_t i = 0; i < type->fields.size(); ++i)
      if (IsNumber(type->fields[i])) AddName(core::Path(*type, i), names);
  }
  return names;
}

// `inside`: the rest of the pointer, from the entry on.
absl::Status Missing(const sim::Scenario& scenario, const sim::Fault& fault,
                     const std::string& inside, const std::string& what, const std::string& name,
                     const Names& names) {
  const std::optional<std::string> nearest = Nearest(name, names);
  return absl::InvalidArgumentError(
      absl::StrCat(scenario.path, ": ", fault.pointer, "/", inside, ": no ", what, " is called \"",
                   name, "\"; ", nearest ? absl::StrCat("did you mean \"", *nearest, "\"? ") : "",
                   names.empty() ? "there are none here"
                                 : absl::StrCat("there are: ", absl::StrJoin(names, ", "))));
}

bool Has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::Status CheckMessages(const sim::Scenario& scenario, const core::Program& program,
                           const sim::Fault& fault) {
  const sim::MessageSelector& message = fault.message;
  const bool is_of_targets = fault.kind->Has(sim::Takes::kTarget);
  const auto types = TypesOf(scenario, program, is_of_targets ? fault.targets : fault.link.src);
  const std::string place = absl::StrCat(std::string(fault.kind->name), "/msg/");
  Names names;
  for (const core::TypeSpec* type : types) AddName(std::string(type->name), names);
  if (!message.type.empty() && !Has(names, message.type))
    return Missing(scenario, fault, place + "type", "message", message.type, names);
  const Names fields = FieldsOf(types, message.type);
  if (!message.field.empty() && !Has(fields, message.field))
    return Missing(scenario, fault, place + "field", "number of a message", message.field, fields);
  const std::string own(fault.body->field());
  if (!own.empty() && !Has(fields, own))
    return Missing(scenario, fault, absl::StrCat(std::string(fault.kind->name), "/field"),
                   "number of a message", own, fields);
  if (fault.activation.on && !fault.activation.on->handed.empty()) {
    Names all;
    for (const core::TypeSpec* type : TypesOf(scenario, program, {}))
      AddName(std::string(type->name), all);
    if (!Has(all, fault.activation.on->handed))
      return Missing(scenario, fault, "on/handed", "message", fault.activation.on->handed, all);
  }
  return absl::OkStatus();
}

absl::Status CheckNote(const sim::Scenario& scenario, const CatalogProgram& program,
                       const sim::Fault& fault) {
  Names names;
  for (const core::NoteSpec& note : core::kSharedNotes) AddName(std::string(note.name), names);
  for (const core::NoteSpec& note : program.Notes()) AddName(std::string(note.name), names);
  if (Has(names, fault.activation.on->note)) return absl::OkStatus();
  return Missing(scenario, fault, "on/note", "note of this program", fault.activation.on->note,
                 names);
}

// All replicas hear of a view, so all are to know what that is.
absl::Status CheckViews(const sim::Scenario& scenario, const CatalogProgram& program,
                        const sim::Fault& fault) {
  for (std::uint32_t c = 0; c < scenario.clusters.size(); ++c) {
    if (scenario.clusters[c].is_client || program.TakesViews(core::ClusterId(c))) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        scenario.path, ": ", fault.pointer, "/", std::string(fault.kind->name),
        ": want clusters whose replicas know views, picsou by the paper's rule, and not ",
        scenario.clusters[c].name, "'s"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckFaultNames(const sim::Scenario& scenario, const CatalogProgram& program) {
  for (const sim::Fault& fault : scenario.faults) {
    absl::Status status = CheckMessages(scenario, program, fault);
    if (status.ok() && fault.activation.on && !fault.activation.on->note.empty())
      status = CheckNote(scenario, program, fault);
    if (status.ok() && fault.body->view_change() != nullptr)
      status = CheckViews(scenario, program, fault);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace lockstep::cli
