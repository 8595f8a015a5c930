// SPDX-License-Identifier: MIT
#include "config/problems.h"

#include <algorithm>
#include <utility>

#include "util/text.h"

namespace gateway {
namespace {

constexpr std::size_t kWidestLine = 100;

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80; }

/// The line as shown: control characters would change the terminal or move the caret.
std::string printable(std::string_view line) {
  std::string out(line);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

/// `line` and below it a caret at `column`; of a long line the part around it.
std::string excerpt(std::string_view line, std::size_t column) {
  std::size_t begin = 0;
  std::size_t skipped = 0;
  while (column - 1 - skipped > kWidestLine / 2 && line.size() - begin > kWidestLine) {
    do {
      begin++;
    } while (begin < line.size() && !begins_character(line[begin]));
    skipped++;
  }
  std::size_t length = std::min(line.size() - begin, kWidestLine);
  while (begin + length < line.size() && !begins_character(line[begin + length])) length--;
  return "\n  " + printable(line.substr(begin, length)) + "\n  " +
         std::string(column - 1 - skipped, ' ') + "^";
}

}  // namespace

Source::Source(std::string name, std::string text)
    : name_(std::move(name)),
      text_(std::move(text)),
      line_starts_{0},
      hidden_(credential_spans(text_)) {
  for (std::size_t i = 0; i < text_.size(); i++) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

std::size_t Source::line_index(std::size_t offset) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return static_cast<std::size_t>(after - line_starts_.begin()) - 1;
}

Source::LineColumn Source::locate(std::size_t offset) const {
  const std::size_t line = line_index(offset);
  const auto before = text().substr(line_starts_[line], offset - line_starts_[line]);
  const auto characters = std::count_if(before.begin(), before.end(), begins_character);
  return {line + 1, static_cast<std::size_t>(characters) + 1};
}

std::string Source::shown_line_at(std::size_t offset) const {
  const std::size_t begin = line_starts_[line_index(offset)];
  const std::size_t end = std::min(text_.find('\n', begin), text_.size());
  auto hidden = std::lower_bound(hidden_.begin(), hidden_.end(), begin,
                                 [](Span span, std::size_t at) { return span.end < at; });
  std::string line;
  for (std::size_t at = begin; at < end; at++) {
    while (hidden != hidden_.end() && hidden->end <= at) hidden++;
    if (hidden == hidden_.end() || at < hidden->begin) {
      line += text_[at];
    } else if (begins_character(text_[at])) {
      line += '*';
    }
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::string Place::line_text() const {
  return source->name() + ":" + std::to_string(source->locate(offset).line);
}

std::string Origin::text() const {
  return place.source ? place.line_text() : "environment " + variable;
}

void Problems::add(Place place, std::string pointer, std::string message) {
  if (place.source && std::find(file_order_.begin(), file_order_.end(), place.source->name()) ==
                          file_order_.end()) {
    file_order_.push_back(place.source->name());
  }
  if (++count_ > kMostShown) return;
  std::string text;
  if (place.source) {
    const auto [line, column] = place.source->locate(place.offset);
    text = place.source->name() + ":" + std::to_string(line) + ":" + std::to_string(column) + ": ";
  }
  if (!pointer.empty()) text.append(pointer).append(": ");
  text += message;
  if (place.source) {
    text += excerpt(place.source->shown_line_at(place.offset),
                    place.source->locate(place.offset).column);
  }
  problems_.push_back({std::move(place), std::move(text)});
}

void Problems::add(const Origins& origins, std::string pointer, std::string message) {
  std::string_view at = pointer;
  auto found = origins.find(at);
  while (found == origins.end() && !at.empty()) {
    at = at.substr(0, at.rfind('/'));
    found = origins.find(at);
  }
  if (found == origins.end()) return add(Place{}, std::move(pointer), std::move(message));
  if (!found->second.place.source) message.insert(0, found->second.variable + ": ");
  add(found->second.place, std::move(pointer), std::move(message));
}

std::string Problems::text() const {
  std::vector<const Problem*> sorted;
  for (const Problem& problem : problems_) sorted.push_back(&problem);
  const auto rank = [this](const Problem& problem) {
    if (!problem.place.source) return std::pair(file_order_.size(), std::size_t{0});
    const auto file =
        std::find(file_order_.begin(), file_order_.end(), problem.place.source->name());
    return std::pair(static_cast<std::size_t>(file - file_order_.begin()), problem.place.offset);
  };
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const Problem* a, const Problem* b) { return rank(*a) < rank(*b); });
  std::string all;
  for (const Problem* problem : sorted) all.append(all.empty() ? "" : "\n").append(problem->text);
  if (count_ > kMostShown) {
    all.append("\nand ").append(std::to_string(count_ - kMostShown)).append(" more problems");
  }
  return all;
}

std::string pointer_step(std::string_view key) {
  std::string step = "/";
  for (const char c : key) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      step += is_control ? '?' : c;
    }
  }
  return step;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string_view guess = closest(word, candidates);
  return guess.empty() ? "" : "; did you mean " + quoted(guess) + "?";
}

}  // namespace gateway
