// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string_view>

#include "explain/explanation.h"

namespace gateway::explain {
namespace {

using Json = Effective::Json;

constexpr std::size_t kMostLosers = 8;
constexpr std::size_t kMostInstances = 8;
// Wider ones stand over, so that one of them does not push all origins off the screen.
constexpr std::size_t kWidestName = 28;
constexpr std::size_t kWidestValue = 44;
constexpr std::size_t kLongestValue = 200;

struct Row {
  std::string name;
  std::string value;
  std::string origin{};
};

struct Section {
  std::string title;
  std::vector<Row> rows;
};

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
  }));
}

void pad(std::string& out, std::string_view text, std::size_t width) {
  out.append(text).append(std::max(width, width_of(text)) - width_of(text) + 2, ' ');
}

/// One line: what is no text is shown as JSON shows it.
std::string shown(const Json& value) {
  if (value.is_array() && !value.empty()) {
    std::string all;
    for (const Json& element : value) all.append(all.empty() ? "" : ", ").append(shown(element));
    return all;
  }
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (value.is_string()) text = text.substr(1, text.size() - 2);
  if (text.size() <= kLongestValue) return text;
  std::size_t length = kLongestValue;
  while ((static_cast<unsigned char>(text[length]) & 0xc0U) == 0x80) length--;
  return text.substr(0, length) + "…";
}

std::string origin_of(const Setting& setting) {
  const std::string& text = setting.written.text;
  if (!setting.is_inherited || text.starts_with("environment ")) return text;
  return text + (setting.written.pointer.starts_with("/defaults/") ? " (defaults)" : " (service)");
}

class Page {
 public:
  Page(const Explanation& explanation, bool all)
      : explanation_(explanation), rehearsal_(explanation.rehearsal()), all_(all) {}

  std::string write() && {
    add_request();
    add_route();
    add_losers();
    add_service();
    const std::string route = explanation_.route_pointer();
    if (rehearsal_.outcome() == Outcome::Service) {
      add_settings("Timeouts", route + "/timeouts", "");
      if (all_) add_settings("Patience with the client", "/client", "");
      add_settings("Limits", route + "/limits", "");
      add_settings("Limits", "/limits", "");
      add_settings("Header edits", route + "/headers", "");
      add_upstream();
    }
    return rendered();
  }

 private:
  void add_request() {
    const http::RequestHead& head = rehearsal_.head();
    Section& section = sections_.emplace_back(Section{"Request", {}});
    if (!explanation_.hint().empty()) section.rows.push_back({"hint", explanation_.hint()});
    if (!rehearsal_.is_head_accepted()) return;
    section.rows.push_back({"host", std::string(head.authority)});
    section.rows.push_back({"path", std::string(head.path())});
    if (!head.query().empty()) section.rows.push_back({"query", std::string(head.query())});
    section.rows.push_back({"matched", matching()});
  }

  std::string matching() const {
    if (rehearsal_.cause() == Cause::EscapesPrefix) {
      return "as sent; its dot segments, encoded or not, would leave the prefix";
    }
    const bool is_checked = rehearsal_.outcome() == Outcome::Service;
    return std::string("as sent, nothing is decoded") +
           (is_checked ? "; no dot segments leave the prefix" : "");
  }

  void add_route() {
    const RouteConfig* route = rehearsal_.route();
    if (route == nullptr) return;
    Section& section = sections_.emplace_back(Section{"Route", {}});
    section.rows.push_back({"name", route->name, explanation_.origin_of(*route)});
    section.rows.push_back({"why", reason(*route)});
    for (const Setting& setting : explanation_.settings(explanation_.route_pointer())) {
      const std::string_view key = std::string_view(setting.name).substr(0, setting.name.find('.'));
      if (key == "name" || key == "timeouts" || key == "limits" || key == "headers") continue;
      section.rows.push_back({setting.name, shown(setting.value), origin_of(setting)});
    }
  }

