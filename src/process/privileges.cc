// SPDX-License-Identifier: MIT
#include "process/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

#include "util/text.h"

namespace gateway {

Result<std::optional<Account>> worker_account() {
  if (geteuid() != 0) return std::optional<Account>();
  for (const char* name : {"api-gateway", "nobody"}) {
    if (const passwd* entry = getpwnam(name)) {
      return std::optional(Account{entry->pw_name, entry->pw_uid, entry->pw_gid});
    }
  }
  return Error{
      "started as root, but there is neither a user \"api-gateway\" nor \"nobody\" that workers "
      "could run as; create one, or start the gateway as another user"};
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
