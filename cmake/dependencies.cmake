# Everything percept links, as one private target: none of it shows in a public header. The same file
# is installed, because whoever links the static library has to link these too.
find_package(dnnl REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)

# Imported, so that percept's exported targets may name it without exporting it.
add_library(percept_dependencies INTERFACE IMPORTED)
target_link_libraries(percept_dependencies INTERFACE DNNL::dnnl fmt::fmt nlohmann_json::nlohmann_json
                      ZLIB::ZLIB PNG::PNG PkgConfig::HWY PkgConfig::NETTLE OpenMP::OpenMP_CXX)
