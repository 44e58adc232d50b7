// The tables and views of a results file, as SQL; RESULTS.md says what they mean.
//
// Whoever changes what is here raises kResultsVersion.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace lockstep::analysis {

inline constexpr std::int64_t kResultsApplication = 0x6C6F636B;  // "lock"
inline constexpr std::int64_t kResultsVersion = 2;

// The columns of `runs`, in order, and of `speed`.
const std::vector<std::string_view>& RunColumns();
const std::vector<std::string_view>& SpeedColumns();

// Whether parameters can be columns: each once, and none with the name of another column.
absl::Status CheckParameters(const std::string& path, const std::vector<std::string>& parameters);

// Makes the tables of an empty file, all but the rows of `meta`.
std::string TablesSql(const std::vector<std::string>& parameters);

// Makes the views anew. `metrics` in any order: views list them by name.
std::string ViewsSql(const std::vector<std::string>& parameters, std::vector<std::string> metrics);

// "INSERT INTO table (columns...) VALUES (?, ...)".
std::string InsertSql(std::string_view table, const std::vector<std::string_view>& columns);

}  // namespace lockstep::analysis
