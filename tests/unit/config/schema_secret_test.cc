// SPDX-License-Identifier: MIT
//
// Secrets in a configuration file, tried as the values of header edits.
#include <sys/stat.h>

#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "config/files.h"
#include "config/report.h"
#include "config/scratch_files.h"

using namespace gateway;

namespace {

std::string with_header(const std::string& value, const std::string& name = "X-Team") {
  return "{\"services\": {\"a\": {\"instances\": [{\"url\": \"http://a\"}]}},\n"
         "\"routes\": [{\"match\": {\"path_prefix\": \"/a/\"}, \"service\": \"a\",\n"
         "\"headers\": {\"request\": {\"set\": {\"" +
         name + "\": " + value + "}}}}]}";
}

std::string sent(const Result<LoadedConfig>& loaded) {
  if (!loaded) FAIL(loaded.error().message);
  return loaded->config.routes.at(0).request_headers.set.at(0).value.text;
}

}  // namespace

TEST_CASE("a secret is the line that a file holds", "[config]") {
  const Files files;
  for (const char* text : {"s3cret", "s3cret\n", "s3cret\r\n"}) {
    CAPTURE(text);
    files.write("secrets/key", text);
    CHECK(sent(files.load(with_header(R"({"file": "secrets/key"})"))) == "s3cret");
  }
  CHECK(sent(files.load(with_header(R"({"file": "${DIR}/key"})"), {"DIR=secrets"})) == "s3cret");
  files.write("conf.d/key", "beside the file that names it");
  files.write("conf.d/a.json", with_header(R"({"file": "key"})"));
  CHECK(sent(files.load(R"({"include": ["conf.d/*.json"]})")) == "beside the file that names it");
}

TEST_CASE("a secret is what an environment variable holds", "[config]") {
  CHECK(sent(Files().load(with_header(R"({"env": "API_KEY"})"), {"API_KEY= ${X} "})) == "${X}");
}

TEST_CASE("a secret that cannot be had is an error that does not show it", "[config]") {
  struct Row {
    std::string value, content, part;
  };
  const auto row = GENERATE(values<Row>({
      {R"({"file": "none"})", "", "/X-Team/file: cannot read none: No such file"},
      {R"({"file": "."})", "", "not a regular file"},
      {R"({"file": "key"})", "", "/X-Team/file: key: it is empty"},
      {R"({"file": "key"})", "\n", "key: it is empty"},
      {R"({"file": "key"})", "s3cret\nmore\n", "key: it has more than one line"},
      {R"({"file": "key"})", "s3cret\n\n", "key: it has more than one line"},
      {R"({"file": "key"})", "s3\rcret", "key: it has more than one line"},
      {R"({"file": "key"})", std::string("s3\0cret", 7), "key: it has a NUL byte"},
      {R"({"file": "key"})", "s3cret ", "key: expected the value of a header field"},
      {R"({"file": "key"})", "s3cret\x7f", "key: expected the value of a header field"},
      {R"({"file": "key"})", std::string(kMaxSecretBytes + 1, 's'), "key: larger than 64KiB"},
      {R"({"file": ""})", "", "/X-Team/file: expected the path of a file"},
      {R"({"file": 3})", "", "/X-Team/file: expected a string, not a number"},
      {R"({"env": "UNSET"})", "", "/X-Team/env: the environment variable \"UNSET\" is not set"},
      {R"({"env": "EMPTY"})", "", "the environment variable \"EMPTY\" is not set"},
      {R"({"env": "LINES"})", "", "the environment variable \"LINES\": it has more than one line"},
      {R"({"env": "${KEY}"})", "", "/X-Team/env: expected the bare name"},
      {R"({"env": "s3cret!"})", "", "/X-Team/env: expected the bare name"},
      {R"({"env": "KEY", "file": "key"})", "s3cret", "file and env exclude each other"},
      {"{}", "", R"(/X-Team: expected {"file": PATH} or {"env": NAME})"},
      {R"({"fiel": "key"})", "", "/X-Team/fiel: unknown key; did you mean \"file\"?"},
      {"[]", "", "/X-Team: expected a string, {\"file\": PATH} or {\"env\": NAME}, not an array"},
      {"\"***\"", "", "/X-Team: \"***\" is what -T shows"},
      {"\"a\\nb\"", "", "/X-Team: expected the value of a header field"},
  }));
  CAPTURE(row.value);
  const Files files;
  files.write("key", row.content);
  const std::string error =
      files.error(with_header(row.value), {"EMPTY=", "KEY=s3cret", "LINES=s3cret\nmore"});
  CHECK(contains(error, row.part));
  CHECK(contains(error, "gateway.json:3:"));
  if (!contains(row.value, "s3cret")) CHECK_FALSE(contains(error, "s3"));
}

TEST_CASE("a secret in a pipe is refused instead of waited for", "[config]") {
  const Files files;
  REQUIRE(mkfifo(files.path("pipe").c_str(), 0600) == 0);
  CHECK(contains(files.error(with_header(R"({"file": "pipe"})")), "not a regular file"));
}

TEST_CASE("the effective configuration shows where secrets are, and loads again", "[config]") {
  const Files files;
  files.write("key", "s3cret");
  const std::vector<std::string_view> variables{"KEY=s3cret"};
  struct Row {
    std::string name, value, shown;
  };
  const std::vector<Row> rows{
      {"X-Team", R"({"file": "key"})", "\"file\": \"" + files.path("key") + "\"  // "},
      {"X-Team", R"({"env": "KEY"})", "\"env\": \"KEY\"  // "},
      {"X-Team", R"("${KEY}")", "\"X-Team\": \"${KEY}\"  // "},
      {"Authorization", R"("Bearer ${KEY}")", "\"Authorization\": \"Bearer ${KEY}\"  // "},
      {"X-Team", R"("$${KEY}")", "\"X-Team\": \"$${KEY}\"  // "},
      {"Authorization", R"("Bearer s3cret")", "\"Authorization\": \"***\"  // "},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    const auto loaded = files.load(with_header(row.value, row.name), variables);
    const std::string before = sent(loaded);
    const std::string text = effective_text(*loaded);
    CHECK(contains(text, row.shown + files.path("gateway.json") + ":3\n"));
    CHECK_FALSE(contains(text, "s3cret"));
    if (!contains(text, "***")) CHECK(sent(files.load(text, variables)) == before);
  }
}

TEST_CASE("the line that an error shows has no credentials", "[config]") {
  const std::string error =
      Files().error("{\"X-Api-Key\": \"s3cr\xc3\xa9t\", \"x\": {\"token\": \"${s3cret}\"}, 1}");
  CHECK(contains(error, "\n  {\"X-Api-Key\": \"******\", \"x\": {\"token\": \"*********\"}, 1}\n"));
  const std::string line = error.substr(error.find("\n  {") + 1);
  CHECK(line.substr(line.find('\n') + 1).find('^') == line.find("1}"));
}
