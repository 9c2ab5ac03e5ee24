// A port of 127.0.0.1 that was free a moment ago. Throws Unavailable.
#pragma once
namespace holdfast::servers {
int free_port();
}  // namespace holdfast::servers
