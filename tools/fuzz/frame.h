// What a scenario leaves room for: whom faults may hit, when, and on which links.

#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "protocols/catalog.h"
#include "protocols/core/program.h"
#include "protocols/core/time.h"
#include "sim/scenario/scenario.h"

namespace lockstep::fuzz {

struct FrameCluster {
  std::string name;
  std::uint32_t size = 0;
  std::uint32_t u = 0;
  std::uint32_t r = 0;
  bool is_concurrent = false;
  // By index: replicas that faults which stand there already make fail, and that lie.
  std::set<std::uint32_t> failing = {};
  std::set<std::uint32_t> lying = {};
  // By index; empty: one each. `u` and `r` are amounts of it.
  std::vector<std::uint32_t> stake = {};

  std::uint64_t StakeOf(std::uint32_t index) const { return stake.empty() ? 1 : stake[index]; }
  std::string Host(std::uint32_t index) const { return name + std::to_string(index); }
};

struct FrameLink {
  std::string name;  // "intra", "cross" or "client"
  bool is_stream = false;
};

struct Frame {
  std::vector<FrameCluster> clusters;  // of replicas
  std::vector<FrameLink> links;        // classes between whose hosts there are any
  std::vector<std::string> types;      // of messages; empty where they have none
  std::vector<std::string> notes;      // kinds that nodes say
  std::vector<std::string> numbers;    // paths of numbers in messages
  core::Duration lasts;                // of the run
  core::Duration heal;                 // since its beginning
  // What is lost above the transport is sent again; else only who may fail in any way may lose it.
  bool bears_loss = true;
  // A content that is not the committed one is told by its certificate, and refused. Where there
  // are none, nothing is promised of what a liar or a flipped bit makes of it.
  bool has_certificates = false;
  // Contents have a length, so that a message that was cut is none. Where they end with it, as
  // requests of clients do, it is another one.
  bool has_lengths = false;
};

// What a scenario that was read leaves.
Frame FrameOf(const sim::Scenario& scenario, const CatalogProgram& program);

// The types of the messages of a program, each once.
std::vector<std::string> TypesOf(const core::Program& program);
// The paths of what messages say in numbers, each once.
std::vector<std::string> NumbersOf(const core::Program& program);
// The kinds of notes that its nodes may say.
std::vector<std::string> NotesOf(const CatalogProgram& program);

}  // namespace lockstep::fuzz
