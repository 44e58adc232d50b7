// Ctrl-C: see interrupt.h.

#include "tools/lockstep/interrupt.h"

#include <csignal>

namespace lockstep::cli {
namespace {

// The one global of the program: a signal handler can reach nothing else.
volatile std::sig_atomic_t interrupted = 0;

void Note(int) { interrupted = 1; }

}  // namespace

void NoteInterrupts() {
  struct sigaction action = {};
  action.sa_handler = Note;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // Who starts a program by nohup wants it to go on.
  struct sigaction before = {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
}

bool IsInterrupted() { return interrupted != 0; }

}  // namespace lockstep::cli
