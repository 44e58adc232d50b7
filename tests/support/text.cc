// Claims about what a program has printed: see text.h.

#include "tests/support/text.h"

#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {

bool Has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CAPTURE(part);
  const bool has_part = text.find(part) != std::string::npos;
  CHECK(has_part);
  return has_part;
}

void CheckRefused(const Finished& run, const std::string& why) {
  CAPTURE(why);
  CHECK(run.exit_code == cli::kBadInput);
  CHECK(run.out.empty());
  Has(run.err, why);
}

}  // namespace lockstep::tests
