// JSON Schema, draft 7, as far as the schemas of this tree use it: see json_schema.h.

#include "tests/support/json_schema.h"

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

// A place where a document is wrong, and why.
struct Complaint {
  std::string pointer;
  std::string why;
  bool is_of_schema = false;
};
using Found = std::optional<Complaint>;

std::ptrdiff_t Depth(const Complaint& complaint) {
  return std::count(complaint.pointer.begin(), complaint.pointer.end(), '/');
}

const std::regex& PatternOf(const std::string& text) {
  static std::map<std::string, std::regex> made;  // Tests run in one thread.
  const auto found = made.find(text);
  if (found != made.end()) return found->second;
  return made.emplace(text, std::regex(text, std::regex::ECMAScript)).first->second;
}

bool Matches(const json& pattern, const std::string& text) {
  return std::regex_search(text, PatternOf(pattern.get_ref<const std::string&>()));
}

bool IsOfType(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  return type == "null" && value.is_null();
}

// Of one schema document; `root` is where its "#/definitions/..." are found.
class Checker {
 public:
  Checker(const json& root, const JsonSchema::Other& other) : root_(root), other_(other) {}

  Found Check(const json& schema, const json& value, const std::string& at) const {
    if (schema.is_boolean())
      return schema.get<bool>() ? Found() : Complaint{at, "nothing may stand here"};
    if (schema.contains("$ref")) return CheckRef(schema["$ref"], value, at);
    for (const auto& [keyword, argument] : schema.items()) {
      Found found = CheckKeyword(schema, keyword, argument, value, at);
      if (found) return found;
    }
    return value.is_object() ? CheckKeys(schema, value, at) : std::nullopt;
  }

 private:
  Found CheckRef(const std::string& ref, const json& value, const std::string& at) const {
    if (!absl::StartsWith(ref, "#")) {
      const json whole = other_ ? other_(ref) : json();
      if (!whole.is_object()) return Complaint{at, "no schema " + ref, true};
      return Checker(whole, other_).Check(whole, value, at);
    }
    const json* target = FindAt(root_, ref.substr(1));
    if (target == nullptr) return Complaint{at, "no definition " + ref, true};
    return Check(*target, value, at);
  }

  Found CheckKeyword(const json& schema, const std::string& keyword, const json& argument,
                     const json& value, const std::string& at) const {
    static const std::set<std::string, std::less<>> kSilent = {"$schema",
                                                               "title",
                                                               "description",
                                                               "definitions",
                                                               "default",
                                                               "then",
                                                               "else",
                                                               "additionalItems",
                                                               "properties",
                                                               "patternProperties",
                                                               "additionalProperties"};
    if (kSilent.contains(keyword)) return std::nullopt;
    if (keyword == "type") return CheckType(argument, value, at);
    if (keyword == "enum" || keyword == "const") {
      const bool is_one =
          keyword == "const" ? value == argument
                             : std::find(argument.begin(), argument.end(), value) != argument.end();
      return is_one ? Found() : Complaint{at, absl::StrCat("want one of ", argument.dump())};
    }
    if (keyword == "required" || keyword == "dependencies" || keyword == "minProperties" ||
        keyword == "maxProperties")
      return value.is_object() ? CheckObject(keyword, argument, value, at) : std::nullopt;
    if (keyword == "items" || keyword == "minItems" || keyword == "maxItems" ||
        keyword == "uniqueItems")
      return value.is_array() ? CheckArray(schema, keyword, argument, value, at) : std::nullopt;
    if (keyword == "minLength" || keyword == "maxLength" || keyword == "pattern")
      return value.is_string() ? CheckText(keyword, argument, value, at) : std::nullopt;
    if (keyword == "minimum" || keyword == "maximum" || keyword == "exclusiveMinimum")
      return value.is_number() ? CheckNumber(keyword, argument, value, at) : std::nullopt;
    return CheckCombined(schema, keyword, argument, value, at);
  }

  static Found CheckType(const json& type, const json& value, const std::string& at) {
    const json types = type.is_array() ? type : json::array({type});
    for (const json& name : types)
      if (IsOfType(value, name)) return std::nullopt;
    return Complaint{at, absl::StrCat("want ", type.dump(), ", not ", Shown(value))};
  }

  static Found CheckObject(const std::string& keyword, const json& argument, const json& value,
                           const std::string& at) {
    if (keyword == "minProperties" && value.size() < argument)
      return Complaint{at, "has too few keys"};
    if (keyword == "maxProperties" && value.size() > argument)
      return Complaint{at, "has too many keys"};
    if (keyword == "required")
      for (const json& key : argument)
        if (!value.contains(key.get<std::string>()))
          return Complaint{at, absl::StrCat(key.dump(), " is missing")};
    if (keyword == "dependencies")
      for (const auto& [key, wanted] : argument.items())
        for (const json& other : wanted)
          if (value.contains(key) && !value.contains(other.get<std::string>()))
            return Complaint{at, absl::StrCat(other.dump(), " is missing")};
    return std::nullopt;
  }

