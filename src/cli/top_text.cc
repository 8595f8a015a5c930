// SPDX-License-Identifier: MIT
#include "cli/top_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

namespace gateway::cli {
namespace {

template <class... A>
std::string format(const char* pattern, A... values) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), pattern, values...);
  return text.data();
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

/// Cut to a width; names may hold anything, and nothing of it reaches the terminal as a command.
std::string printable(std::string_view text, std::size_t width) {
  std::string clean;
  std::size_t used = 0;
  for (const char c : text) {
    if (begins_character(c) && used++ == width) break;
    const auto byte = static_cast<unsigned char>(c);
    clean += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return clean;
}

/// The same, and what was cut shows it.
std::string shortened(const std::string& text, std::size_t width) {
  if (width_of(text) <= width) return printable(text, width);
  return printable(text, width - 1) + "…";
}

using Cells = std::vector<std::string>;

/// Columns as wide as they need; the first ones are names, to the left, the others numbers, those
/// that tell most first: what there is no room for is left out from the end.
class Table {
 public:
  Table(Cells head, std::size_t left) : left_(left) { rows_.push_back(std::move(head)); }

  void add(Cells row) { rows_.push_back(std::move(row)); }
  std::size_t size() const { return rows_.size() - 1; }
  /// Keeps the first `count` rows and says how many were left out.
  void limit(std::size_t count) {
    if (count >= size()) return;
    const std::size_t more = size() - count + 1;
    rows_.resize(count);
    rows_.push_back({"… " + std::to_string(more) + " more"});
  }

  void write(std::vector<TopLine>& lines, std::size_t columns) const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const Cells& row : rows_) {
      if (row.size() == 1) continue;  // a remark
      for (std::size_t i = 0; i < row.size(); i++) {
        widths[i] = std::max(widths[i], width_of(row[i]));
      }
    }
    shorten_names(widths, columns, kGoodName);
    while (widths.size() > left_ + 1 && total(widths) > columns) widths.pop_back();
    shorten_names(widths, columns, kShortestName);
    for (const Cells& row : rows_) {
      lines.push_back({printable(line_of(row, widths), columns), &row == &rows_.front()});
    }
  }

 private:
  using Widths = std::vector<std::size_t>;

  // Names give way down to the first before numbers do, down to the second after them.
  static constexpr std::size_t kGoodName = 21;  // http://10.0.0.1:8000
  static constexpr std::size_t kShortestName = 8;

  static std::size_t total(const Widths& widths) {
    return std::accumulate(widths.begin(), widths.end(), 2 * (widths.size() - 1));
  }

  /// One after the other, as far as there is need.
  void shorten_names(Widths& widths, std::size_t columns, std::size_t shortest) const {
    const std::size_t all = total(widths);
    std::size_t excess = all > columns ? all - columns : 0;
    for (std::size_t i = 0; i < left_; i++) {
      const std::size_t spare = widths[i] > shortest ? widths[i] - shortest : 0;
      const std::size_t given = std::min(spare, excess);
      widths[i] -= given;
      excess -= given;
    }
  }

  std::string line_of(const Cells& row, const Widths& widths) const {
    if (row.size() == 1) return row[0];
    std::string line;
    for (std::size_t i = 0; i < widths.size(); i++) {
      const std::string cell = shortened(row[i], widths[i]);
      const std::string pad(widths[i] - std::min(widths[i], width_of(cell)), ' ');
      line.append(i == 0 ? "" : "  ").append(i < left_ ? cell + pad : pad + cell);
    }
    line.resize(line.find_last_not_of(' ') + 1);
    return line;
  }

  std::vector<Cells> rows_;
  std::size_t left_;  ///< columns of names
};

Cells traffic_cells(const TopRates& rates) {
  return {short_number(rates.requests),     short_number(rates.responses[4]),
          short_number(rates.failures),     std::to_string(rates.in_flight),
          short_latency(rates.p50_us),      short_latency(rates.p99_us),
          short_number(rates.responses[1]), short_number(rates.responses[2]),
          short_number(rates.responses[3]), std::to_string(rates.tunnels),
          short_number(rates.bytes_in),     short_number(rates.bytes_out)};
}

const Cells kTrafficHead{"REQ/S", "5XX/S", "FAIL/S", "FLIGHT",  "P50",    "P99",
                         "2XX/S", "3XX/S", "4XX/S",  "TUNNELS", "IN B/S", "OUT B/S"};

Cells join(Cells first, const Cells& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// The busiest first; those that are alike by name.
template <class Row, class Rate>
std::vector<Row> by_rate(std::vector<Row> rows, Rate rate) {
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const Row& a, const Row& b) { return rate(a) > rate(b); });
  return rows;
}

double route_rate(const TopRoute& row) { return row.rates.requests; }

Table services_table(const TopFrame& frame) {
  Table table(join({"SERVICE"}, kTrafficHead), 1);
  for (const TopRoute& row : by_rate(frame.services, route_rate)) {
    table.add(join({row.service}, traffic_cells(row.rates)));
  }
  return table;
}

Table routes_table(const TopFrame& frame) {
  Table table(join({"ROUTE", "SERVICE"}, kTrafficHead), 2);
  for (const TopRoute& row : by_rate(frame.routes, route_rate)) {
    table.add(join({row.route, row.service.empty() ? "-" : row.service}, traffic_cells(row.rates)));
  }
  return table;
}

