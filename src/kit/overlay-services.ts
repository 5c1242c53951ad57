// The guest's OpenRC services, named and worded as Alpine's are: the lines that they print are what a boot is timed by.

const service = (text: string): string => `#!/sbin/openrc-run\n${text}`;

/** Name -> text of /etc/init.d/<name>. */
export const services: Readonly<Record<string, string>> = {
  sysfs: service(`depend() {
	keyword -prefix
}
start() {
	mountinfo -q /sys && return 0
	ebegin "Mounting /sys"
	mount -n -t sysfs -o nodev,noexec,nosuid sysfs /sys
	eend $?
}
`),
  devfs: service(`depend() {
	provide dev-mount
	before dev
	keyword -prefix
}
start() {
	ebegin "Mounting /dev"
	mountinfo -q /dev || mount -n -t devtmpfs -o exec,nosuid,mode=0755 dev /dev
	mkdir -p /dev/pts /dev/shm
	mount -n -t devpts -o noexec,nosuid,gid=5,mode=0620 devpts /dev/pts
	mount -n -t tmpfs -o nodev,nosuid,mode=1777 shm /dev/shm
	[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
	eend 0
}
`),
  mdev: service(`depend() {
	provide dev
	need sysfs dev-mount
	keyword -prefix
}
start() {
	ebegin "Starting busybox mdev"
	[ ! -e /proc/sys/kernel/hotplug ] || echo /sbin/mdev > /proc/sys/kernel/hotplug
	eend $?
	ebegin "Scanning hardware for mdev"
	mdev -s
	eend $?
}
`),
  // By the buses and not by `find /sys`, which takes an emulated processor seconds. The second pass is for devices that the first
  // one's drivers brought up.
  hwdrivers: service(`depend() {
	need dev
	keyword -prefix
}
load() {
	sort -u /sys/bus/*/devices/*/modalias | xargs modprobe -b -a 2> /dev/null
}
start() {
	ebegin "Loading hardware drivers"
	load
	load
	eend 0
}
`),
  root: service(`depend() {
	need dev
	keyword -prefix
}
start() {
	ebegin "Remounting root filesystem read/write"
	mount -o remount,rw /
	eend $?
}
`),
  modules: service(`depend() {
	need sysfs
	before networking
	keyword -prefix
}
start() {
	ebegin "Loading modules"
	while read -r module; do
		modprobe -q "$module"
	done < /etc/modules
	eend 0
}
`),
  sysctl: service(`depend() {
	after modules
	keyword -prefix
}
start() {
	ebegin "Configuring kernel parameters"
	sysctl -q -p /etc/sysctl.conf
	eend $?
}
`),
  hostname: service(`start() {
	ebegin "Setting hostname"
	hostname -F /etc/hostname
	eend $?
}
`),
  bootmisc: service(`depend() {
	need root
	before networking
	keyword -prefix
}
start() {
	ebegin "Creating user login records"
	: > /run/utmp
	mkdir -p -m 0755 /run/sshd
	eend $?
}
`),
  networking: service(`depend() {
	need root
	after bootmisc hostname modules dev
	provide net
	keyword -prefix
}
start() {
	ebegin "Starting networking"
	eindent
	for interface in lo eth0; do
		ebegin "$interface"
		# As on Alpine, what the DHCP client says is seen.
		ifup "$interface" > /dev/null
		eend $?
	done
	eoutdent
	return 0
}
`),
  swap: service(`depend() {
	after dev root
	keyword -prefix
}
start() {
	ebegin "Activating swap devices"
	swapon -a > /dev/null
	eend 0
}
`),
  dropbear: sshServer(
    'dropbear',
    '--exec /usr/sbin/dropbear -- -s -P /run/dropbear.pid -r /etc/dropbear/dropbear_ed25519_host_key',
  ),
  sshd: sshServer('sshd', '--exec /usr/sbin/sshd'),
  killprocs: service(`start() {
	ebegin "Terminating remaining processes"
	kill_all 15
	eend 0
}
`),
  'mount-ro': service(`depend() {
	after killprocs
}
start() {
	ebegin "Remounting / read only"
	mount -o remount,ro /
	eend $?
}
`),
};

/** The truth helper is asked for by the kernel command line; reading that with the shell's own words costs no process. */
function sshServer(name: string, startStop: string): string {
  return service(`depend() {
	need net
	after dev
	keyword -prefix
}
start() {
	read -r commandline < /proc/cmdline
	case " $commandline " in
		*" bootgauge.truth=1 "*) /usr/libexec/bootgauge/ssh-truth > /dev/null 2>&1 & ;;
	esac
	ebegin "Starting ${name}"
	start-stop-daemon --start --pidfile /run/${name}.pid ${startStop}
	eend $?
}
stop() {
	ebegin "Stopping ${name}"
	start-stop-daemon --stop --pidfile /run/${name}.pid
	eend $?
}
`);
}
