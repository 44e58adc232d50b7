# Puts data of the tree into the program, which may run far from its source tree.

# Puts analysis/GLOSSARY.md into the program: writes tools/lockstep/glossary_text.h into the build
# tree, and lets `target` include it.
function(lockstep_embed_texts target)
  set(generated "${PROJECT_BINARY_DIR}/generated")
  set(sources "${PROJECT_SOURCE_DIR}/analysis/GLOSSARY.md")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sources})
  file(READ "${PROJECT_SOURCE_DIR}/analysis/GLOSSARY.md" glossary)
  file(WRITE "${generated}/glossary_text.tmp"
    "// Made from analysis/GLOSSARY.md by tools/lockstep/embed.cmake; edit that.\n\n"
    "#pragma once\n\nnamespace lockstep::cli {\n\n"
    "inline constexpr const char* kGlossary = R\"text(${glossary})text\";\n\n"
    "}  // namespace lockstep::cli\n")
  file(MAKE_DIRECTORY "${generated}/tools/lockstep")
  file(COPY_FILE "${generated}/glossary_text.tmp" "${generated}/tools/lockstep/glossary_text.h"
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
