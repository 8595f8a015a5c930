// SPDX-License-Identifier: MIT
#include "process/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

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
  const auto account = worker_account({}, {});
  REQUIRE(account);
  CHECK(account->has_value() == (geteuid() == 0));
  if (*account) CHECK((*account)->uid != 0);
}

TEST_CASE("workers of root run as the user and the group that are asked for", "[process]") {
  if (geteuid() != 0) return;
  const auto daemon = worker_account("daemon", {});
  REQUIRE(daemon);
  REQUIRE(daemon->has_value());
  CHECK((*daemon)->name == "daemon");
  CHECK((*daemon)->uid == getpwnam("daemon")->pw_uid);
  CHECK((*daemon)->gid == getpwnam("daemon")->pw_gid);
  const auto with_group = worker_account("daemon", "tty");
  REQUIRE(with_group);
  CHECK((*with_group)->uid == (*daemon)->uid);
  CHECK((*with_group)->gid == getgrnam("tty")->gr_gid);
  const auto group_alone = worker_account({}, "tty");
  REQUIRE(group_alone);
  CHECK((*group_alone)->uid != 0);
  CHECK((*group_alone)->gid == getgrnam("tty")->gr_gid);
}

TEST_CASE("without root only who runs already can be asked for", "[process]") {
  CHECK(in_child([] {
    if (geteuid() == 0 && !become(Account{"nobody", getpwnam("nobody")->pw_uid, getgid()})) {
      return false;
    }
    const std::string self = getpwuid(geteuid())->pw_name;
    const std::string group = getgrgid(getegid())->gr_name;
    const auto same = worker_account(self, group);
    return same && !same->has_value() && !worker_account("root", {}) &&
           !worker_account({}, group == "tty" ? "daemon" : "tty");
  }));
}

TEST_CASE("a user or group that does not exist is an error that names it", "[process]") {
  const auto user = worker_account("no-such-user", {});
  REQUIRE_FALSE(user);
  CHECK(user.error().message.find("user \"no-such-user\": there is no such user") !=
        std::string::npos);
  const auto group = worker_account({}, "no-such-group");
  REQUIRE_FALSE(group);
  CHECK(group.error().message.find("group \"no-such-group\": there is no such group") !=
        std::string::npos);
}

TEST_CASE("root that was dropped is gone, and only root can drop it", "[process]") {
  CHECK(in_child([] {
    if (geteuid() == 0) {
      const auto account = worker_account({}, {});
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

TEST_CASE("capabilities that are not needed are dropped, those that are stay", "[process]") {
  CHECK(in_child([] {
    const auto effective = [](unsigned capability) {
      __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
      __user_cap_data_struct sets[2]{};
      syscall(SYS_capget, &header, sets);
      return (sets[capability / 32].effective >> (capability % 32) & 1) != 0;
    };
    const bool could_bind = effective(CAP_NET_BIND_SERVICE);
    if (!keep_needed_capabilities() || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return false;
    if (effective(CAP_SYS_ADMIN) || effective(CAP_SYS_PTRACE) || effective(CAP_NET_ADMIN)) {
      return false;
    }
    if (effective(CAP_NET_BIND_SERVICE) != could_bind) return false;
    return drop_capabilities() && !effective(CAP_NET_BIND_SERVICE) && !effective(CAP_CHOWN);
  }));
}
