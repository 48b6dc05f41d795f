# Installs the library, its headers as they are, and what find_package(percept) reads.
include(CMakePackageConfigHelpers)
set(PERCEPT_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/percept)

install(TARGETS percept EXPORT perceptTargets)
install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/include/percept DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")
if(PERCEPT_BUILD_PLOT)
  install(TARGETS percept_plot EXPORT perceptPlotTargets)
  install(EXPORT perceptPlotTargets NAMESPACE percept:: DESTINATION ${PERCEPT_CMAKE_DIR})
  install(FILES ${CMAKE_CURRENT_SOURCE_DIR}/cmake/plot_dependencies.cmake
          DESTINATION ${PERCEPT_CMAKE_DIR})
endif()
install(EXPORT perceptTargets NAMESPACE percept:: DESTINATION ${PERCEPT_CMAKE_DIR})

get_target_property(PERCEPT_TYPE percept TYPE)
if(PERCEPT_TYPE STREQUAL "SHARED_LIBRARY")
  set(PERCEPT_IS_SHARED TRUE)
else()
  set(PERCEPT_IS_SHARED FALSE)
endif()
configure_package_config_file(cmake/perceptConfig.cmake.in
                              ${CMAKE_CURRENT_BINARY_DIR}/cmake/perceptConfig.cmake
                              INSTALL_DESTINATION ${PERCEPT_CMAKE_DIR})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/cmake/perceptConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/cmake/perceptConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/cmake/perceptConfigVersion.cmake
              ${CMAKE_CURRENT_SOURCE_DIR}/cmake/dependencies.cmake
        DESTINATION ${PERCEPT_CMAKE_DIR})

if(PROJECT_IS_TOP_LEVEL)
  # `cpack -G DEB` in the build folder makes a Debian package.
  set(CPACK_PACKAGE_CONTACT "The percept developers")
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  if(NOT PERCEPT_IS_SHARED)  # whoever links it needs what it was built with
    file(STRINGS scripts/packages.txt DEVELOPMENT_PACKAGES REGEX "^build +[^ ]+-dev ")
    list(TRANSFORM DEVELOPMENT_PACKAGES REPLACE "^build +([^ ]+).*" "\\1")
    list(JOIN DEVELOPMENT_PACKAGES ", " CPACK_DEBIAN_PACKAGE_DEPENDS)
  endif()
  include(CPack)
endif()
