// SPDX-License-Identifier: MIT
#include "observe/counters.h"

#include "catch.h"

namespace gateway {
namespace {

TEST_CASE("a status is in the class of its first digit", "[observe]") {
  CHECK(class_of(101) == 0);
  CHECK(class_of(200) == 1);
  CHECK(class_of(308) == 2);
  CHECK(class_of(499) == 3);
  CHECK(class_of(504) == 4);
  CHECK(class_of(0) == 0);
  CHECK(class_of(999) == 4);
}

TEST_CASE("a request that ends is counted once in each respect", "[observe]") {
  RouteCounters route;
  route.begin();
  route.begin();
  route.end({502, Cause::UpstreamReset, 1500, 10, 20}, /*was_tunnel=*/false);
  CHECK(route.begun.read() == 2);
  CHECK(route.ended[class_of(502)].read() == 1);
  CHECK(route.ended[class_of(200)].read() == 0);
  CHECK(route.failures[static_cast<std::size_t>(Cause::UpstreamReset)].read() == 1);
  CHECK(route.bytes_in.read() == 10);
  CHECK(route.bytes_out.read() == 20);
  CHECK(route.duration.buckets[bucket_of(1500)].read() == 1);
  CHECK(route.duration.sum_us.read() == 1500);
}

TEST_CASE("a request without a failure counts none", "[observe]") {
  RouteCounters route;
  route.begin();
  route.end({200, Cause::None, 1, 0, 0}, /*was_tunnel=*/false);
  for (const Counter& failures : route.failures) CHECK(failures.read() == 0);
}

TEST_CASE("how long a tunnel lasted is not how long a request took", "[observe]") {
  RouteCounters route;
  route.begin();
  route.begin_tunnel();
  route.end({101, Cause::None, 3'600'000'000, 5, 6}, /*was_tunnel=*/true);
  CHECK(route.tunnels_begun.read() == 1);
  CHECK(route.tunnels_ended.read() == 1);
  CHECK(route.duration.sum_us.read() == 0);
  CHECK(route.ended[class_of(101)].read() == 1);
}

TEST_CASE("what a killed worker had in flight is lost, once", "[observe]") {
  RouteCounters route;
  for (int i = 0; i < 5; i++) route.begin();
  route.begin_tunnel();
  route.end({200, Cause::None, 1, 0, 0}, /*was_tunnel=*/false);
  route.settle();
  CHECK(route.lost.read() == 4);
  CHECK(route.tunnels_ended.read() == 1);
  route.begin();  // by the worker that follows
  route.end({200, Cause::None, 1, 0, 0}, /*was_tunnel=*/false);
  route.settle();
  CHECK(route.lost.read() == 4);
}

TEST_CASE("connections and attempts of a killed worker are over", "[observe]") {
  InstanceCounters instance;
  instance.attempts.add(3);
  instance.attempts_ended.add(1);
  instance.connections_opened.add(2);
  instance.settle();
  CHECK(instance.attempts_ended.read() == 3);
  CHECK(instance.connections_closed.read() == 2);
  ClientCounters clients;
  clients.accepted.add(7);
  clients.settle();
  CHECK(clients.closed.read() == 7);
}

TEST_CASE("responses and failures of an instance are told apart", "[observe]") {
  InstanceCounters instance;
  instance.respond(404, 2000);
  instance.fail(Cause::ConnectRefused);
  CHECK(instance.responses[class_of(404)].read() == 1);
  CHECK(instance.response_time.buckets[bucket_of(2000)].read() == 1);
  CHECK(instance.failures[static_cast<std::size_t>(Cause::ConnectRefused)].read() == 1);
}

}  // namespace
}  // namespace gateway
