// SPDX-License-Identifier: MIT
#include "config/files.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "config/values.h"
#include "util/text.h"
#include "util/unique_fd.h"

namespace gateway {
namespace {

constexpr std::size_t kMostIncluded = 1000;

bool is_pattern(std::string_view path) { return path.find_first_of("*?[") != path.npos; }

/// The files of one include pattern, sorted.
std::vector<std::string> matches_of(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), GLOB_NOCHECK, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  // What matched nothing comes back as it was: fine for a pattern, not for the name of a file.
  if (paths.size() == 1 && paths[0] == pattern && is_pattern(pattern) &&
      access(pattern.c_str(), F_OK) != 0) {
    paths.clear();
  }
  return paths;
}

std::string beside(const Place& place, const std::string& path) {
  const std::string& name = place.source->name();
  const std::size_t slash = name.rfind('/');
  return path.starts_with('/') || slash == std::string::npos ? path
                                                             : name.substr(0, slash + 1) + path;
}

std::optional<Node> read_one(const std::string& path, const Place& included_at,
                             Problems& problems) {
  auto source = read_source(path);
  if (!source) {
    problems.add(included_at, included_at.source ? "/include" : "", source.error().message);
    return std::nullopt;
  }
  auto document = parse_document(*source, problems);
  if (!document) return std::nullopt;
  if (document->kind != Node::Kind::Object) {
    problems.add(document->place, "",
                 "expected an object, not " + std::string(document->kind_name()));
    return std::nullopt;
  }
  return document;
}

bool include(Node& root, const Node& pattern, Problems& problems) {
  bool is_whole = true;
  const auto paths = matches_of(beside(pattern.place, pattern.text));
  if (paths.size() > kMostIncluded) {
    problems.add(pattern.place, "/include",
                 "more than " + std::to_string(kMostIncluded) + " files");
    return false;
  }
  for (const std::string& path : paths) {
    auto document = read_one(path, pattern.place, problems);
    is_whole = is_whole && document.has_value();
    if (!document) continue;
    if (const Node* nested = document->find("include")) {
      problems.add(nested->key_place, "/include", "an included file cannot include others");
      is_whole = false;
    } else {
      unite(root, *document, "", problems);
    }
  }
  return is_whole;
}

/// The text with its variables; what is wrong goes to `fail`.
template <class Fail>
std::string expanded(std::string_view text, const VariableLookup& lookup, const Fail& fail) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = std::min(text.find("${"), text.size());
    if (at > 0 && at < text.size() && text[at - 1] == '$') {
      out.append(text.substr(0, at - 1)).append("${");
      text.remove_prefix(at + 2);
      continue;
    }
    out.append(text.substr(0, at));
    text.remove_prefix(at);
    if (text.empty()) break;
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) {
      fail("${ without its }");
      break;
    }
    const std::string_view inside = text.substr(2, end - 2);
    const std::size_t mark = inside.find(":-");
    const std::string_view value = lookup(inside.substr(0, mark));
    if (!value.empty()) {
      out.append(value);
    } else if (mark != std::string_view::npos) {
      out.append(inside.substr(mark + 2));
    } else {
      fail("the environment variable " + quoted(inside) +
           " is not set; ${NAME:-default} has a default");
    }
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t most) {
  const auto failed = [&path](const std::string& why) {
    return Error{"cannot read " + path + ": " + why};
  };
  // Not to hang on a pipe that nobody writes to.
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) return failed(errno_text(errno));
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return failed(errno_text(errno));
  if (!S_ISREG(status.st_mode)) return failed("not a regular file");
  std::string text;
  std::array<char, 65536> piece{};
  while (text.size() <= most) {
    const ssize_t length = read(fd.get(), piece.data(), piece.size());
    if (length < 0) return failed(errno_text(errno));
    if (length == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(length));
  }
  return failed("larger than " + format_size(most));
}

Result<SourcePtr> read_source(const std::string& path) {
  auto text = read_file(path, kMaxDocumentBytes);
  if (!text) return std::move(text).error();
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text->starts_with(kByteOrderMark)) text->erase(0, kByteOrderMark.size());
  return std::make_shared<const Source>(path, *std::move(text));
}

Status check_secret(std::string_view text) {
  if (text.empty()) return Error{"it is empty"};
  if (text.find('\0') != std::string_view::npos) return Error{"it has a NUL byte"};
  if (text.find_first_of("\r\n") == std::string_view::npos) return ok();
  return Error{"it has more than one line; only the newline at the end of a file is left out"};
}

Result<std::string> read_secret(const std::string& path) {
  auto text = read_file(path, kMaxSecretBytes);
  if (!text) return text;
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  return text;
}

void expand_variables(Node& node, const VariableLookup& lookup, const std::string& pointer,
                      Problems& problems) {
  if (node.kind == Node::Kind::String && !node.is_expanded &&
      node.text.find("${") != std::string::npos) {
    node.written = std::move(node.text);
    node.text = expanded(node.written, lookup, [&](const std::string& message) {
      problems.add(node.place, pointer, message);
    });
    node.is_expanded = true;
  }
  for (std::size_t i = 0; i < node.children.size(); i++) {
    Node& child = node.children[i];
    const bool is_object = node.kind == Node::Kind::Object;
    expand_variables(child, lookup,
                     pointer + pointer_step(is_object ? child.key : std::to_string(i)), problems);
  }
}

void unite(Node& into, Node& from, const std::string& pointer, Problems& problems) {
  for (Node& member : from.children) {
    Node* present = into.find(member.key);
    const std::string path = pointer + pointer_step(member.key);
    const bool are_objects = present != nullptr && present->kind == Node::Kind::Object &&
                             member.kind == Node::Kind::Object;
    if (present == nullptr) {
      into.children.push_back(std::move(member));
    } else if (are_objects && pointer != "/services") {
      unite(*present, member, path, problems);
    } else if (pointer.empty() && present->kind == Node::Kind::Array &&
               member.kind == Node::Kind::Array) {
      std::move(member.children.begin(), member.children.end(),
                std::back_inserter(present->children));
    } else {
      problems.add(member.key_place, path, "is in " + present->key_place.line_text() + " already");
    }
  }
}

std::optional<Node> read_documents(const std::string& path, const VariableLookup& lookup,
                                   Problems& problems) {
  auto root = read_one(path, {}, problems);
  if (!root) return std::nullopt;
  bool is_whole = true;
  if (Node* patterns = root->find("include")) {
    expand_variables(*patterns, lookup, "/include", problems);
    // A copy: uniting moves the members of the root.
    for (const Node& pattern : std::vector<Node>(patterns->children)) {
      if (pattern.kind == Node::Kind::String)
        is_whole = include(*root, pattern, problems) && is_whole;
    }
  }
  if (!is_whole) return std::nullopt;
  expand_variables(*root, lookup, "", problems);
  return root;
}

}  // namespace gateway
