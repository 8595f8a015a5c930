// SPDX-License-Identifier: MIT
#include "observe/log_output.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <filesystem>
#include <string>

#include "catch.h"
#include "scratch.h"
#include "util/unique_fd.h"

namespace gateway {
namespace {

using test::lines_of;
using test::read_file;
using test::ScratchDir;

// A log on "stdout" while descriptor 1 is `fd`.
Result<LogOutput> open_on_stdout(int fd) {
  const UniqueFd real(::dup(STDOUT_FILENO));
  ::dup2(fd, STDOUT_FILENO);
  Result<LogOutput> output = LogOutput::open("stdout");
  ::dup2(real.get(), STDOUT_FILENO);
  return output;
}

struct Pair {
  UniqueFd reader;
  UniqueFd writer;
};

Pair make_pipe() {
  std::array<int, 2> fds{};
  REQUIRE(::pipe2(fds.data(), O_CLOEXEC) == 0);
  REQUIRE(::fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Pair make_packet_sockets() {
  std::array<int, 2> fds{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) == 0);
  REQUIRE(::fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

std::string read_some(int fd) {
  std::string data(64 << 10, '\0');
  const ssize_t count = ::read(fd, data.data(), data.size());
  data.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return data;
}

// Reads and flushes in turns until nothing comes any more.
std::string drain(LogOutput& output, int fd) {
  std::string all;
  for (;;) {
    const std::string piece = read_some(fd);
    if (piece.empty()) return all;
    all += piece;
    output.flush();
  }
}

std::string numbered_line(int number) {
  std::string line = std::to_string(number) + ' ';
  line.append(static_cast<std::size_t>(number % 200), 'x');
  return line + '\n';
}

// Each line came whole and in order, or was counted as dropped.
void check_whole_lines(const std::string& received, int total, std::uint64_t dropped) {
  const auto lines = lines_of(received);
  CHECK(lines.size() + dropped == static_cast<std::size_t>(total));
  int previous = -1;
  for (const std::string& line : lines) {
    const int number = std::stoi(line);
    if (line + '\n' != numbered_line(number)) FAIL("a damaged line: " << line);
    if (number <= previous) FAIL("out of order: " << line);
    previous = number;
  }
}

TEST_CASE("lines wait until a flush and then arrive in the file", "[observe]") {
  const ScratchDir dir;
  auto output = LogOutput::open(dir.file("a.log"));
  REQUIRE(output);
  output->append("one\n");
  CHECK(read_file(dir.file("a.log")).empty());
  output->append("two\n");
  output->flush();
  CHECK(read_file(dir.file("a.log")) == "one\ntwo\n");
}

TEST_CASE("a full batch is written without a flush", "[observe]") {
  const ScratchDir dir;
  auto output = LogOutput::open(dir.file("a.log"));
  REQUIRE(output);
  const std::string line(1023, 'x');
  for (std::size_t i = 0; i < LogOutput::kBatch / 1024; i++) output->append(line + '\n');
  CHECK(read_file(dir.file("a.log")).size() == LogOutput::kBatch);
}

TEST_CASE("two outputs of one file do not overwrite each other", "[observe]") {
  const ScratchDir dir;
  auto a = LogOutput::open(dir.file("a.log"));
  auto b = LogOutput::open(dir.file("a.log"));
  REQUIRE((a && b));
  for (LogOutput* output : {&*a, &*b, &*a}) {
    output->append(output == &*a ? "a\n" : "b\n");
    output->flush();
  }
  CHECK(read_file(dir.file("a.log")) == "a\nb\na\n");
}

TEST_CASE("a log file is not readable by others", "[observe]") {
  const ScratchDir dir;
  REQUIRE(LogOutput::open(dir.file("a.log")));
  struct stat facts {};
  REQUIRE(::stat(dir.file("a.log").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0137) == 0);
}

TEST_CASE("after a rotation the new file gets the lines", "[observe]") {
  const ScratchDir dir;
  auto output = LogOutput::open(dir.file("a.log"));
  REQUIRE(output);
  output->append("before\n");
  std::filesystem::rename(dir.file("a.log"), dir.file("a.log.1"));
  REQUIRE(output->reopen());
  output->append("after\n");
  output->flush();
  CHECK(read_file(dir.file("a.log.1")) == "before\n");
  CHECK(read_file(dir.file("a.log")) == "after\n");
}

TEST_CASE("a file that cannot be opened anew stays in use", "[observe]") {
  const ScratchDir dir;
  std::filesystem::create_directory(dir.file("logs"));
  auto output = LogOutput::open(dir.file("logs/a.log"));
  REQUIRE(output);
  std::filesystem::rename(dir.file("logs"), dir.file("moved"));
  const Status reopened = output->reopen();
  REQUIRE_FALSE(reopened);
  CHECK(reopened.error().message.find(dir.file("logs/a.log")) != std::string::npos);
  output->append("still here\n");
  output->flush();
  CHECK(read_file(dir.file("moved/a.log")) == "still here\n");
}

TEST_CASE("a path that cannot be opened is an error that names it", "[observe]") {
  const auto output = LogOutput::open("/nonexistent/a.log");
  REQUIRE_FALSE(output);
  CHECK(output.error().message == "log file /nonexistent/a.log: No such file or directory");
}

TEST_CASE("a log that is off takes lines and neither keeps nor counts them", "[observe]") {
  auto output = LogOutput::open("off");
  REQUIRE(output);
  CHECK(output->is_off());
  for (int i = 0; i < 30'000; i++) output->append(numbered_line(i));
  output->flush();
  CHECK(output->reopen());
  CHECK(output->dropped_lines() == 0);
}

TEST_CASE("a standard output that is a pipe is not made non-blocking for others", "[observe]") {
  const Pair pipe = make_pipe();
  auto output = open_on_stdout(pipe.writer.get());
  REQUIRE(output);
  output->append("line\n");
  output->flush();
  CHECK(read_some(pipe.reader.get()) == "line\n");
  CHECK((::fcntl(pipe.writer.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("a standard output that is a file is appended to", "[observe]") {
  const ScratchDir dir;
  const UniqueFd file(::open(dir.file("out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  auto output = open_on_stdout(file.get());
  REQUIRE(output);
  REQUIRE(::write(file.get(), "other\n", 6) == 6);
  output->append("line\n");
  output->flush();
  CHECK(read_file(dir.file("out")) == "other\nline\n");
}

TEST_CASE("a full pipe drops whole lines and counts them", "[observe]") {
  const Pair pipe = make_pipe();
  auto output = open_on_stdout(pipe.writer.get());
  REQUIRE(output);
  constexpr int kTotal = 30'000;
  for (int i = 0; i < kTotal; i++) output->append(numbered_line(i));
  CHECK(output->dropped_lines() > 0);
  const std::string received = drain(*output, pipe.reader.get());
  CHECK(received.size() > LogOutput::kCapacity - (1 << 10));
  check_whole_lines(received, kTotal, output->dropped_lines());
}

TEST_CASE("a pipe that was full takes lines again once it is read", "[observe]") {
  const Pair pipe = make_pipe();
  auto output = open_on_stdout(pipe.writer.get());
  REQUIRE(output);
  for (int i = 0; i < 30'000; i++) output->append(numbered_line(i));
  drain(*output, pipe.reader.get());
  output->append("fresh\n");
  output->flush();
  CHECK(read_some(pipe.reader.get()) == "fresh\n");
}

TEST_CASE("each write to a socket is whole lines and at most PIPE_BUF bytes", "[observe]") {
  const Pair sockets = make_packet_sockets();
  auto output = open_on_stdout(sockets.writer.get());
  REQUIRE(output);
  for (int i = 0; i < 300; i++) output->append(numbered_line(i));
  output->flush();
  std::string received;
  for (std::string packet = read_some(sockets.reader.get()); !packet.empty();
       packet = read_some(sockets.reader.get())) {
    CHECK(packet.size() <= PIPE_BUF);
    CHECK(packet.back() == '\n');
    received += packet;
  }
  CHECK(received.size() > 2 * PIPE_BUF);
  check_whole_lines(received, 300, 0);
}

TEST_CASE("a full socket drops whole lines and counts them", "[observe]") {
  const Pair sockets = make_packet_sockets();
  auto output = open_on_stdout(sockets.writer.get());
  REQUIRE(output);
  constexpr int kTotal = 30'000;
  for (int i = 0; i < kTotal; i++) output->append(numbered_line(i));
  CHECK(output->dropped_lines() > 0);
  check_whole_lines(drain(*output, sockets.reader.get()), kTotal, output->dropped_lines());
}

TEST_CASE("lines wait while a named pipe has no reader", "[observe]") {
  std::signal(SIGPIPE, SIG_IGN);
  const ScratchDir dir;
  REQUIRE(::mkfifo(dir.file("fifo").c_str(), 0600) == 0);
  UniqueFd reader(::open(dir.file("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  auto output = LogOutput::open(dir.file("fifo"));
  REQUIRE(output);
  reader.reset();
  output->append("line\n");
  output->flush();
  reader.reset(::open(dir.file("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  output->flush();
  CHECK(read_some(reader.get()) == "line\n");
}

TEST_CASE("a child does not write what its parent has queued", "[observe]") {
  const ScratchDir dir;
  auto output = LogOutput::open(dir.file("a.log"));
  REQUIRE(output);
  output->append("parent\n");
  output->after_fork();
  output->append("child\n");
  output->flush();
  CHECK(read_file(dir.file("a.log")) == "child\n");
}

}  // namespace
}  // namespace gateway
