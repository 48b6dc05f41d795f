# Builds and runs tests/consumer/project as a user would.
#   WAY     installed (this build, installed), folder (add_subdirectory), shared (a shared library,
#           installed, with every dependency's package hidden from the user)
#   TYPE    the user's build type
#   SOURCE, BUILD, WORK   percept's source folder, this build's folder, a folder to build in
#   GENERATOR, COMPILER, LAUNCHER   how this build was configured
cmake_minimum_required(VERSION 3.25)

# Several sources to a unit: percept is built here too, and quickly.
set(SETUP -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=${TYPE}
    -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=16)
if(LAUNCHER)
  list(APPEND SETUP -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER})
endif()

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

set(PREFIX ${WORK}/prefix)
file(REMOVE_RECURSE ${PREFIX})
if(WAY STREQUAL "folder")
  list(APPEND SETUP -DPERCEPT_FOLDER=${SOURCE} -DPERCEPT_WERROR=ON)
elseif(WAY STREQUAL "installed")
  run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX})
elseif(WAY STREQUAL "shared")
  run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/percept ${SETUP} -DBUILD_SHARED_LIBS=ON
      -DPERCEPT_BUILD_TESTS=OFF -DPERCEPT_BUILD_EXAMPLES=OFF -DPERCEPT_BUILD_APP=OFF)
  run(${CMAKE_COMMAND} --build ${WORK}/percept --parallel)
  run(${CMAKE_COMMAND} --install ${WORK}/percept --prefix ${PREFIX})
  foreach(PACKAGE dnnl fmt nlohmann_json ZLIB PNG OpenMP PkgConfig)
    list(APPEND SETUP -DCMAKE_DISABLE_FIND_PACKAGE_${PACKAGE}=ON)
  endforeach()
endif()

run(${CMAKE_COMMAND} -S ${SOURCE}/tests/consumer/project -B ${WORK}/build ${SETUP}
    -DCMAKE_PREFIX_PATH=${PREFIX})
run(${CMAKE_COMMAND} --build ${WORK}/build --parallel)
run(${WORK}/build/consumer)
if(EXISTS ${WORK}/build/consumer_plot)
  run(${WORK}/build/consumer_plot)
endif()
