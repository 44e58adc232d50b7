// Specifications to SVG, by node with vega and vega-lite from npm.
//
// They are optional: `tools/setup --pictures` installs them into build/pictures, and beside an
// installed program npm may, or in the user's folder of data. They are looked for in the folder
// that the environment variable LOCKSTEP_PICTURES names; else, of a program in a build tree, in
// `pictures` beside its folder; of an installed one, in ../share/lockstep/pictures and in
// ~/.local/share/lockstep/pictures.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace lockstep::cli {

// Tells specifications apart: 16 hex digits over one with its data.
std::string SpecificationDigest(const nlohmann::json& specification);

// The picture as the text of an SVG file, which says at its end the digest of what it was drawn
// from, so that a picture that is kept can be seen to be of today. Errors say what is missing and
// how to get it, or what the renderer objects to.
absl::StatusOr<std::string> RenderSvg(const nlohmann::json& specification);

}  // namespace lockstep::cli
