// The program.

#include "tools/lockstep/program.h"

int main(int argc, char** argv) { return lockstep::cli::Main(argc, argv); }
