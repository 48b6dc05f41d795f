# What percept::plot links beside percept's own dependencies; installed for who links it statically.
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
pkg_check_modules(PANGOCAIRO REQUIRED IMPORTED_TARGET pangocairo)

add_library(percept_plot_dependencies INTERFACE IMPORTED)
target_link_libraries(percept_plot_dependencies INTERFACE fmt::fmt PkgConfig::PANGOCAIRO)
