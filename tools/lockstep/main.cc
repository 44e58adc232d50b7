// The program.

#include <string>
#include <vector>

#include "tools/lockstep/commands.h"

int main(int argc, char** argv) {
  return lockstep::cli::Main(std::vector<std::string>(argv + 1, argv + argc));
}
