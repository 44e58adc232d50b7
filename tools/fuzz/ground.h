// What draws stand on: a protocol of the catalogue, or a scenario to which faults are added.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "protocols/catalog_list.h"
#include "protocols/core/time.h"
#include "tools/fuzz/frame.h"

namespace lockstep::fuzz {

// Reads a scenario, and says what it leaves room for, or why it is refused.
using Reads = std::function<absl::StatusOr<Frame>(const nlohmann::json&)>;

// A size of a cluster, and the faults that it is to bear.
struct Shape {
  std::uint32_t size = 0;
  std::uint32_t u = 0;
  std::uint32_t r = 0;
};

struct Ground {
  std::string name;  // of the protocol, or of the scenario's file

  // Of a scenario: as it was read, and what it leaves.
  std::optional<nlohmann::json> scenario = {};
  Frame frame = {};

  // Of a protocol.
  LayerInfo layer = {};                   // but for its rule, which is not drawn
  std::string rule = {};                  // that its layer says; empty: nothing
  LayerInfo log = {};                     // below a C3B layer
  std::vector<LayerInfo> clients = {};    // that may ask it
  std::optional<LayerInfo> brokers = {};  // that it goes by: clusters of their own
  std::vector<Shape> shapes = {};         // that it takes
  bool bears_concurrent = false;          // a budget of those that are down at a time
  bool bears_stake = false;               // replicas that do not count for one each
  bool takes_positions = false;           // an order of turns other than by index
  bool takes_views = false;               // views that are announced
  core::Duration pace = {};               // the shortest time among its defaults
  std::vector<std::string> types = {};    // of its messages
  std::vector<std::string> notes = {};    // that it may say
  std::vector<std::string> numbers = {};  // see Frame
  bool bears_loss = false;                // see Frame
  bool has_certificates = false;          // the same
  bool has_lengths = false;               // the same

  bool is_c3b() const { return layer.kind == "c3b"; }
};

// A protocol of `layers`, by its name. What it takes is found out by trying. Where there are
// several rules that it may follow, `rule` is one of them, and the default where it is empty: no
// rule is drawn, for what is wrong with one is known. Errors: there is no such rule; no small
// cluster of the protocol can be run.
absl::StatusOr<Ground> GroundOf(const std::string& protocol, const std::vector<LayerInfo>& layers,
                                const std::string& rule, const Reads& reads);

// A scenario as it was read. Errors: it is refused, what it expects included.
absl::StatusOr<Ground> GroundOfScenario(const std::string& file, nlohmann::json document,
                                        const Reads& reads);

}  // namespace lockstep::fuzz
