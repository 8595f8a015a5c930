// SPDX-License-Identifier: MIT
#include "endpoint/metric_page.h"

#include "catch.h"

namespace gateway::endpoint {
namespace {

bool has(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("a metric has its help and type before its samples", "[endpoint]") {
  MetricPage page;
  page.begin("m_total", "counter", "What it is.");
  page.sample({}, 1);
  page.sample(Labels{{"a", "1"}}.with("b", "2"), 18446744073709551615U);
  CHECK(page.text() ==
        "# HELP m_total What it is.\n# TYPE m_total counter\nm_total 1\n"
        "m_total{a=\"1\",b=\"2\"} 18446744073709551615\n");
}

TEST_CASE("label values are escaped and always UTF-8", "[endpoint]") {
  MetricPage page;
  page.begin("m", "gauge", "x");
  page.sample({{"a", "q\"b\\n\nü"}}, 1);
  page.sample({{"a", "unix:/\xff\"x"}}, 2);
  CHECK(has(page.text(), R"(m{a="q\"b\\n\nü"} 1)"));
  CHECK(has(page.text(), R"(m{a="unix:/\\xff\"x"} 2)"));
}

TEST_CASE("a histogram is cumulative, and each edge is exact", "[endpoint]") {
  Histogram histogram;
  for (const std::uint64_t value : {499, 500, 501, 2500, 2501, 60'000'000, 200'000'000}) {
    histogram.record(value);
  }
  HistogramTotals totals;
  totals.add(histogram);
  MetricPage page;
  page.begin("d_seconds", "histogram", "x");
  page.histogram({{"r", "a"}}, totals);
  const std::string& text = page.text();
  CHECK(has(text, R"(d_seconds_bucket{r="a",le="0.0005"} 2)"));
  CHECK(has(text, R"(d_seconds_bucket{r="a",le="0.001"} 3)"));
  CHECK(has(text, R"(d_seconds_bucket{r="a",le="0.0025"} 4)"));
  CHECK(has(text, R"(d_seconds_bucket{r="a",le="0.005"} 5)"));
  CHECK(has(text, R"(d_seconds_bucket{r="a",le="50"} 5)"));
  CHECK(has(text, R"(d_seconds_bucket{r="a",le="100"} 6)"));
  CHECK(has(text, R"(d_seconds_bucket{r="a",le="+Inf"} 7)"));
  CHECK(has(text, R"(d_seconds_count{r="a"} 7)"));
  CHECK(has(text, R"(d_seconds_sum{r="a"} 260.006501)"));
}

}  // namespace
}  // namespace gateway::endpoint
