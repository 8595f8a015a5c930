// SPDX-License-Identifier: MIT
#include "config/document.h"

#include <memory>
#include <string>
#include <utility>

#include "catch.h"

using namespace gateway;

namespace {

struct Parsed {
  std::optional<Node> root;
  Problems problems;
};

Parsed parse(std::string text) {
  Parsed parsed;
  const auto source = std::make_shared<const Source>("f.json", std::move(text));
  parsed.root = parse_document(source, parsed.problems);
  return parsed;
}

/// "line:column" of a place.
std::string at(const Place& place) {
  const auto [line, column] = place.source->locate(place.offset);
  return std::to_string(line) + ":" + std::to_string(column);
}

/// The first line of what is wrong with `text`.
std::string problem_of(std::string text) {
  const Parsed parsed = parse(std::move(text));
  REQUIRE_FALSE(parsed.problems.empty());
  const std::string all = parsed.problems.text();
  return all.substr(0, all.find('\n'));
}

}  // namespace

TEST_CASE("every node knows where it begins, every key too", "[config]") {
  const Parsed parsed = parse(
      "{ // one\n"
      "  \"a\" : 12,/*,*/\"b\":[true , -1.5e3,\n"
      "    null], \"c\\u00e9\": {\"d\":\"x\"}, \"e\": {}}\n");
  REQUIRE(parsed.problems.empty());
  const Node& root = *parsed.root;
  CHECK(at(root.place) == "1:1");
  CHECK(at(root.find("a")->key_place) == "2:3");
  CHECK(at(root.find("a")->place) == "2:9");
  CHECK(root.find("a")->text == "12");
  const Node& b = *root.find("b");
  CHECK(at(b.key_place) == "2:17");
  CHECK(at(b.place) == "2:21");
  REQUIRE(b.children.size() == 3);
  CHECK(at(b.children[0].place) == "2:22");
  CHECK(b.children[0].text == "true");
  CHECK(at(b.children[1].place) == "2:29");
  CHECK(b.children[1].text == "-1.5e3");
  CHECK(at(b.children[2].place) == "3:5");
  CHECK(b.children[2].kind == Node::Kind::Null);
  const Node* c = root.find("c\u00e9");
  REQUIRE(c != nullptr);
  CHECK(at(c->key_place) == "3:12");
  CHECK(at(c->find("d")->place) == "3:28");
  CHECK(c->find("d")->text == "x");
  CHECK(at(root.find("e")->place) == "3:39");
}

TEST_CASE("columns count characters, not bytes", "[config]") {
  CHECK(at(parse("[\"\u00e4\u20ac\", 1]").root->children[1].place) == "1:8");
}

TEST_CASE("a syntax error has its place and what was expected", "[config]") {
  struct Row {
    std::string text, start, part;
  };
  const auto row = GENERATE(values<Row>({
      {"", "f.json:1:1: ", "unexpected end of input"},
      {"{\n  \"a\": 12,\n}\n", "f.json:3:1: ", "one too many"},
      {"[1, 2,]", "f.json:1:7: ", "one too many"},
      {"{\"a\": 1 \"b\": 2}", "f.json:1:9: ", "is a comma missing?"},
      {"{\"a\" 1}", "f.json:1:6: ", "expected ':'"},
      {"[1, 2", "f.json:1:6: ", "expected ']'"},
      {"{\"a\": tru}", "f.json:1:10: ", "invalid literal"},
      {"{} []", "f.json:1:4: ", "expected end of input"},
      {"[\"a\nb\"]", "f.json:1:4: ", "must be escaped"},
      {"[\"\xff\"]", "f.json:1:3: ", "ill-formed UTF-8"},
      {"[ /* open", "f.json:1:10: ", "missing closing"},
      {"[1e999]", "f.json:1:7: ", "number overflow parsing '1e999'"},
      {"{'a': 1}", "f.json:1:2: ", "expected string literal"},
  }));
  CAPTURE(row.text);
  const std::string problem = problem_of(row.text);
  CHECK(problem.substr(0, row.start.size()) == row.start);
  CHECK(problem.find(row.part) != std::string::npos);
  CHECK(problem.find("last read") == std::string::npos);
  CHECK_FALSE(parse(row.text).root);
}

TEST_CASE("a key may appear once in an object; the first one stays", "[config]") {
  const Parsed parsed = parse("{\"o\": [{\"k\": 1,\n \"k\": {\"x\": [2]}, \"k\": 3}], \"k\": 4}");
  REQUIRE(parsed.root);
  CHECK(parsed.problems.text().find("f.json:2:2: /o/0/k: duplicate key, the first is in line 1 "
                                    "column 9\n") == 0);
  CHECK(parsed.problems.text().find("f.json:2:19: /o/0/k: ") != std::string::npos);
  const Node& object = parsed.root->find("o")->children[0];
  REQUIRE(object.children.size() == 1);
  CHECK(object.children[0].text == "1");
  CHECK(parsed.root->find("k")->text == "4");
}

TEST_CASE("nesting and size are bounded", "[config]") {
  const std::string deepest = std::string(kMaxDocumentDepth, '[');
  CHECK(parse(deepest + std::string(kMaxDocumentDepth, ']')).root);
  CHECK(problem_of(deepest + "[") == "f.json:1:65: more than 64 levels of nesting");
  CHECK(problem_of(std::string(2'000'000, '[')) == "f.json:1:65: more than 64 levels of nesting");
  CHECK(parse("[]" + std::string(kMaxDocumentBytes - 2, ' ')).root);
  CHECK(problem_of("[]" + std::string(kMaxDocumentBytes - 1, ' ')) == "f.json: larger than 4 MiB");
}

TEST_CASE("a line comment ends with any kind of line", "[config]") {
  CHECK(at(parse("// a\r[1]").root->place) == "1:6");
  CHECK(at(parse("// a\r\n[1]").root->place) == "2:1");
}

TEST_CASE("neither the text nor a string holds a NUL", "[config]") {
  CHECK(problem_of(std::string("[]\n\0 {", 6)) == "f.json:2:1: a NUL byte");
  CHECK(problem_of("[\"a\\u0000b\"]") == "f.json:1:2: a string cannot hold \\u0000");
}
