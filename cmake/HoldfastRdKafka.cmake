# Debian's librdkafka comes without a CMake package.
if(NOT TARGET RdKafka::rdkafka)
  find_path(RDKAFKA_INCLUDE_DIR librdkafka/rdkafka.h REQUIRED)
  find_library(RDKAFKA_LIBRARY rdkafka REQUIRED)
  mark_as_advanced(RDKAFKA_INCLUDE_DIR RDKAFKA_LIBRARY)
  add_library(RdKafka::rdkafka UNKNOWN IMPORTED)
  set_target_properties(RdKafka::rdkafka PROPERTIES IMPORTED_LOCATION ${RDKAFKA_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${RDKAFKA_INCLUDE_DIR})
endif()
