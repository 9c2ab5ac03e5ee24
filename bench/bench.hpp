// What is measured; each adds its figures. folder: an empty one for the databases.
#pragma once
#include <filesystem>

#include "bench/report.hpp"
#include "bench/servers.hpp"
#include "bench/telemetry.hpp"

namespace holdfast::bench {

void measure_bus(Report& report, const std::filesystem::path& folder, int events);
void measure_service(Report& report, const std::filesystem::path& folder, const std::filesystem::path& programs,
                     int orders);
void measure_metrics(Report& report, const std::filesystem::path& folder);
void measure_simulator(Report& report, const std::filesystem::path& programs, int seeds);

void measure_relay(Report& report, Servers& servers, int events);
void measure_latency(Report& report, Servers& servers, int seconds);
void measure_consumer(Report& report, Servers& servers, const std::filesystem::path& folder,
                      const std::filesystem::path& programs, int orders);
void measure_orders(Report& report, Servers& servers, const std::filesystem::path& folder,
                    const std::filesystem::path& programs);

void measure_kafka(Report& report, Servers& servers, const std::filesystem::path& folder,
                   const std::filesystem::path& programs, int relayed, int consumed);

/// The same work with spans and a look at /metrics each second, and without either, in turn.
void measure_telemetry(Report& report, Servers& servers, const std::filesystem::path& folder,
                       const std::filesystem::path& programs, int events);
/// Events a second through the bus in a file, from a full outbox to their effects. folder: an empty one.
Rate bus_rate(const std::filesystem::path& folder, int events, const Telemetry& telemetry);
/// Out of an outbox of many keys into RabbitMQ. name: of a new database.
Rate relay_rate(Servers& servers, const std::string& name, int events, const Telemetry& telemetry);
/// From RabbitMQ to effects in PostgreSQL, by inventory-service. name: of a new database; collector: "" = no telemetry.
Rate consumer_rate(Servers& servers, const std::filesystem::path& folder, const std::filesystem::path& programs,
                   const std::string& name, int orders, const std::string& collector);

}  // namespace holdfast::bench
