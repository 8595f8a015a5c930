// SPDX-License-Identifier: MIT
#include "process/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

#include "util/text.h"

namespace gateway {

namespace {

std::optional<Account> find_user(const std::string& name) {
  const passwd* entry = getpwnam(name.c_str());
  if (entry == nullptr) return std::nullopt;
  return Account{entry->pw_name, entry->pw_uid, entry->pw_gid};
}

Result<Account> user_or_default(const std::string& name) {
  if (!name.empty()) {
    if (auto account = find_user(name)) return *std::move(account);
    return Error{"workers cannot run as user " + quoted(name) +
                 ": there is no such user; create it or choose another"};
  }
  for (const char* candidate : {"api-gateway", "nobody"}) {
    if (auto account = find_user(candidate)) return *std::move(account);
  }
  return Error{
      "started as root, but there is neither a user \"api-gateway\" nor \"nobody\" that workers "
      "could run as; create one, or start the gateway as another user"};
}

Result<gid_t> find_group(const std::string& name) {
  const ::group* entry = getgrnam(name.c_str());
  if (entry != nullptr) return entry->gr_gid;
  return Error{"workers cannot run as group " + quoted(name) +
               ": there is no such group; create it or choose another"};
}

Error not_root(const char* what, const std::string& name) {
  return Error{std::string("workers cannot run as ") + what + " " + quoted(name) +
               ": only root can change that; start the gateway as root or as that " + what};
}

}  // namespace

Result<std::optional<Account>> worker_account(const std::string& user, const std::string& group) {
  const bool is_root = geteuid() == 0;
  std::optional<Account> account;
  if (is_root || !user.empty()) {
    auto found = user_or_default(user);
    if (!found) return std::move(found).error();
    account = *std::move(found);
    if (!is_root && account->uid != geteuid()) return not_root("user", user);
  }
  if (!group.empty()) {
    const auto found = find_group(group);
    if (!found) return Error{found.error()};
    if (!is_root && *found != getegid()) return not_root("group", group);
    if (account) account->gid = *found;
  }
  return is_root ? account : std::nullopt;
}

Status become(const Account& account) {
  // Groups first: without root they could not be changed any more.
  if (initgroups(account.name.c_str(), account.gid) != 0 ||
      setresgid(account.gid, account.gid, account.gid) != 0 ||
      setresuid(account.uid, account.uid, account.uid) != 0) {
    return Error{"cannot drop root for user \"" + account.name + "\": " + errno_text(errno) +
                 "; start the gateway as that user, or with CAP_SETUID and CAP_SETGID"};
  }
  if (account.uid != 0 && setuid(0) == 0) {
    return Error{"root could be regained after it was dropped for user \"" + account.name + "\""};
  }
  // The change of user forbade core dumps, and debuggers of the new user.
  if (prctl(PR_SET_DUMPABLE, 1) != 0) {
    return Error{"cannot allow core dumps: " + errno_text(errno)};
  }
  return ok();
}

Status forbid_new_privileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return Error{"cannot forbid new privileges: " + errno_text(errno)};
  }
  return ok();
}

}  // namespace gateway
