# Puts the schemas of scenarios/ into the program, which may run far from its source tree.

# Writes tools/lockstep/schema_text.h into the build tree, and lets `target` include it.
function(lockstep_embed_schemas target)
  set(generated "${PROJECT_BINARY_DIR}/generated")
  set(sources "${PROJECT_SOURCE_DIR}/scenarios/schema.json"
              "${PROJECT_SOURCE_DIR}/scenarios/profile.schema.json"
              "${PROJECT_SOURCE_DIR}/scenarios/sweep.schema.json")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sources})
  list(GET sources 0 scenario_file)
  list(GET sources 1 profile_file)
  list(GET sources 2 sweep_file)
  file(READ "${scenario_file}" scenario)
  file(READ "${profile_file}" profile)
  file(READ "${sweep_file}" sweep)
  # Without indentation, since a string literal of standard C++ has at most 65 536 characters.
  foreach(schema IN ITEMS scenario profile sweep)
    string(REGEX REPLACE "\n +" "\n" ${schema} "${${schema}}")
  endforeach()
  file(WRITE "${generated}/schema_text.tmp"
    "// Made from scenarios/*schema.json by tools/lockstep/embed.cmake; edit those.\n\n"
    "#pragma once\n\n#include <string_view>\n\nnamespace lockstep::cli {\n\n"
    "inline constexpr std::string_view kScenarioSchema = R\"json(${scenario})json\";\n\n"
    "inline constexpr std::string_view kProfileSchema = R\"json(${profile})json\";\n\n"
    "inline constexpr std::string_view kSweepSchema = R\"json(${sweep})json\";\n\n"
    "}  // namespace lockstep::cli\n")
  file(MAKE_DIRECTORY "${generated}/tools/lockstep")
  file(COPY_FILE "${generated}/schema_text.tmp" "${generated}/tools/lockstep/schema_text.h"
       ONLY_IF_DIFFERENT)
  target_include_directories(${target} PRIVATE "${generated}")
endfunction()

# Puts the specifications of analysis/report/ into the program: writes
# tools/lockstep/picture_text.h into the build tree, and lets `target` include it.
function(lockstep_embed_pictures target)
  set(generated "${PROJECT_BINARY_DIR}/generated")
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/analysis/report/*.vl.json")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sources})
  list(LENGTH sources count)
  set(texts "")
  foreach(source IN LISTS sources)
    get_filename_component(name "${source}" NAME)
    string(REPLACE ".vl.json" "" name "${name}")
    file(READ "${source}" text)
    string(REGEX REPLACE "\n +" "\n" text "${text}")
    string(APPEND texts "    {\"${name}\", R\"json(${text})json\"},\n")
  endforeach()
  file(WRITE "${generated}/picture_text.tmp"
    "// Made from analysis/report/*.vl.json by tools/lockstep/embed.cmake; edit those.\n\n"
    "#pragma once\n\n#include <array>\n\n"
    "namespace lockstep::cli {\n\n"
    "struct PictureText {\n  const char* name;\n  const char* text;\n};\n"
    "inline constexpr std::array<PictureText, ${count}> kPictureTexts = {{\n${texts}}};\n\n"
    "}  // namespace lockstep::cli\n")
  file(MAKE_DIRECTORY "${generated}/tools/lockstep")
  file(COPY_FILE "${generated}/picture_text.tmp" "${generated}/tools/lockstep/picture_text.h"
       ONLY_IF_DIFFERENT)
  target_include_directories(${target} PRIVATE "${generated}")
endfunction()
