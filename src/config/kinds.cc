// SPDX-License-Identifier: MIT
#include "config/kinds.h"

#include <array>
#include <filesystem>
#include <optional>
#include <system_error>

#include "config/values.h"
#include "util/text.h"

namespace gateway::schema {
namespace {

// A string that holds a variable is judged when it is expanded.
constexpr std::string_view kOrVariable = "|.*\\$\\{.*";

Json pattern(std::string_view expression) {
  return {{"type", "string"},
          {"pattern", "^(" + std::string(expression) + ")$" + std::string(kOrVariable)}};
}

Json or_variable(Json schema) {
  return {{"anyOf", Json::array({std::move(schema), {{"type", "string"}, {"pattern", "\\$\\{"}}})}};
}

bool is_text_of(const Node& node, Node::Kind kind) {
  return node.kind == kind || (node.kind == Node::Kind::String && node.is_expanded);
}

std::string not_what(const Node& node) {
  if (node.kind == Node::Kind::String) return ", not " + gateway::quoted(node.text);
  if (node.kind == Node::Kind::Number) return ", not " + node.text.substr(0, 40);
  return std::string(", not ").append(node.kind_name());
}

std::string range(std::uint64_t least, std::uint64_t most) {
  return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace

Kind<bool> boolean() {
  return {[](Decoder& decoder, const Node& node, bool& target) {
            const bool is_known = node.text == "true" || node.text == "false";
            if (is_text_of(node, Node::Kind::Boolean) && is_known) {
              target = node.text == "true";
            } else {
              decoder.fail(node, "expected true or false" + not_what(node));
            }
          },
          [](const bool& value) { return Json(value); },
          [] {
            return or_variable({{"type", "boolean"}});
          }};
}

Kind<std::uint64_t> whole_number(std::uint64_t least, std::uint64_t most) {
  return {
      [=](Decoder& decoder, const Node& node, std::uint64_t& target) {
        const auto number = parse_decimal(node.text);
        if (is_text_of(node, Node::Kind::Number) && number && *number >= least && *number <= most) {
          target = *number;
        } else {
          decoder.fail(node, "expected " + range(least, most) + not_what(node));
        }
      },
      [](const std::uint64_t& value) { return Json(value); },
      [=] {
        return or_variable({{"type", "integer"}, {"minimum", least}, {"maximum", most}});
      }};
}

Kind<std::uint64_t> whole_number_or(std::string_view word, std::uint64_t word_value,
                                    std::uint64_t least, std::uint64_t most) {
  return {
      [=](Decoder& decoder, const Node& node, std::uint64_t& target) {
        const auto number = parse_decimal(node.text);
        if (node.kind == Node::Kind::String && node.text == word) {
          target = word_value;
        } else if (is_text_of(node, Node::Kind::Number) && number && *number >= least &&
                   *number <= most) {
          target = *number;
        } else {
          decoder.fail(node, "expected " + range(least, most) + " or " + gateway::quoted(word) +
                                 not_what(node));
        }
      },
      [=](const std::uint64_t& value) { return value == word_value ? Json(word) : Json(value); },
      [=] {
        return Json{
            {"anyOf", Json::array({{{"type", "integer"}, {"minimum", least}, {"maximum", most}},
                                   pattern(word)})}};
      }};
}

Kind<Milliseconds> duration(Milliseconds least) {
  return {[=](Decoder& decoder, const Node& node, Milliseconds& target) {
            const bool is_string = node.kind == Node::Kind::String;
            const auto value = node.text == "off" ? kOff : parse_duration(node.text);
            if (is_string && value && *value >= least) {
              target = *value;
            } else if (parse_decimal(node.text)) {
              decoder.fail(node, "a duration needs its unit: write \"" + node.text + "s\" or \"" +
                                     node.text + "ms\"");
            } else {
              decoder.fail(
                  node, "expected a duration such as \"500ms\", \"30s\" or \"1m30s\", at least " +
                            format_duration(least) + ", or \"off\"" + not_what(node));
            }
          },
          [](const Milliseconds& value) { return Json(format_duration(value)); },
          [] { return pattern("off|(?=[0-9])([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?"); }};
}

namespace {

constexpr std::string_view kSizePattern =
    "[0-9]+ *([Kk][Ii]?[Bb]|[Mm][Ii]?[Bb]|[Gg][Ii]?[Bb]|[Bb])?";

std::optional<std::uint64_t> size_in(const Node& node, std::uint64_t least, std::uint64_t most) {
  if (node.kind != Node::Kind::String && node.kind != Node::Kind::Number) return std::nullopt;
  const auto value = parse_size(node.text);
  return value && *value >= least && *value <= most ? value : std::nullopt;
}

}  // namespace

Kind<std::uint64_t> size(std::uint64_t least, std::uint64_t most) {
  return {[=](Decoder& decoder, const Node& node, std::uint64_t& target) {
            if (const auto value = size_in(node, least, most)) {
              target = *value;
            } else {
              decoder.fail(node, "expected a size from " + format_size(least) + " to " +
                                     format_size(most) + " such as \"32KiB\"" + not_what(node));
            }
          },
          [](const std::uint64_t& value) { return Json(format_size(value)); },
          [=] {
            return Json{
                {"anyOf", Json::array({{{"type", "integer"}, {"minimum", least}, {"maximum", most}},
                                       pattern(kSizePattern)})}};
          }};
}

Kind<std::uint64_t> size_or_off() {
  return {[](Decoder& decoder, const Node& node, std::uint64_t& target) {
            if (node.kind == Node::Kind::String && node.text == "off") {
              target = kUnlimited;
            } else if (const auto value = size_in(node, 1, kUnlimited - 1)) {
              target = *value;
            } else {
              decoder.fail(node,
                           "expected a size such as \"10MiB\", \"500KB\" or 1048576 (bytes), "
                           "at least 1 byte, or \"off\"" +
                               not_what(node));
            }
          },
          [](const std::uint64_t& value) {
            return Json(value == kUnlimited ? "off" : format_size(value));
          },
          [] {
            return Json{{"anyOf", Json::array({{{"type", "integer"}, {"minimum", 1}},
                                               pattern("off|" + std::string(kSizePattern))})}};
          }};
}

Kind<LogLevel> log_level() {
  static constexpr std::array<std::string_view, 7> kNames{"trace", "debug",    "info", "warning",
                                                          "error", "critical", "off"};
  return {[](Decoder& decoder, const Node& node, LogLevel& target) {
            const auto level = parse_log_level(node.text);
            if (node.kind == Node::Kind::String && level) {
              target = *level;
            } else {
              decoder.fail(node, "expected trace, debug, info, warning, error, critical or off" +
                                     not_what(node) +
                                     did_you_mean(node.text, {kNames.begin(), kNames.end()}));
            }
          },
          [](const LogLevel& value) { return Json(format_log_level(value)); },
          [] { return pattern("trace|debug|info|warning|warn|error|critical|off"); }};
}

Kind<std::string> any_text() {
  return {[](Decoder& decoder, const Node& node, std::string& target) {
            if (decoder.expect(node, Node::Kind::String, "a string")) target = node.text;
          },
          [](const std::string& value) { return literal(value); },
          [] {
            return Json{{"type", "string"}};
          }};
}

Kind<std::string> text(Check check) {
  return {[check](Decoder& decoder, const Node& node, std::string& target) {
            if (!decoder.expect(node, Node::Kind::String, "a string")) return;
            const Status status = node.text.empty()
                                      ? Status(Error{"expected a text, not an empty one"})
                                  : check != nullptr ? check(node.text)
                                                     : ok();
            if (!status) return decoder.fail(node, status.error().message);
            target = node.text;
          },
          [](const std::string& value) { return value.empty() ? Json() : literal(value); },
          [] {
            return Json{{"type", "string"}, {"minLength", 1}};
          }};
}

Kind<std::string> name() {
  Kind<std::string> kind = text();
  kind.decode = [](Decoder& decoder, const Node& node, std::string& target) {
    if (!decoder.expect(node, Node::Kind::String, "a string")) return;
    decoder.check_name(node.place, node.text);
    target = node.text;
  };
  kind.schema = [] { return pattern("[a-z0-9_-]{1,63}"); };
  return kind;
}

Kind<std::string> log_output() {
  Kind<std::string> kind = text();
  kind.decode = [](Decoder& decoder, const Node& node, std::string& target) {
    if (node.kind != Node::Kind::String || node.text.empty() ||
        node.text.find('\0') != node.text.npos) {
      decoder.fail(
          node, "expected \"stdout\", \"stderr\", \"off\" or the path of a file" + not_what(node));
      return;
    }
    const bool is_word = node.text == "stdout" || node.text == "stderr" || node.text == "off";
    target = is_word ? node.text : resolve_path(node);
  };
  return kind;
}

std::string resolve_path(const Node& node) {
  const std::string& document = node.place.source->name();
  const std::size_t slash = document.rfind('/');
  const bool is_plain = node.text.starts_with('/') || slash == std::string::npos;
  const std::string path = is_plain ? node.text : document.substr(0, slash + 1) + node.text;
  std::error_code error;  // a working directory that is gone: as good as it gets
  const auto absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.string();
}

Json literal(std::string_view text) {
  std::string written;
  for (std::size_t at; (at = text.find("${")) != std::string_view::npos;) {
    written.append(text.substr(0, at)).append("$${");
    text.remove_prefix(at + 2);
  }
  return Json(written.append(text));
}

}  // namespace gateway::schema
