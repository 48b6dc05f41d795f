# percept::plot is a library of its own, so that only who draws figures needs Cairo and Pango.
include(cmake/plot_dependencies.cmake)

file(GLOB_RECURSE PERCEPT_PLOT_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/plot/*.cpp)
add_library(percept_plot ${PERCEPT_PLOT_SOURCES})
add_library(percept::plot ALIAS percept_plot)
target_include_directories(percept_plot PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
target_link_libraries(percept_plot PUBLIC percept
                      PRIVATE $<BUILD_INTERFACE:percept_warnings> percept_plot_dependencies)
set_target_properties(percept_plot PROPERTIES EXPORT_NAME plot POSITION_INDEPENDENT_CODE ON
                      VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} DEFINE_SYMBOL ""
                      INSTALL_RPATH "$ORIGIN")  # finds libpercept.so beside it
