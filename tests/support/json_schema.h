// JSON Schema, draft 7, as far as the schemas of this tree use it.
//
// Nothing at run time enforces a schema: the readers are stricter, and say it better. Tests ask
// here that editors, which know only the schemas, are never misled. A keyword that is not known is
// an error of its own, so that no schema is checked in part.

#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"

namespace lockstep::tests {

class JsonSchema {
 public:
  // `other` gives the schema that "$ref" calls by the name of a file.
  using Other = std::function<nlohmann::json(const std::string& file)>;
  explicit JsonSchema(nlohmann::json schema, Other other = nullptr);

  // What is wrong with `document`: "FILE: /pointer: why", of the place that lies deepest; internal
  // errors are the schema's own.
  absl::Status Check(const nlohmann::json& document, const std::string& file) const;

 private:
  nlohmann::json schema_;
  Other other_;
};

// scenarios/schema.json of the tree, with that of profiles.
absl::Status CheckSchema(const nlohmann::json& document, const std::string& file);
// scenarios/profile.schema.json.
absl::Status CheckProfileSchema(const nlohmann::json& document, const std::string& file);
// scenarios/sweep.schema.json, of a sweep as its file says it.
absl::Status CheckSweepSchema(const nlohmann::json& document, const std::string& file);

}  // namespace lockstep::tests
