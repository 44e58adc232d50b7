// Remarks: see remarks.h.

#include "tools/lockstep/remarks.h"

#include <cstdio>

#include "absl/strings/str_format.h"

namespace lockstep::cli {

void PrintRemarks(const std::vector<std::string>& remarks) {
  for (const std::string& remark : remarks) absl::FPrintF(stderr, "lockstep: %s\n", remark);
}

}  // namespace lockstep::cli
