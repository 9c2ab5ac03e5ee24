// What the kernel says of a program.
#pragma once
#include <sys/types.h>

namespace holdfast::bench {

double resident_mib(pid_t pid);  // the most so far
double cpu_seconds(pid_t pid);  // in steps of 10 ms
double own_cpu_seconds();

}  // namespace holdfast::bench
