// The shell half of OpenRC with few processes: Debian's starts some twenty for each service, and one costs an emulated processor
// 30 to 60 ms. Its programs, the order of the services and the words on the console stay.

const functions = `# Messages as OpenRC writes them.
PATH=/usr/lib/rc/bin:/bin:/sbin:/usr/bin:/usr/sbin
export PATH
einfo() { printf ' * %*s%s\\n' "\${EINFO_INDENT:-0}" '' "$*"; }
ewarn() { einfo "$@" >&2; }
eerror() {
	einfo "$@" >&2
	return 1
}
ebegin() { printf ' * %*s%s ...' "\${EINFO_INDENT:-0}" '' "$*"; }
eend() {
	local result=\${1:-0}
	[ $# -eq 0 ] || shift
	if [ "$result" -eq 0 ]; then
		echo ' [ ok ]'
	else
		[ $# -eq 0 ] || einfo "$@"
		echo ' [ !! ]'
	fi
	return "$result"
}
eindent() { EINFO_INDENT=$((\${EINFO_INDENT:-0} + 2)); }
eoutdent() { EINFO_INDENT=$((EINFO_INDENT - 2)); }
`;

const runService = `#!/bin/sh
# openrc-run says which script, and which of its functions.
. /usr/lib/rc/sh/functions.sh
script=$1
shift
start() { :; }
stop() { :; }
. "$script"
for wanted; do
	"$wanted" || exit
done
`;

const dependencies = `#!/bin/sh
# What openrc keeps as its cache of dependencies.
need() { echo "$service ineed $*"; }
use() { echo "$service iuse $*"; }
want() { echo "$service iwant $*"; }
before() { echo "$service ibefore $*"; }
after() { echo "$service iafter $*"; }
provide() { echo "$service iprovide $*"; }
keyword() { echo "$service keyword $*"; }
cd /etc/init.d || exit
for service in *; do
	depend() { :; }
	. "./$service"
	echo "$service"
	depend
done
`;

/** Path in the guest -> text; each is an executable script. */
export const openrcScripts: Readonly<Record<string, string>> = {
  'usr/lib/rc/sh/functions.sh': functions,
  'usr/lib/rc/sh/openrc-run.sh': runService,
  'usr/lib/rc/sh/gendepends.sh': dependencies,
};
