// SPDX-License-Identifier: MIT
#include "observe/histogram.h"

#include <limits>
#include <random>

#include "catch.h"

namespace gateway {
namespace {

TEST_CASE("a value is in the first bucket whose edge is not below it", "[observe]") {
  const auto expected = [](std::uint64_t value) {
    std::size_t bucket = 0;
    while (bucket_edge_us(bucket) < value) bucket++;
    return bucket;
  };
  for (std::uint64_t value = 0; value < 5000; value++) CHECK(bucket_of(value) == expected(value));
  for (std::size_t bucket = 0; bucket < kBuckets; bucket++) {
    const std::uint64_t edge = bucket_edge_us(bucket);
    CHECK(bucket_of(edge) == bucket);
    if (bucket + 1 < kBuckets) CHECK(bucket_of(edge + 1) == bucket + 1);
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; i++) {
    const std::uint64_t value = random() >> (random() % 64);
    CHECK(bucket_of(value) == expected(value));
  }
}

TEST_CASE("edges are round, and at most 28 % apart", "[observe]") {
  CHECK(bucket_edge_us(0) == 10);
  CHECK(bucket_edge_us(bucket_of(2500)) == 2500);
  CHECK(bucket_edge_us(bucket_of(1'000'000)) == 1'000'000);
  CHECK(bucket_edge_us(kBuckets - 2) == 100'000'000);  // more than a minute
  CHECK(bucket_edge_us(kBuckets - 1) == std::numeric_limits<std::uint64_t>::max());
  for (std::size_t bucket = bucket_of(100); bucket + 1 < kBuckets - 1; bucket++) {
    const auto lower = static_cast<double>(bucket_edge_us(bucket));
    CHECK(static_cast<double>(bucket_edge_us(bucket + 1)) <= lower * 1.2801);
  }
}

HistogramTotals totals_of(std::initializer_list<std::uint64_t> values) {
  Histogram histogram;
  for (const std::uint64_t value : values) histogram.record(value);
  HistogramTotals totals;
  totals.add(histogram);
  return totals;
}

TEST_CASE("what was recorded is counted and added up", "[observe]") {
  HistogramTotals totals = totals_of({1, 1000, 1001, 200'000'000});
  CHECK(totals.count() == 4);
  CHECK(totals.sum_us == 200'002'002);
  CHECK(totals.count_up_to(bucket_of(1000)) == 2);
  totals.add(totals_of({5}));
  CHECK(totals.count() == 5);
  CHECK(difference(totals, totals_of({1, 5})).count() == 3);
  CHECK(difference(totals, totals_of({1, 5})).sum_us == 200'002'001);
}

TEST_CASE("a quantile is within a bucket of the true one", "[observe]") {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100'000; value++) histogram.record(value);
  HistogramTotals totals;
  totals.add(histogram);
  for (const double quantile : {0.01, 0.1, 0.5, 0.9, 0.99, 1.0}) {
    const double exact = quantile * 100'000;
    CHECK(*totals.quantile_us(quantile) == Approx(exact).epsilon(0.01));  // they are spread evenly
  }
  CHECK(*totals_of({1500}).quantile_us(0.5) == Approx(1425));  // the middle of 1250 to 1600
}

TEST_CASE("nothing has no quantile, and too much has the last edge", "[observe]") {
  CHECK_FALSE(totals_of({}).quantile_us(0.5));
  CHECK(totals_of({900'000'000}).quantile_us(0.5) == 100'000'000);
}

}  // namespace
}  // namespace gateway
