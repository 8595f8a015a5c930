// SPDX-License-Identifier: MIT
#include "observe/histogram.h"

#include <bit>
#include <limits>

namespace gateway {
namespace {

constexpr std::uint64_t kNoEdge = std::numeric_limits<std::uint64_t>::max();

constexpr std::array<std::uint64_t, kBuckets> make_edges() {
  constexpr std::array<std::uint64_t, 10> kDecade{100, 125, 160, 200, 250, 320, 400, 500, 630, 800};
  std::array<std::uint64_t, kBuckets> edges{};
  std::uint64_t scale = 1;
  for (std::size_t i = 0; i + 1 < kBuckets; i++) {
    edges[i] = kDecade[i % kDecade.size()] * scale / 10;
    if (i % kDecade.size() == kDecade.size() - 1) scale *= 10;
  }
  edges[kBuckets - 1] = kNoEdge;
  return edges;
}

constexpr std::array<std::uint64_t, kBuckets> kEdges = make_edges();
static_assert(kEdges[0] == 10 && kEdges[kBuckets - 2] == 100'000'000);

/// For each number of significant bits the first bucket that such a number can be in.
constexpr std::array<std::uint8_t, 65> make_starts() {
  std::array<std::uint8_t, 65> starts{};
  for (std::size_t bits = 1; bits < starts.size(); bits++) {
    const std::uint64_t smallest = std::uint64_t{1} << (bits - 1);
    std::uint8_t bucket = 0;
    while (kEdges[bucket] < smallest) bucket++;
    starts[bits] = bucket;
  }
  return starts;
}

constexpr std::array<std::uint8_t, 65> kStarts = make_starts();

}  // namespace

std::uint64_t bucket_edge_us(std::size_t bucket) { return kEdges[bucket]; }

std::size_t bucket_of(std::uint64_t microseconds) {
  // Doubling takes three or four edges.
  std::size_t bucket = kStarts[static_cast<std::size_t>(std::bit_width(microseconds))];
  while (kEdges[bucket] < microseconds) bucket++;
  return bucket;
}

void HistogramTotals::add(const Histogram& histogram) {
  sum_us += histogram.sum_us.read();
  for (std::size_t i = 0; i < kBuckets; i++) buckets[i] += histogram.buckets[i].read();
}

void HistogramTotals::add(const HistogramTotals& other) {
  sum_us += other.sum_us;
  for (std::size_t i = 0; i < kBuckets; i++) buckets[i] += other.buckets[i];
}

std::uint64_t HistogramTotals::count() const { return count_up_to(kBuckets - 1); }

std::uint64_t HistogramTotals::count_up_to(std::size_t bucket) const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= bucket; i++) count += buckets[i];
  return count;
}

std::optional<double> HistogramTotals::quantile_us(double quantile) const {
  const std::uint64_t all = count();
  if (all == 0) return std::nullopt;
  const double rank = quantile * static_cast<double>(all);
  double below = 0;
  for (std::size_t i = 0; i + 1 < kBuckets; i++) {
    const auto here = static_cast<double>(buckets[i]);
    if (here > 0 && below + here >= rank) {
      const double lower = i == 0 ? 0 : static_cast<double>(kEdges[i - 1]);
      const double width = static_cast<double>(kEdges[i]) - lower;
      return lower + width * (rank - below) / here;
    }
    below += here;
  }
  return static_cast<double>(kEdges[kBuckets - 2]);  // longer than can be told
}

HistogramTotals difference(const HistogramTotals& now, const HistogramTotals& before) {
  HistogramTotals more;
  more.sum_us = now.sum_us - before.sum_us;
  for (std::size_t i = 0; i < kBuckets; i++) more.buckets[i] = now.buckets[i] - before.buckets[i];
  return more;
}

}  // namespace gateway
