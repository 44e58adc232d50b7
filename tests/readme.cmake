# Cuts the titled code blocks out of README.md, for readme_test.cc to build and run.

# Writes each block "```LANGUAGE NAME" to build/generated/readme/NAME (JSON: to scenarios/ beside
# it, with the profiles that it names), and lets `target` include them.
function(lockstep_cut_readme target)
  set(readme "${PROJECT_SOURCE_DIR}/README.md")
  set(out "${PROJECT_BINARY_DIR}/generated/readme")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${readme}")
  # A semicolon would split the text into a list, a bracket would glue elements together.
  file(READ "${readme}" text)
  string(REPLACE ";" "<semicolon>" text "${text}")
  string(REPLACE "[" "<open>" text "${text}")
  string(REPLACE "]" "<close>" text "${text}")
  string(REGEX MATCHALL "\n```(cpp|json|cmake) [A-Za-z_.]+\n([^`]*)\n```" blocks "${text}")
  foreach(block IN LISTS blocks)
    string(REGEX REPLACE "\n```(cpp|json|cmake) ([A-Za-z_.]+)\n.*" "\\2" name "${block}")
    string(REGEX REPLACE "\n```(cpp|json|cmake) [A-Za-z_.]+\n(.*)\n```" "\\2\n" code "${block}")
    string(REPLACE "<semicolon>" ";" code "${code}")
    string(REPLACE "<open>" "[" code "${code}")
    string(REPLACE "<close>" "]" code "${code}")
    if(name MATCHES "json$")
      set(name "scenarios/${name}")
    endif()
    file(CONFIGURE OUTPUT "${out}/${name}" CONTENT "${code}" @ONLY)
  endforeach()
  file(COPY "${PROJECT_SOURCE_DIR}/scenarios/profiles" DESTINATION "${out}/scenarios")
  target_include_directories(${target} PRIVATE "${PROJECT_BINARY_DIR}/generated")
  lockstep_tests_know(${target} "LOCKSTEP_README_DIR=\"${out}\"")
endfunction()
