#!/bin/bash
# enter.sh COMMAND...: runs a command where as much as Linux can play is a Mac's: no /proc, a ps with macOS's words, system programs of a
# Mac mini, shells that lose DYLD_* as System Integrity Protection has it, an sh that is bash, no setsid, taskset and timeout, and a node
# that believes in darwin on arm64. Needs mount and PID namespaces (root, or user namespaces) and cc.
#   DARWIN_PS_DELAY  seconds that each ps takes
#   DARWIN_BASH      a bash to be the system's: Apple's is 3.2.57, which compiles on Linux from Apple's source; Linux' own if not given
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ -z "${DARWIN_PLACE:-}" ]; then
  DARWIN_PLACE=$(mktemp -d /tmp/darwin-XXXXXX)
  export DARWIN_PLACE
  trap 'rm -rf "$DARWIN_PLACE"' EXIT
  as_root=
  [ "$(id -u)" = 0 ] || as_root=--map-root-user
  status=0
  unshare $as_root --mount --pid --fork --kill-child "$0" "$@" || status=$?
  exit "$status"
fi

place=$DARWIN_PLACE
mkdir "$place/proc" "$place/dev" "$place/shells" "$place/bin"
mount -t proc proc "$place/proc"

# Standard streams by name are files of /proc on Linux.
mount -t tmpfs none "$place/dev"
for device in null zero full random urandom tty; do
  touch "$place/dev/$device" && mount --bind "/dev/$device" "$place/dev/$device"
done
mkdir "$place/dev/shm" && mount -t tmpfs none "$place/dev/shm"
ln -s "$place/proc/self/fd" "$place/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do ln -s "$place/proc/self/fd/${number%:*}" "$place/dev/${number#*:}"; done

for shell in bash sh; do cp "${DARWIN_BASH:-$(readlink -f /bin/bash)}" "$place/shells/$shell"; done
cc -O1 -o "$place/protected" -DSHELLS="\"$place/shells\"" "$here/protected-shell.c"
for shell in $(readlink -f /bin/sh) $(readlink -f /bin/bash); do mount --bind "$place/protected" "$shell"; done

printf '#!%s/shells/bash\necho "${0##*/}: command not found" >&2\nexit 127\n' "$place" >"$place/missing"
chmod 755 "$place/missing"
for program in setsid taskset timeout; do
  for found in /usr/bin/$program /bin/$program; do [ ! -e "$found" ] || mount --bind "$place/missing" "$found"; done
done

mac=$here/../fixtures/hosts/mac-mini-m4-pro
for program in codesign defaults launchctl notifyutil pmset sw_vers sysctl system_profiler uptime vm_stat xcode-select xcodebuild xcrun; do
  printf '#!%s/shells/sh\nexec "%s/bin/%s" "$@"\n' "$place" "$mac" "$program" >"$place/bin/$program"
done
# Whoever asks it gives it next to no environment.
printf '#!/usr/bin/perl\nmy ($proc, $delay) = ("%s", %s);\n' "$place/proc" "${DARWIN_PS_DELAY:-0}" >"$place/bin/ps"
cat "$here/ps.pl" >>"$place/bin/ps"
chmod 755 "$place"/bin/*
for found in /usr/bin/ps /bin/ps; do [ ! -e "$found" ] || mount --bind "$place/bin/ps" "$found"; done

export PATH=$place/bin:$PATH
export NODE_OPTIONS="--import $here/node-on-darwin.ts"
mount --rbind "$place/dev" /dev
mount --bind "$place/bin" /usr/sbin
mount -t tmpfs none /proc
"$@"
