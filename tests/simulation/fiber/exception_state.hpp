// Which exceptions are being handled is kept for each thread by the C++ ABI, not for each stack: swapped at every switch.
#pragma once
#include <cxxabi.h>

#include <cstring>

namespace sim {

struct ExceptionState {
  void* caught = nullptr;
  unsigned uncaught = 0;

  void swap() {
    ExceptionState other;
    auto* globals = abi::__cxa_get_globals();
    std::memcpy(static_cast<void*>(&other), globals, sizeof other);
    std::memcpy(static_cast<void*>(globals), this, sizeof *this);
    *this = other;
  }
};

}  // namespace sim
