// One run of the fuzzer: a draw in its world, judged by all that its protocol promises.

#pragma once

#include "tools/fuzz/draw.h"
#include "tools/fuzz/outcome.h"

namespace lockstep::cli {

// Makes the run. One that is to recover ends as soon as it has; what a checker would only have said
// at the end is not asked then.
fuzz::Outcome RunDraw(const fuzz::Draw& draw);

}  // namespace lockstep::cli