  // Each key by its name, else by the patterns that it fits, else as one that is not known.
  Found CheckKeys(const json& schema, const json& value, const std::string& at) const {
    static const json kNone = json::object();
    static const json kAny = true;
    const json& properties = schema.contains("properties") ? schema["properties"] : kNone;
    const json& patterns =
        schema.contains("patternProperties") ? schema["patternProperties"] : kNone;
    const json& rest =
        schema.contains("additionalProperties") ? schema["additionalProperties"] : kAny;
    for (const auto& [key, child] : value.items()) {
      const std::string place = absl::StrCat(at, "/", EscapeForPointer(key));
      bool is_known = false;
      Found found;
      if (properties.contains(key)) {
        is_known = true;
        found = Check(properties[key], child, place);
      }
      for (const auto& [pattern, of_pattern] : patterns.items()) {
        if (found || !Matches(pattern, key)) continue;
        is_known = true;
        found = Check(of_pattern, child, place);
      }
      if (!is_known) found = Check(rest, child, place);
      if (found) return found;
    }
    return std::nullopt;
  }

  Found CheckArray(const json& schema, const std::string& keyword, const json& argument,
                   const json& value, const std::string& at) const {
    if (keyword == "minItems" && value.size() < argument) return Complaint{at, "is too short"};
    if (keyword == "maxItems" && value.size() > argument) return Complaint{at, "is too long"};
    if (keyword == "uniqueItems") {
      const std::set<json> each(value.begin(), value.end());
      return each.size() == value.size() ? Found() : Complaint{at, "says something twice"};
    }
    if (keyword != "items") return std::nullopt;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const json* wanted = argument.is_array() ? nullptr : &argument;
      if (argument.is_array() && i < argument.size()) wanted = &argument[i];
      if (wanted == nullptr && schema.contains("additionalItems"))
        wanted = &schema["additionalItems"];
      if (wanted == nullptr) continue;
      if (Found found = Check(*wanted, value[i], absl::StrCat(at, "/", i))) return found;
    }
    return std::nullopt;
  }

  static Found CheckText(const std::string& keyword, const json& argument, const json& value,
                         const std::string& at) {
    const auto& text = value.get_ref<const std::string&>();
    if (keyword == "minLength" && text.size() < argument) return Complaint{at, "is too short"};
    if (keyword == "maxLength" && text.size() > argument) return Complaint{at, "is too long"};
    if (keyword == "pattern" && !Matches(argument, text))
      return Complaint{at, absl::StrCat("want ", argument.dump(), ", not ", Shown(value))};
    return std::nullopt;
  }

  static Found CheckNumber(const std::string& keyword, const json& argument, const json& value,
                           const std::string& at) {
    const bool is_good = keyword == "minimum"   ? value >= argument
                         : keyword == "maximum" ? value <= argument
                                                : value > argument;
    if (is_good) return std::nullopt;
    return Complaint{at, absl::StrCat("want ", keyword, " ", argument.dump())};
  }

  Found CheckCombined(const json& schema, const std::string& keyword, const json& argument,
                      const json& value, const std::string& at) const {
    if (keyword == "not") {
      if (Check(argument, value, at)) return std::nullopt;
      return Complaint{at, absl::StrCat("want none of ", argument.dump())};
    }
    if (keyword == "if") {
      const char* const branch = Check(argument, value, at) ? "else" : "then";
      return schema.contains(branch) ? Check(schema[branch], value, at) : std::nullopt;
    }
    if (keyword != "allOf" && keyword != "anyOf" && keyword != "oneOf")
      return Complaint{at, "unknown keyword " + keyword, true};
    std::size_t good = 0;
    Found deepest;
    for (const json& each : argument) {
      Found found = Check(each, value, at);
      if (!found) {
        ++good;
      } else if (found->is_of_schema || keyword == "allOf") {
        return found;
      } else if (!deepest || Depth(*found) > Depth(*deepest)) {
        deepest = std::move(found);
      }
    }
    if (keyword == "oneOf" && good > 1) return Complaint{at, "fits several of what is wanted"};
    return good > 0 ? std::nullopt : deepest;
  }

  const json& root_;
  const JsonSchema::Other& other_;
};

json SchemaNamed(const std::string& file) {
  absl::StatusOr<json> schema = ReadJsonFile("scenarios/" + file);
  return schema.ok() ? *std::move(schema) : json();
}

}  // namespace

JsonSchema::JsonSchema(json schema, Other other)
    : schema_(std::move(schema)), other_(std::move(other)) {}

absl::Status JsonSchema::Check(const json& document, const std::string& file) const {
  if (!schema_.is_object()) return absl::InternalError("a schema is an object");
  const Found found = Checker(schema_, other_).Check(schema_, document, "");
  if (!found) return absl::OkStatus();
  const std::string text =
      absl::StrCat(file, ": ", found->pointer, found->pointer.empty() ? "" : ": ", found->why);
  return found->is_of_schema ? absl::InternalError(text) : absl::InvalidArgumentError(text);
}

absl::Status CheckSchema(const json& document, const std::string& file) {
  static const JsonSchema schema(SchemaNamed("schema.json"), SchemaNamed);
  return schema.Check(document, file);
}

absl::Status CheckProfileSchema(const json& document, const std::string& file) {
  static const JsonSchema schema(SchemaNamed("profile.schema.json"));
  return schema.Check(document, file);
}

absl::Status CheckSweepSchema(const json& document, const std::string& file) {
  static const JsonSchema schema(SchemaNamed("sweep.schema.json"));
  return schema.Check(document, file);
}

}  // namespace lockstep::tests
