set(on_servers OFF)
if(HOLDFAST_WITH_POSTGRES AND HOLDFAST_WITH_RABBITMQ)
  set(on_servers ON)
endif()

# examples/: one program a file, example_1_producer.
file(GLOB examples CONFIGURE_DEPENDS examples/*.cpp)
foreach(example IN LISTS examples)
  get_filename_component(name ${example} NAME_WE)
  file(STRINGS ${example} tests REGEX "gtest/gtest\\.h")
  if((tests AND NOT GTest_FOUND) OR (name STREQUAL 4_own_transaction AND NOT on_servers))
    continue()
  endif()
  holdfast_program(example_${name} SOURCES ${example} NEEDS holdfast::service holdfast::testing)
  if(tests)
    target_link_libraries(example_${name} PRIVATE GTest::gtest_main)
    gtest_discover_tests(example_${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS examples)
  endif()
endforeach()
if(NOT on_servers)
  return()
endif()
# The one that brings connections of its own.
find_library(PQXX pqxx)
target_link_libraries(example_4_own_transaction PRIVATE PostgreSQL::PostgreSQL SQLite::SQLite3 $<$<BOOL:${PQXX}>:${PQXX}>)

if(NOT HOLDFAST_WITH_KAFKA)
  return()
endif()
# Only ./dev bench builds it; it measures on servers too.
holdfast_sources(sources ${PROJECT_SOURCE_DIR}/bench)
holdfast_program(bench_holdfast SOURCES ${sources} NEEDS demo holdfast::service holdfast::testing holdfast::sqlite
                 rabbitmq::rabbitmq RdKafka::rdkafka PostgreSQL::PostgreSQL SQLite::SQLite3 fmt::fmt
                 INCLUDE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/services)
set_target_properties(bench_holdfast PROPERTIES EXCLUDE_FROM_ALL ON)
target_compile_definitions(bench_holdfast PRIVATE HOLDFAST_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
add_dependencies(bench_holdfast programs)
if(TARGET simulate) # one of the figures is its speed
  add_dependencies(bench_holdfast simulate)
endif()
