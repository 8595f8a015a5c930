// SPDX-License-Identifier: MIT
#include "cli/options.h"

#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "config/load.h"

using namespace gateway;
using cli::Mode;

namespace {

Result<cli::Options> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "api-gateway");
  return cli::parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

}  // namespace

TEST_CASE("without arguments the gateway runs", "[cli]") {
  const auto options = parse({});
  REQUIRE(options);
  CHECK(options->mode == Mode::Run);
  CHECK(options->runtime.pid_file.empty());
}

TEST_CASE("options may be long, short, and joined to their value", "[cli]") {
  CHECK(parse({"-t"})->mode == Mode::Test);
  CHECK(parse({"--test"})->mode == Mode::Test);
  CHECK(parse({"--pid-file=/x"})->runtime.pid_file == "/x");
  CHECK(parse({"--pid-file", "/x"})->runtime.pid_file == "/x");
  CHECK(parse({"--runtime-dir", "/d"})->runtime.runtime_directory == "/d");
}

TEST_CASE("a configuration file can be run, tested, told back and asked about", "[cli]") {
  CHECK(parse({})->config.empty());
  CHECK(parse({"-c", "x.json"})->config == "x.json");
  CHECK(parse({"-t", "--config=x.json"})->config == "x.json");
  CHECK(parse({"-T"})->mode == Mode::Dump);
  CHECK(parse({"--dump-config"})->mode == Mode::Dump);
  CHECK(parse({"--schema"})->mode == Mode::Schema);
  CHECK(parse({"healthcheck", "-c", "x.json"})->config == "x.json");
}

TEST_CASE("-s and the subcommands say the same", "[cli]") {
  for (const CommandMeaning& row : kCommands) {
    const std::string word(row.word);
    CAPTURE(word);
    const auto options = parse({word.c_str(), "--pid-file", "/x"});
    REQUIRE(options);
    CHECK(options->mode == Mode::Control);
    CHECK(options->command == row.command);
    CHECK(options->runtime.pid_file == "/x");
    CHECK_FALSE(options->as_json);
    CHECK(parse({word.c_str(), "--json"})->as_json);
    // These have no signal.
    if (row.command == Command::ShowStatus || row.command == Command::Upgrade) continue;
    const auto short_form = parse({"-s", word.c_str(), "--pid-file", "/x"});
    REQUIRE(short_form);
    CHECK(short_form->mode == Mode::Control);
    CHECK(short_form->command == row.command);
    CHECK(short_form->runtime.pid_file == "/x");
  }
}

TEST_CASE("help and version are printed, whatever else is asked for", "[cli]") {
  const auto version = parse({"-t", "-V"});
  REQUIRE(version);
  CHECK(version->mode == Mode::Print);
  CHECK(version->text == "api-gateway " GATEWAY_VERSION "\n");
  const auto help = parse({"-s", "reload", "--help"});
  REQUIRE(help);
  CHECK(help->mode == Mode::Print);
  CHECK(help->text.find("--pid-file") != std::string::npos);
  CHECK(help->text.find(kDefaultConfigFile) != std::string::npos);
  CHECK(parse({"example-service", "-h"})->text.find("--listen") != std::string::npos);
  CHECK(parse({"healthcheck", "-h"})->mode == Mode::Print);
}

TEST_CASE("the example service needs an address and a name", "[cli]") {
  const auto options = parse({"example-service", "--listen", "127.0.0.1:8001", "--name", "one"});
  REQUIRE(options);
  CHECK(options->mode == Mode::ExampleService);
  CHECK(options->listen.to_string() == "127.0.0.1:8001");
  CHECK(options->name == "one");
  CHECK(parse({"example-service", "--name", "one"}).error().message ==
        "example-service needs --listen");
  CHECK(parse({"example-service", "--listen", "127.0.0.1:1"}).error().message ==
        "example-service needs --name");
  CHECK(parse({"example-service", "--listen", "here", "--name", "one"})
            .error()
            .message.starts_with("--listen: \"here\" is not an address"));
}

TEST_CASE("the health check is a command", "[cli]") {
  const auto options = parse({"healthcheck", "--pid-file", "/x", "--runtime-dir=/d"});
  REQUIRE(options);
  CHECK(options->mode == Mode::Healthcheck);
  CHECK(options->config.empty());
  CHECK(options->runtime.pid_file == "/x");
  CHECK(options->runtime.runtime_directory == "/d");
}

