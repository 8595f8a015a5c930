// SPDX-License-Identifier: MIT
//
// MetricPage: writes metrics in Prometheus' text format.
//
// Source   https://prometheus.io/docs/instrumenting/exposition_formats/ (0.0.4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "observe/histogram.h"

namespace gateway::endpoint {

struct Label {
  std::string_view name;
  std::string_view value;  ///< any bytes
};

/// A few labels, in order.
class Labels {
 public:
  Labels() = default;
  Labels(std::initializer_list<Label> labels) {
    for (const Label& label : labels) labels_[size_++] = label;
  }
  Labels with(std::string_view name, std::string_view value) const {
    Labels more = *this;
    more.labels_[more.size_++] = {name, value};
    return more;
  }
  std::span<const Label> all() const { return std::span(labels_).first(size_); }

 private:
  std::array<Label, 4> labels_{};
  std::size_t size_ = 0;
};

class MetricPage {
 public:
  /// Samples that follow are of this metric.
  void begin(std::string_view name, std::string_view type, std::string_view help);
  void sample(const Labels& labels, std::uint64_t value);
  /// In seconds; only the edges people ask for, each of them exact.
  void histogram(const Labels& labels, const HistogramTotals& totals);

  const std::string& text() const { return text_; }

 private:
  void line(std::string_view suffix, const Labels& labels, std::string_view value);

  std::string text_;
  std::string_view name_;
};

}  // namespace gateway::endpoint
