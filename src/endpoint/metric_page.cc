// SPDX-License-Identifier: MIT
#include "endpoint/metric_page.h"

#include <charconv>

#include "util/json_escape.h"

namespace gateway::endpoint {
namespace {

struct Edge {
  std::string_view seconds;
  std::uint64_t microseconds;
};

constexpr std::array kEdges{
    Edge{"0.0005", 500},    Edge{"0.001", 1000},      Edge{"0.0025", 2500},
    Edge{"0.005", 5000},    Edge{"0.01", 10'000},     Edge{"0.025", 25'000},
    Edge{"0.05", 50'000},   Edge{"0.1", 100'000},     Edge{"0.25", 250'000},
    Edge{"0.5", 500'000},   Edge{"1", 1'000'000},     Edge{"2.5", 2'500'000},
    Edge{"5", 5'000'000},   Edge{"10", 10'000'000},   Edge{"25", 25'000'000},
    Edge{"50", 50'000'000}, Edge{"100", 100'000'000},
};

/// A number in decimal, without allocation.
class Number {
 public:
  explicit Number(std::uint64_t value)
      : end_(std::to_chars(digits_.data(), digits_.data() + digits_.size(), value).ptr) {}
  std::string_view view() const {
    return {digits_.data(), static_cast<std::size_t>(end_ - digits_.data())};
  }

 private:
  std::array<char, 24> digits_{};
  const char* end_;
};

std::string seconds(std::uint64_t microseconds) {
  constexpr std::uint64_t kMillion = 1'000'000;
  const std::string fraction = std::to_string(kMillion + microseconds % kMillion).substr(1);
  return std::to_string(microseconds / kMillion) + "." + fraction;
}

/// A unix path may be any bytes; a page that is not UTF-8 would be refused as a whole.
void add_escaped(std::string& text, std::string_view value) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  const bool is_text = is_utf8(value);
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      text += "\\n";
    } else if (byte >= 0x80 && !is_text) {
      text.append("\\\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      if (c == '\\' || c == '"') text += '\\';
      text += c;
    }
  }
}

}  // namespace

void MetricPage::begin(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help);
  text_.append("\n# TYPE ").append(name).append(" ").append(type) += '\n';
}

void MetricPage::sample(const Labels& labels, std::uint64_t value) {
  line("", labels, Number(value).view());
}

void MetricPage::histogram(const Labels& labels, const HistogramTotals& totals) {
  std::uint64_t count = 0;
  std::size_t next = 0;
  for (const Edge& edge : kEdges) {
    for (; next < kBuckets && bucket_edge_us(next) <= edge.microseconds; next++) {
      count += totals.buckets[next];
    }
    line("_bucket", labels.with("le", edge.seconds), Number(count).view());
  }
  for (; next < kBuckets; next++) count += totals.buckets[next];
  line("_bucket", labels.with("le", "+Inf"), Number(count).view());
  line("_sum", labels, seconds(totals.sum_us));
  line("_count", labels, Number(count).view());
}

void MetricPage::line(std::string_view suffix, const Labels& labels, std::string_view value) {
  text_.append(name_).append(suffix);
  char before = '{';
  for (const Label& label : labels.all()) {
    text_ += before;
    text_.append(label.name).append("=\"");
    add_escaped(text_, label.value);
    text_ += '"';
    before = ',';
  }
  if (before == ',') text_ += '}';
  text_.append(" ").append(value) += '\n';
}

}  // namespace gateway::endpoint