TEST_CASE("top looks at a gateway as often as it is told", "[cli]") {
  const auto plain = parse({"top"});
  REQUIRE(plain);
  CHECK(plain->mode == Mode::Top);
  CHECK(plain->top.interval == Milliseconds(1000));
  CHECK_FALSE(plain->top.is_once);
  CHECK_FALSE(plain->top.is_json);
  const auto options = parse({"top", "--once", "--json", "-n", "2s", "--runtime-dir", "/x"});
  REQUIRE(options);
  CHECK(options->top.interval == Milliseconds(2000));
  CHECK(options->top.is_once);
  CHECK(options->top.is_json);
  CHECK(options->top.runtime.runtime_directory == "/x");
  CHECK(parse({"top", "--help"})->mode == Mode::Print);
}

TEST_CASE("explain takes a request", "[cli]") {
  const auto options = parse(
      {"explain", "-c", "x.json", "GET", "/a?b", "-H", "A: 1, 2", "--header=Host: h:81", "-HB:c"});
  if (!options) FAIL(options.error().message);
  CHECK(options->mode == Mode::Explain);
  CHECK(options->config == "x.json");
  CHECK(options->request.method == "GET");
  CHECK(options->request.url == "/a?b");
  REQUIRE(options->request.fields.size() == 3);
  CHECK(options->request.fields[0].name == "A");
  CHECK(options->request.fields[0].value == "1, 2");
  CHECK(options->request.fields[1].value == "h:81");
  CHECK(options->request.fields[2].value == "c");
  CHECK(options->style == cli::ExplainStyle::Short);
  CHECK(parse({"explain", "--all", "GET", "/"})->style == cli::ExplainStyle::All);
  CHECK(parse({"explain", "GET", "/", "--json"})->style == cli::ExplainStyle::Json);
  CHECK(parse({"explain", "-h"})->mode == Mode::Print);
}

TEST_CASE("mistakes in usage are told with the words that are wrong", "[cli]") {
  using Row = std::pair<std::vector<const char*>, const char*>;
  const auto row = GENERATE(values<Row>({
      {{"--nope"}, "nope"},
      {{"serve"}, "unknown command \"serve\""},
      {{"-t", "extra"}, "unexpected argument \"extra\""},
      {{"healthcheck", "extra"}, "unexpected argument \"extra\""},
      {{"top", "extra"}, "unexpected argument \"extra\""},
      {{"top", "-n", "50ms"}, "--interval \"50ms\": expected a time from 100ms to 1h"},
      {{"top", "-n", "1"}, "--interval \"1\": expected a time from 100ms to 1h"},
      {{"-s", "restart"}, "-s \"restart\": expected reload, reopen, quit or stop"},
      {{"-s", ""}, "expected reload, reopen, quit or stop"},
      {{"-s", "upgrade"}, "expected reload, reopen, quit or stop"},
      {{"-s"}, "s"},
      {{"-t", "-s", "quit"}, "-t and -s exclude each other"},
      {{"-T", "--schema"}, "-T and --schema exclude each other"},
      {{"-c", ""}, "-c needs the name of a file"},
      {{"explain"}, "explain needs a method and a path or URL"},
      {{"explain", "/x"}, "explain needs a method and a path or URL"},
      {{"explain", "GET", "/x", "/y"}, "unexpected argument \"/y\""},
      {{"explain", "GET", ""}, "\"\": expected a method and a path or URL"},
      {{"explain", "GET", "/x\ny"}, "expected a method and a path or URL"},
      {{"explain", "GET", "/x", "-H", "A"}, "-H \"A\": expected a header field"},
      {{"explain", "GET", "/x", "-H", ": b"}, "expected a header field"},
      {{"explain", "GET", "/x", "-H", "A: b\r\nC: d"}, "expected a header field"},
      {{"explain", "GET", "/x", "--jsn"}, "jsn"},
  }));
  const auto options = parse(row.first);
  REQUIRE_FALSE(options);
  CAPTURE(options.error().message);
  CHECK(options.error().message.find(row.second) != std::string::npos);
}
