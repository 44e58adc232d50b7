# Puts the revision of the source tree into the program: traces and results name who made them.

# As a target it makes a header that names the revision, anew in each build, since a commit touches
# no file that a build looks at.
function(lockstep_name_revision target)
  set(generated "${PROJECT_BINARY_DIR}/generated/tools/lockstep/revision.h")
  add_custom_target(lockstep_revision
    COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}" "-DHEADER=${generated}"
            -P "${PROJECT_SOURCE_DIR}/tools/lockstep/revision.cmake"
    BYPRODUCTS "${generated}" VERBATIM)
  add_dependencies(${target} lockstep_revision)
endfunction()

# As a script it writes the header, if it is to change.
if(CMAKE_SCRIPT_MODE_FILE AND HEADER)
  set(revision "unknown")
  execute_process(COMMAND git -C "${SOURCE}" describe --always --dirty --abbrev=12 --exclude=*
                  OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE
                  ERROR_QUIET RESULT_VARIABLE failed)
  if(failed EQUAL 0 AND described)
    set(revision "${described}")
  endif()
  file(WRITE "${HEADER}.tmp"
    "// Made by tools/lockstep/revision.cmake.\n\n#pragma once\n\n"
    "#define LOCKSTEP_REVISION \"${revision}\"\n")
  file(COPY_FILE "${HEADER}.tmp" "${HEADER}" ONLY_IF_DIFFERENT)
endif()
