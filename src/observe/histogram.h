// SPDX-License-Identifier: MIT
//
// Histogram: how long things took, in buckets of a fixed number.
//
// Buckets   ten a decade from 10 µs to 100 s, and one for what is longer. Their upper edges are the
//           preferred numbers 1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3 and 8: a value is known within
//           28 %, and round times such as 2.5 ms are edges. An edge belongs to the bucket below.
// Source    ISO 3 (preferred numbers).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "observe/counter.h"

namespace gateway {

inline constexpr std::size_t kBuckets = 72;

/// Upper edge in microseconds; the last bucket has none (the largest number).
std::uint64_t bucket_edge_us(std::size_t bucket);
std::size_t bucket_of(std::uint64_t microseconds);

/// In shared memory; one process records.
struct Histogram {
  Counter sum_us;
  Counter buckets[kBuckets];

  void record(std::uint64_t microseconds) {
    sum_us.add(microseconds);
    buckets[bucket_of(microseconds)].add();
  }
};

/// What was read of one or several.
struct HistogramTotals {
  std::uint64_t sum_us = 0;
  std::array<std::uint64_t, kBuckets> buckets{};

  void add(const Histogram& histogram);
  void add(const HistogramTotals& other);
  std::uint64_t count() const;
  /// How many took at most as long as the edge of `bucket`.
  std::uint64_t count_up_to(std::size_t bucket) const;
  /// In microseconds, by linear interpolation within its bucket; nullopt when nothing was recorded.
  std::optional<double> quantile_us(double quantile) const;
};

/// What `now` has more than `before`.
HistogramTotals difference(const HistogramTotals& now, const HistogramTotals& before);

}  // namespace gateway
