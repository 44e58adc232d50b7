// Remarks: see remarks.h.

#include "tools/lockstep/remarks.h"

#include <cstdio>

#include "absl/strings/str_cat.h"

#include "tools/lockstep/output.h"
#include "tools/lockstep/program_name.h"

namespace lockstep::cli {

void PrintRemarks(const std::vector<std::string>& remarks) {
  for (const std::string& remark : remarks)
    Print(stderr, absl::StrCat(ProgramName(), ": ", remark, "\n"));
}

}  // namespace lockstep::cli
