// What the kernel says of a child program.
#pragma once
#include <sys/types.h>

namespace holdfast::bench {

double resident_mib(pid_t pid);  // the most so far
double cpu_seconds(pid_t pid);

}  // namespace holdfast::bench
