# Debian packages, by `cpack --preset deb`: lockstep, which runs scenarios, and lockstep-dev, with
# which protocols outside the tree are built.

set(CPACK_PACKAGE_NAME lockstep)
set(CPACK_PACKAGE_VENDOR "The lockstep authors")
set(LOCKSTEP_MAINTAINER "The lockstep authors <lockstep@localhost>" CACHE STRING
    "Who answers for a package: name and address")
set(CPACK_PACKAGE_CONTACT "${LOCKSTEP_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_GENERATOR DEB)

# What only Debian has elsewhere, or wants besides. No other installation has these.
foreach(package IN ITEMS lockstep lockstep-dev)
  set(component deb_runtime)
  if(package STREQUAL "lockstep-dev")
    set(component deb_dev)
  endif()
  install(FILES tools/package/copyright DESTINATION "share/doc/${package}" COMPONENT ${component}
          EXCLUDE_FROM_ALL)
endforeach()
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/described/lockstep.zsh" RENAME _lockstep
        DESTINATION share/zsh/vendor-completions COMPONENT deb_runtime EXCLUDE_FROM_ALL)

set(CPACK_COMPONENTS_ALL runtime deb_runtime dev deb_dev)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
foreach(component IN ITEMS RUNTIME DEB_RUNTIME)
  set(CPACK_COMPONENT_${component}_GROUP program)
endforeach()
foreach(component IN ITEMS DEV DEB_DEV)
  set(CPACK_COMPONENT_${component}_GROUP development)
endforeach()

set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE "")

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME lockstep)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION
"A seeded event loop models network cards, links, hosts, clocks and faults, and
runs unmodified protocol code; what happens is written as a trace, and checkers
say whether the protocol kept its promises. With scenarios, sweeps, figures and
hardware profiles.")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "${CPACK_DEBIAN_PROGRAM_DESCRIPTION}")
# Without dpkg-shlibdeps the libraries' packages are those of Debian 12.
find_program(LOCKSTEP_SHLIBDEPS dpkg-shlibdeps)
mark_as_advanced(LOCKSTEP_SHLIBDEPS)
if(LOCKSTEP_SHLIBDEPS)
  set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
else()
  set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS
      "libabsl20220623, libc6, libgcc-s1, libsqlite3-0, libstdc++6, libzstd1, zlib1g")
endif()
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "bash-completion")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "jq, sqlite3, lockstep-dev")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME lockstep-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "lockstep (= ${PROJECT_VERSION}), libabsl-dev, libboost-graph-dev, libsqlite3-dev, libzstd-dev, nlohmann-json3-dev, zlib1g-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_RECOMMENDS "cmake, g++")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
"Headers, archives and a CMake package: with them a protocol in a folder of its
own becomes a program like lockstep, with every command of it.")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "${CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION}")

include(CPack)
