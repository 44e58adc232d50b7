// Ctrl-C as a wish: the run ends at the next convenient moment and loses nothing.

#pragma once

namespace lockstep::cli {

// From now on SIGINT, SIGTERM and SIGHUP are noted; a second one ends the program as usual.
void NoteInterrupts();
bool IsInterrupted();

}  // namespace lockstep::cli