Table instances_table(const TopFrame& frame) {
  Table table({"INSTANCE", "SERVICE", "STATE", "REQ/S", "FAIL/S", "FLIGHT", "P50", "P99", "CONNS",
               "RETRY/S", "NEW/S", "REUSE/S"},
              3);
  const auto rate = [](const TopInstance& row) { return row.attempts; };
  for (const TopInstance& row : by_rate(frame.instances, rate)) {
    table.add({row.url, row.service, std::string(to_word(row.status)), short_number(row.attempts),
               short_number(row.failures), std::to_string(row.in_flight), short_latency(row.p50_us),
               short_latency(row.p99_us), std::to_string(row.connections),
               short_number(row.retries), short_number(row.connects), short_number(row.reuses)});
  }
  return table;
}

Table workers_table(const TopFrame& frame) {
  Table table({"WORKER", "PID", "GENERATION", "STATE", "REQ/S", "FAIL/S", "FLIGHT", "P50", "P99",
               "CLIENTS", "NEW/S"},
              1);
  for (const TopWorker& row : frame.workers) {
    table.add({std::to_string(row.slot), std::to_string(row.pid), std::to_string(row.generation),
               std::string(to_word(row.state)), short_number(row.rates.requests),
               short_number(row.rates.failures), std::to_string(row.rates.in_flight),
               short_latency(row.rates.p50_us), short_latency(row.rates.p99_us),
               std::to_string(row.connections), short_number(row.accepted)});
  }
  return table;
}

std::string draining(const TopFrame& frame) {
  std::string numbers;
  for (const auto& [number, generation] : frame.generations) {
    if (generation.draining == 0) continue;
    numbers.append(numbers.empty() ? " (draining: " : ", ").append(std::to_string(number));
  }
  return numbers.empty() ? numbers : numbers + ")";
}

std::vector<TopLine> summary(const TopFrame& frame, std::size_t columns) {
  const TopRates& all = frame.all;
  const std::array lines{
      "api-gateway  up " + short_duration(frame.uptime_seconds) + "  generation " +
          std::to_string(frame.generation) + draining(frame) + "  workers " +
          std::to_string(frame.workers.size()) + "  restarts " +
          std::to_string(frame.worker_restarts) + "  reloads " + std::to_string(frame.reloads) +
          "  failed reloads " + std::to_string(frame.reloads_failed),
      "requests " + short_number(all.requests) + "/s  in flight " + std::to_string(all.in_flight) +
          "  tunnels " + std::to_string(all.tunnels) + "  5xx " + short_number(all.responses[4]) +
          "/s  failures " + short_number(all.failures) + "/s  lost " +
          std::to_string(all.lost_total) + "  p50 " + short_latency(all.p50_us) + "  p99 " +
          short_latency(all.p99_us),
      "clients " + std::to_string(frame.connections) + "  new " + short_number(frame.accepted) +
          "/s  in " + short_number(all.bytes_in) + " B/s  out " + short_number(all.bytes_out) +
          " B/s  log lines dropped " + std::to_string(frame.log_lines_dropped)};
  std::vector<TopLine> made;
  for (const std::string& line : lines) made.push_back({printable(line, columns)});
  return made;
}

/// Takes rows from the longest table until all fit.
template <std::size_t N>
void fit(std::array<Table, N>& tables, std::size_t rows) {
  std::array<std::size_t, N> sizes{};
  std::transform(tables.begin(), tables.end(), sizes.begin(),
                 [](const Table& t) { return t.size(); });
  while (std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}) > rows) {
    std::size_t& longest = *std::max_element(sizes.begin(), sizes.end());
    if (longest <= 1) break;
    longest--;
  }
  for (std::size_t i = 0; i < N; i++) tables[i].limit(sizes[i]);
}

}  // namespace

std::vector<TopLine> text_of(const TopFrame& frame, const TopSize& size) {
  std::vector<TopLine> lines = summary(frame, size.columns);
  std::array tables{services_table(frame), routes_table(frame), instances_table(frame),
                    workers_table(frame)};
  const std::size_t fixed = lines.size() + 2 * tables.size();  // a blank and a heading each
  fit(tables, size.rows > fixed ? size.rows - fixed : 0);
  for (const Table& table : tables) {
    if (table.size() == 0) continue;
    lines.push_back({});
    table.write(lines, size.columns);
  }
  if (lines.size() > size.rows) lines.resize(size.rows);
  return lines;
}

std::string short_number(double value) {
  constexpr std::array<const char*, 5> kUnits{"", "k", "M", "G", "T"};
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    unit++;
  }
  if (unit > 0) return format("%.1f%s", value, kUnits[unit]);
  if (value == 0) return "0";
  return format(value < 1 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
}

std::string short_duration(double seconds) {
  const auto whole = static_cast<unsigned long>(seconds);
  const std::string clock =
      format("%02lu:%02lu:%02lu", whole / 3600 % 24, whole / 60 % 60, whole % 60);
  return whole < 86'400 ? clock : format("%lud ", whole / 86'400) + clock;
}

std::string short_latency(const std::optional<double>& microseconds) {
  if (!microseconds) return "-";
  const double us = *microseconds;
  if (us < 999.5) return format("%.0fus", us);
  if (us < 99'950) return format("%.1fms", us / 1000);
  if (us < 999'500) return format("%.0fms", us / 1000);
  return format("%.1fs", us / 1'000'000);
}

}  // namespace gateway::cli
