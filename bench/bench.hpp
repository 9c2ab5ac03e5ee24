// What is measured; each adds its figures. folder: an empty one for the databases.
#pragma once
#include <filesystem>

#include "bench/report.hpp"
#include "bench/servers.hpp"

namespace holdfast::bench {

void measure_bus(Report& report, const std::filesystem::path& folder, int events);
void measure_service(Report& report, const std::filesystem::path& folder, const std::filesystem::path& programs,
                     int orders);
void measure_simulator(Report& report, const std::filesystem::path& programs, int seeds);

void measure_relay(Report& report, Servers& servers, int events);
void measure_latency(Report& report, Servers& servers, int seconds);
void measure_consumer(Report& report, Servers& servers, const std::filesystem::path& folder,
                      const std::filesystem::path& programs, int orders);
void measure_orders(Report& report, Servers& servers, const std::filesystem::path& folder,
                    const std::filesystem::path& programs);

}  // namespace holdfast::bench
