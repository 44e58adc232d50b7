// A view of the clusters: who of each counts how much, and whose turn is which.
//
// Announced by a service outside of them, to every replica of every cluster, as a request of
// kViewService whose content is EncodeView and whose id is the number; the state machine keeps it,
// and hands it up through LogReader. Numbers grow: what is not above the number that a replica
// knows is stale. View 0 is what the scenario's clusters say, and is never announced.
//
// Source: the Picsou paper, on reconfiguration (rare, announced by an outside service); what an
// announcement holds is decided here.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/ids.h"
#include "protocols/core/program.h"

namespace lockstep::core {

// Who announces views. No client of a host is called so.
inline constexpr ClientId kViewService{~std::uint64_t{0}};

struct View {
  // Of the cluster of these hosts, as Cluster has them. A replica without stake is no member.
  struct Members {
    NodeId first;
    std::uint32_t size = 0;
    std::vector<std::uint32_t> stake;      // empty: one each
    std::vector<std::uint32_t> positions;  // empty: by index
    friend bool operator==(const Members&, const Members&) = default;
  };
  std::uint64_t number = 0;
  std::vector<Members> clusters;
  friend bool operator==(const View&, const View&) = default;

  // `cluster` as it is in this view. None where the view does not name it, or names what it cannot
  // be: another size, no order of its replicas, or less stake than its budgets want, 2u + r + 1.
  std::optional<Cluster> Of(const Cluster& cluster) const;
};

Bytes EncodeView(const View& view);
// None if the bytes are no view.
std::optional<View> DecodeView(const Bytes& bytes);

}  // namespace lockstep::core
