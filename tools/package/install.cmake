# What `cmake --install` puts where. The component "runtime" is the program and what it reads, "dev"
# is what protocols outside the tree are built with.
#
# All of it may be moved as a whole: the program finds its scenarios from where it lies, by
# ../share/lockstep/scenarios, so that that path is no variable.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
include(tools/package/program.cmake)

set(lockstep_scenarios share/lockstep/scenarios)
set(lockstep_cmake "${CMAKE_INSTALL_LIBDIR}/cmake/lockstep")

# --- The program ---

lockstep_install_program(lockstep COMPONENT runtime)
# What scenarios may not say is in their schemas; what figures are compared with lies beside them.
install(DIRECTORY scenarios/ DESTINATION "${lockstep_scenarios}" COMPONENT runtime)
install(DIRECTORY analysis/reference/ DESTINATION share/lockstep/analysis/reference
        COMPONENT runtime)

# What draws pictures, once npm has installed beside it what its lock names.
install(DIRECTORY tools/pictures/ DESTINATION share/lockstep/pictures COMPONENT runtime)

# Documents lie as in the tree, so that their links lead on.
set(documents "${CMAKE_INSTALL_DOCDIR}")
install(FILES README.md CHANGELOG.md LICENSE DESTINATION "${documents}" COMPONENT runtime)
foreach(document IN ITEMS analysis/GLOSSARY.md analysis/report/restart.svg
                          analysis/results/RESULTS.md scenarios/README.md
                          sim/README.md sim/trace/FORMAT.md)
  get_filename_component(folder "${document}" DIRECTORY)
  install(FILES "${document}" DESTINATION "${documents}/${folder}" COMPONENT runtime)
endforeach()

# --- What an own protocol is built with ---

get_property(rooms GLOBAL PROPERTY lockstep_rooms)
list(REMOVE_ITEM rooms lockstep_experiments)
foreach(room IN LISTS rooms)
  string(REPLACE "lockstep_" "" name "${room}")
  set_target_properties(${room} PROPERTIES EXPORT_NAME ${name})
endforeach()
# As the tree is compiled: see CMakeLists.txt.
target_compile_features(lockstep_core INTERFACE cxx_std_20)
target_compile_options(lockstep_core INTERFACE $<INSTALL_INTERFACE:-ffp-contract=off>)
install(TARGETS ${rooms} EXPORT lockstep
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}/lockstep" COMPONENT dev)
install(EXPORT lockstep NAMESPACE lockstep:: DESTINATION "${lockstep_cmake}"
        FILE lockstepTargets.cmake COMPONENT dev)

# Headers: the contract, keys and the catalogue; events, oracles and the world; and of the command
# line what starts it and what makes one run.
set(headers_to "${CMAKE_INSTALL_INCLUDEDIR}/lockstep")
foreach(folder IN ITEMS protocols/core protocols/parameters sim analysis)
  install(DIRECTORY ${folder}/ DESTINATION "${headers_to}/${folder}" COMPONENT dev
          FILES_MATCHING PATTERN "*.h")
endforeach()
install(FILES protocols/catalog.h protocols/catalog_list.h DESTINATION "${headers_to}/protocols"
        COMPONENT dev)
install(FILES tools/lockstep/program.h tools/lockstep/runner.h
        DESTINATION "${headers_to}/tools/lockstep" COMPONENT dev)

configure_package_config_file(tools/package/lockstepConfig.cmake.in lockstepConfig.cmake
  INSTALL_DESTINATION "${lockstep_cmake}" PATH_VARS lockstep_scenarios)
# Before 1.0 anything may change with a minor version.
write_basic_package_version_file(lockstepConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/lockstepConfig.cmake"
              "${PROJECT_BINARY_DIR}/lockstepConfigVersion.cmake" tools/package/program.cmake
        DESTINATION "${lockstep_cmake}" COMPONENT dev)
