# A kind of fault is one file of this folder: the table of all kinds is made from their names.

# Writes the table into the build tree, and compiles it into `target`: nic_stall.cc defines
# kNicStallFault.
function(lockstep_list_faults target)
  file(GLOB kinds CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/sim/fault"
       "${PROJECT_SOURCE_DIR}/sim/fault/*.cc")
  list(SORT kinds)
  set(declared "")
  set(listed "")
  foreach(kind IN LISTS kinds)
    string(REGEX REPLACE "\\.cc$" "" kind "${kind}")
    string(REPLACE "_" ";" words "${kind}")
    set(name "")
    foreach(word IN LISTS words)
      string(SUBSTRING "${word}" 0 1 head)
      string(SUBSTRING "${word}" 1 -1 rest)
      string(TOUPPER "${head}" head)
      string(APPEND name "${head}${rest}")
    endforeach()
    string(APPEND declared "extern const FaultKind k${name}Fault;\n")
    string(APPEND listed "    &k${name}Fault,\n")
  endforeach()
  set(generated "${PROJECT_BINARY_DIR}/generated/sim/fault")
  file(WRITE "${generated}/kinds.tmp"
    "// Made from the names of the files of sim/fault by sim/fault/kinds.cmake.\n\n"
    "#include \"sim/fault/engine/kinds.h\"\n\n"
    "namespace lockstep::sim {\n\n${declared}\n"
    "namespace {\nconstexpr const FaultKind* kKinds[] = {\n${listed}};\n}  // namespace\n\n"
    "std::span<const FaultKind* const> FaultKinds() { return kKinds; }\n\n"
    "const FaultKind* FaultKindNamed(std::string_view name) {\n"
    "  for (const FaultKind* kind : kKinds)\n"
    "    if (kind->name == name) return kind;\n"
    "  return nullptr;\n"
    "}\n\n}  // namespace lockstep::sim\n")
  file(COPY_FILE "${generated}/kinds.tmp" "${generated}/kinds.cc" ONLY_IF_DIFFERENT)
  target_sources(${target} PRIVATE "${generated}/kinds.cc")
endfunction()
