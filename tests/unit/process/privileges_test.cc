// SPDX-License-Identifier: MIT
#include "process/privileges.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catch.h"

using namespace gateway;

namespace {

/// What `check` says in a process of its own, which it may spoil.
template <class F>
bool in_child(F check) {
  const pid_t pid = fork();
  if (pid == 0) _exit(check() ? 0 : 1);
  int status = -1;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("workers run as somebody else only when the master is root", "[process]") {
  const auto account = worker_account();
  REQUIRE(account);
  CHECK(account->has_value() == (geteuid() == 0));
  if (*account) CHECK((*account)->uid != 0);
}

TEST_CASE("root that was dropped is gone, and only root can drop it", "[process]") {
  CHECK(in_child([] {
    if (geteuid() == 0) {
      const auto account = worker_account();
      return become(**account) && geteuid() == (*account)->uid && getegid() == (*account)->gid &&
             setuid(0) != 0 && prctl(PR_GET_DUMPABLE) == 1;
    }
    return !become(Account{"root", 0, 0});
  }));
}

TEST_CASE("new privileges can be forbidden", "[process]") {
  CHECK(in_child(
      [] { return forbid_new_privileges() && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1; }));
}
