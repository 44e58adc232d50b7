// scenarios/schema.json, enforced.
//
// valijson reports errors by exceptions where a schema is wrong; they end here.

#include "tools/lockstep/schema.h"

#include <exception>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "valijson/adapters/nlohmann_json_adapter.hpp"
#include "valijson/schema.hpp"
#include "valijson/schema_parser.hpp"
#include "valijson/validation_results.hpp"
#include "valijson/validator.hpp"

#include "protocols/parameters/parameters.h"
#include "tools/lockstep/schema_text.h"

namespace lockstep::cli {
namespace {

using nlohmann::json;
using valijson::adapters::NlohmannJsonAdapter;

// The schema that scenario.json calls `uri`; the caller's, to be freed by Free.
const json* Fetch(const std::string& uri) {
  if (uri != "profile.schema.json") return nullptr;
  return new json(json::parse(kProfileSchema, nullptr, /*allow_exceptions=*/false));
}
void Free(const json* document) { delete document; }

// "<root>", "[clusters]", "[0]" as the library writes it, as a JSON pointer.
std::string PointerOf(const std::vector<std::string>& context) {
  std::string pointer;
  for (std::string part : context) {
    if (part == "<root>") continue;
    if (part.size() >= 2 && part.front() == '[' && part.back() == ']')
      part = part.substr(1, part.size() - 2);
    if (part.size() >= 2 && part.front() == '"' && part.back() == '"')
      part = part.substr(1, part.size() - 2);
    absl::StrAppend(&pointer, "/", EscapeForPointer(part));
  }
  return pointer;
}

// The error that lies deepest says most; the others only say that something below is wrong.
std::string Deepest(valijson::ValidationResults& results) {
  valijson::ValidationResults::Error deepest;
  for (valijson::ValidationResults::Error error; results.popError(error);)
    if (error.context.size() > deepest.context.size()) deepest = error;
  const std::string pointer = PointerOf(deepest.context);
  return absl::StrCat(pointer, pointer.empty() ? "" : ": ", deepest.description);
}

absl::Status Check(std::string_view schema_text, const json& document, const std::string& file) {
  try {
    const json text = json::parse(schema_text, nullptr, /*allow_exceptions=*/false);
    valijson::Schema schema;
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(NlohmannJsonAdapter(text), schema, Fetch, Free);
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(schema, NlohmannJsonAdapter(document), &results))
      return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(file, ": ", Deepest(results)));
  } catch (const std::exception& error) {
    return absl::InternalError(
        absl::StrCat("scenarios/schema.json cannot be enforced: ", error.what()));
  }
}

}  // namespace

absl::Status CheckSchema(const json& document, const std::string& file) {
  return Check(kScenarioSchema, document, file);
}

absl::Status CheckProfileSchema(const json& document, const std::string& file) {
  return Check(kProfileSchema, document, file);
}

absl::Status CheckSweepSchema(const json& document, const std::string& file) {
  return Check(kSweepSchema, document, file);
}

}  // namespace lockstep::cli
