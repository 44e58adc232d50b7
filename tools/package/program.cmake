# Programs like `lockstep`: of this tree, and of any project that has found lockstep.

# lockstep_program(NAME source...): the executable NAME, which is `lockstep` with what its sources
# add; one of them has main(). In its build folder it finds the installed scenarios.
function(lockstep_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE lockstep::cli)
  # Where no share/ is above the program, it finds these by a link beside it.
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND "${CMAKE_COMMAND}" -E make_directory "$<TARGET_FILE_DIR:${name}>/share/lockstep"
    COMMAND "${CMAKE_COMMAND}" -E create_symlink "${lockstep_SCENARIOS}"
            "$<TARGET_FILE_DIR:${name}>/share/lockstep/scenarios"
    VERBATIM)
endfunction()

# lockstep_describe_program(NAME): has the program say, after each build, how shells complete it,
# and its manual page; into the folder "described" beside it.
function(lockstep_describe_program name)
  set(described "${CMAKE_CURRENT_BINARY_DIR}/described")
  set(outputs "")
  # Where shells and man want them, below a prefix.
  foreach(output IN ITEMS bash zsh fish man)
    set(arguments completions ${output})
    if(output STREQUAL "man")
      set(arguments man)
    endif()
    list(APPEND outputs "${described}/${name}.${output}")
    add_custom_command(OUTPUT "${described}/${name}.${output}"
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${described}"
      COMMAND ${name} ${arguments} > "${described}/${name}.${output}"
      DEPENDS ${name})
  endforeach()
  add_custom_target(${name}_described ALL DEPENDS ${outputs})
endfunction()

# lockstep_install_program(NAME [COMPONENT component]): installs it, its completions for bash, zsh
# and fish, and its manual page.
function(lockstep_install_program name)
  cmake_parse_arguments(PARSE_ARGV 1 program "" "COMPONENT" "")
  set(component "")
  if(program_COMPONENT)
    set(component COMPONENT ${program_COMPONENT})
  endif()
  include(GNUInstallDirs)
  lockstep_describe_program(${name})
  set(described "${CMAKE_CURRENT_BINARY_DIR}/described/${name}")
  install(TARGETS ${name} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" ${component})
  install(FILES "${described}.bash" DESTINATION share/bash-completion/completions
          RENAME ${name} ${component})
  install(FILES "${described}.fish" DESTINATION share/fish/vendor_completions.d
          RENAME ${name}.fish ${component})
  install(FILES "${described}.zsh" DESTINATION share/zsh/site-functions
          RENAME _${name} ${component})
  install(FILES "${described}.man" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1"
          RENAME ${name}.1 ${component})
endfunction()
