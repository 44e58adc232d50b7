// What this program was built from and by, for the first line of a trace.

#pragma once

#include <string>

#include "tools/lockstep/program.h"

namespace lockstep::cli {

std::string Revision();
// Of a program with protocols or oracles of its own, of which no revision of lockstep knows: also
// eight digits of what the program is, as a file. So what two builds of it have found is told apart
// as two revisions are.
std::string RevisionOf(const Additions& own);
std::string Toolchain();

}  // namespace lockstep::cli
