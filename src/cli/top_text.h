// SPDX-License-Identifier: MIT
//
// TopText: a frame as lines of text, for a terminal or a pipe.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/top_frame.h"

namespace gateway::cli {

struct TopLine {
  std::string text;  ///< no control characters
  bool is_heading = false;
};

struct TopSize {
  std::size_t rows;
  std::size_t columns;
};

/// What is larger than that is left out, the busiest rows last.
std::vector<TopLine> text_of(const TopFrame& frame, const TopSize& size);

// How numbers are written: three digits tell enough.
std::string short_number(double value);      ///< "0", "0.25", "12.3", "1.5k", "20.0M"
std::string short_duration(double seconds);  ///< "3d 04:05:06", "04:05:06"
std::string short_latency(const std::optional<double>& microseconds);  ///< "87us", "1.2ms", "-"

}  // namespace gateway::cli