  void add_losers() {
    const auto losers = explanation_.losers();
    if (losers.empty()) return;
    Section& section = sections_.emplace_back(Section{"Other routes", {}});
    const std::size_t count = all_ ? losers.size() : std::min(losers.size(), kMostLosers);
    for (std::size_t i = 0; i < count; i++) {
      section.rows.push_back(
          {losers[i].route->name, losers[i].reason, explanation_.origin_of(*losers[i].route)});
    }
    if (count == losers.size()) return;
    const bool are_elsewhere = losers[count].verdict == proxy::RouteVerdict::Path;
    section.rows.push_back({"and " + std::to_string(losers.size() - count) + " more",
                            std::string(are_elsewhere ? "the path does not begin with their prefix"
                                                      : "of less weight, or for other paths") +
                                " (--all shows them)"});
  }

  void add_service() {
    if (rehearsal_.outcome() != Outcome::Service) return;
    const std::string pointer = explanation_.service_pointer();
    Section& section = sections_.emplace_back(Section{"Service", {}});
    section.rows.push_back(
        {"name", rehearsal_.route()->service, explanation_.effective().written_at(pointer).text});
    const std::size_t count = rehearsal_.service()->instances.size();
    const std::size_t shown_count = all_ ? count : std::min(count, kMostInstances);
    for (std::size_t i = 0; i < shown_count; i++) {
      const std::string instance = "/instances/" + std::to_string(i);
      for (const Setting& setting : explanation_.settings(pointer + instance)) {
        section.rows.push_back({"instances." + std::to_string(i) + "." + setting.name,
                                shown(setting.value), origin_of(setting)});
      }
    }
    if (shown_count == count) return;
    section.rows.push_back(
        {"and " + std::to_string(count - shown_count) + " more", "instances (--all shows them)"});
  }

  void add_settings(const char* title, const std::string& pointer, const std::string& prefix) {
    for (const Setting& setting : explanation_.settings(pointer)) {
      if (setting.value.is_structured() && setting.value.empty()) continue;
      if (sections_.back().title != title) sections_.push_back({title, {}});
      sections_.back().rows.push_back(
          {prefix + setting.name, shown(setting.value), origin_of(setting)});
    }
  }

  void add_upstream() {
    const bool has_several = rehearsal_.service()->instances.size() > 1;
    Section& section = sections_.emplace_back(
        Section{has_several ? "Sent to the first instance" : "Sent to the service", {}});
    section.rows.push_back(
        {std::string(rehearsal_.head().method), std::string(rehearsal_.upstream_target())});
    for (const Field& field : rehearsal_.shown_upstream_fields()) {
      section.rows.push_back({field.name, field.value});
    }
  }

  std::string rendered() const {
    std::size_t names = 0;
    std::size_t values = 0;
    for (const Section& section : sections_) {
      for (const Row& row : section.rows) {
        if (width_of(row.name) <= kWidestName) names = std::max(names, width_of(row.name));
        const bool counts = !row.origin.empty() && width_of(row.value) <= kWidestValue;
        if (counts) values = std::max(values, width_of(row.value));
      }
    }
    std::string out = explanation_.summary() + "\n";
    for (const Section& section : sections_) {
      if (section.rows.empty()) continue;
      out.append("\n").append(section.title).append("\n");
      for (const Row& row : section.rows) {
        out += "  ";
        pad(out, row.name, names);
        if (row.origin.empty()) {
          out += row.value;
        } else {
          pad(out, row.value, values);
          out += row.origin;
        }
        out += '\n';
      }
    }
    return out;
  }

  const Explanation& explanation_;
  const Rehearsal& rehearsal_;
  const bool all_;
  std::vector<Section> sections_;
};

}  // namespace

std::string to_text(const Explanation& explanation, bool all) {
  return Page(explanation, all).write();
}

}  // namespace gateway::explain
