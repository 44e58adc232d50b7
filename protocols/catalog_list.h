// What the catalogue holds, as data: each kind of layer with its keys, notes and promises.

#pragma once

#include <string>
#include <vector>

#include "protocols/catalog.h"
#include "protocols/core/keys.h"
#include "protocols/core/note.h"
#include "protocols/parameters/key_list.h"

namespace lockstep {

// {"rsm": NAME, ...}: the names.
inline constexpr core::Option kRsmNames[] = {
    {"file", "a committed log that is there from the start, without consensus."}};
// {"client": NAME, ...}: the names.
inline constexpr core::Option kClientNames[] = {
    {"closed", "each client makes its next request when one has been answered."},
    {"open",
     "requests come at the instants of a Poisson process, whatever has become of those "
     "before."}};

struct LayerInfo {
  std::string kind;  // the key that names it: "rsm", "c3b", "protocol", "client" or "kafka"
  std::string name;
  std::string meaning;
  std::vector<KeyInfo> keys;          // beside that one
  std::vector<core::NoteSpec> notes;  // kinds that it declares
  std::vector<std::string> oracles;   // that judge what it promises, with its defaults
  // Receivers check by a certificate that a content is the committed one, whoever sent it.
  bool has_certificates = false;
  // Of a C3B layer: what is lost above the transport is sent again, though no promise says when.
  bool bears_loss = false;
};

// The protocols that are whole stacks: the catalogue's, then `more_protocols`.
std::vector<ProtocolEntry> ProtocolEntries(const std::vector<ProtocolEntry>& more_protocols);

// A protocol that is a whole stack.
LayerInfo ListProtocol(const ProtocolEntry& entry);

// All kinds of layers. Compiles each with its defaults, for a cluster of three.
std::vector<LayerInfo> ListLayers(const std::vector<ProtocolEntry>& more_protocols = {});

// What the schema of scenarios says of one layer.
nlohmann::ordered_json LayerSchema(const std::vector<LayerInfo>& layers);

}  // namespace lockstep
