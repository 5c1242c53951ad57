// The shell scripts that install Alpine from inside of its own network installer, and that finish it at its first boot. Pure text.
// Every step leaves a stamp on the new disk: an installation that failed goes on behind the last good one.
import type { AlpineGuest } from '../model/guests/alpine.ts';
import { alpineArchitecture } from './alpine-release.ts';
import { vulkanPackages } from './alpine-vulkan.ts';

/** Raised when the scripts change what they install. */
export const recipeVersion = 2;

/** Packages that every guest of a release gets, where the mirror has them. */
function wanted(release: string): string[] {
  const { loader, tools, venus, software } = vulkanPackages(release);
  return [loader, tools, ...(venus === null ? [] : [venus]), software, 'mesa-dri-gallium'];
}

export interface InstallInput {
  readonly guest: AlpineGuest;
  /** `v3.22` or `edge`. */
  readonly branch: string;
  /** As the guest reaches it. */
  readonly mirror: string;
  readonly authorizedKey: string;
}

export const serialTty = (guest: Pick<AlpineGuest, 'architecture'>): string =>
  guest.architecture === 'arm64' ? 'ttyAMA0' : 'ttyS0';

/**
 * Runs in the live system as root. Disks: /dev/vda becomes the system, /dev/vdc receives a tar archive with kernel, initial
 * ramdisk and the list of packages, /dev/vdd holds the modules of the installer's kernel: its ramdisk knows no ext4. `user.sh`
 * beside the script is the user's own.
 */
export function installScript({ guest, branch, mirror, authorizedKey }: InstallInput): string {
  const tty = serialTty(guest);
  return `#!/bin/sh
seed=$(cd "$(dirname "$0")" && pwd)
mnt=/mnt
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

step() { echo "bootgauge-step $1"; current=$1; }
done_already() { [ -e "$mnt/.bootgauge/$1" ]; }
stamp() { mkdir -p "$mnt/.bootgauge" && : > "$mnt/.bootgauge/$1" && sync; }
die() { sync; echo "bootgauge-failed $current: $*"; exit 1; }
# Mirrors fail now and then: three times, then it is said.
try() {
	for attempt in 1 2 3; do
		"$@" && return 0
		sleep $((attempt * 2))
	done
	return 1
}
apk_in() { apk --root "$mnt" --no-progress "$@"; }

step network
if ! ip route 2>/dev/null | grep -q '^default'; then
	modprobe -q af_packet
	ip link set eth0 up || die 'no network interface eth0'
	try udhcpc -i eth0 -n -q -t 5 || die 'no address from DHCP'
fi

step modules
knows_ext4() { grep -qw ext4 /proc/filesystems || modprobe -q ext4; }
if ! knows_ext4; then
	modprobe -q squashfs
	mkdir -p /.modloop /lib/modules
	mount -t squashfs -o ro /dev/vdd /.modloop || die 'the modules of the installer cannot be mounted'
	[ -d "/.modloop/modules/$(uname -r)" ] || die "the installer has no modules for its kernel $(uname -r)"
	mount -o bind /.modloop/modules /lib/modules || die 'the modules of the installer cannot be put in place'
	knows_ext4 || die 'the kernel of the installer knows no ext4'
fi

step disk
[ -b /dev/vda ] || die 'no disk /dev/vda'
if ! mount -t ext4 /dev/vda "$mnt" 2>/dev/null; then
	command -v mkfs.ext4 > /dev/null || try apk --no-progress add e2fsprogs || die 'e2fsprogs cannot be installed'
	mkfs.ext4 -q -F -L root /dev/vda || die 'the disk cannot be formatted'
	mount -t ext4 /dev/vda "$mnt" || die 'the disk cannot be mounted'
fi

step base
if ! done_already base; then
	mkdir -p "$mnt/etc/apk/keys"
	cp /etc/apk/keys/* "$mnt/etc/apk/keys/" || die 'the live system has no keys of packages'
	cat > "$mnt/etc/apk/repositories" <<-'END'
		${mirror}/${branch}/main
		${mirror}/${branch}/community
	END
	try apk_in --arch ${alpineArchitecture[guest.architecture]} --update-cache --initdb add alpine-base openssh e2fsprogs mkinitfs || die 'the base system cannot be installed'
	stamp base
fi
for fs in proc sys dev; do
	mkdir -p "$mnt/$fs"
	mount -o bind "/$fs" "$mnt/$fs" || die "/$fs cannot be bound"
done
cp /etc/resolv.conf "$mnt/etc/resolv.conf" 2> /dev/null

step kernel
if ! done_already kernel; then
	mkdir -p "$mnt/etc/mkinitfs"
	echo 'features="base ext4 kms virtio"' > "$mnt/etc/mkinitfs/mkinitfs.conf"
	try apk_in add linux-${guest.flavor}${guest.flavor === 'lts' ? ' linux-firmware-none' : ''} || die 'the kernel cannot be installed'
	ls "$mnt"/boot/vmlinuz-* > /dev/null || die 'there is no kernel in /boot'
	stamp kernel
fi

step packages
if ! done_already packages; then
	list='${guest.packages.map(quotedWord).join(' ')}'
	for name in ${wanted(guest.release).join(' ')}; do
		# Mirrors and architectures differ in what they have.
		apk_in search -q -x "$name" | grep -q . && list="$list $name"
	done
	if [ -n "$list" ]; then
		try apk_in add $list || die "packages cannot be installed: $list"
	fi
	stamp packages
fi

step settings
if ! done_already settings; then
	cat > "$mnt/etc/fstab" <<-'END'
		/dev/vda / ext4 rw,relatime 0 1
	END
	mkdir -p "$mnt/etc/network"
	cat > "$mnt/etc/network/interfaces" <<-'END'
		auto lo
		iface lo inet loopback

		auto eth0
		iface eth0 inet dhcp
	END
	echo localhost > "$mnt/etc/hostname"
	grep -q '^${tty}:' "$mnt/etc/inittab" || echo '${tty}::respawn:/sbin/getty -L 0 ${tty} vt100' >> "$mnt/etc/inittab"
	grep -q '^${tty}$' "$mnt/etc/securetty" 2> /dev/null || echo ${tty} >> "$mnt/etc/securetty"
	enable() {
		level=$1
		shift
		mkdir -p "$mnt/etc/runlevels/$level"
		for service; do
			[ -e "$mnt/etc/init.d/$service" ] && ln -sf "/etc/init.d/$service" "$mnt/etc/runlevels/$level/$service"
		done
		return 0
	}
	enable sysinit devfs dmesg mdev hwdrivers cgroups
	enable boot root modules hwclock swap hostname sysctl bootmisc syslog networking seedrng urandom
	enable default sshd
	enable shutdown killprocs savecache mount-ro
	mkdir -p "$mnt/root/.ssh"
	chmod 700 "$mnt/root" "$mnt/root/.ssh"
	echo '${authorizedKey}' > "$mnt/root/.ssh/authorized_keys"
	chmod 600 "$mnt/root/.ssh/authorized_keys"
	# Now, not at the first boot: they take seconds.
	[ ! -x "$mnt/usr/bin/ssh-keygen" ] || chroot "$mnt" ssh-keygen -A || die 'host keys cannot be made'
	stamp settings
fi

step user-script
if [ -e "$seed/user.sh" ] && ! done_already user-script; then
	cp "$seed/user.sh" "$mnt/root/bootgauge-user.sh"
	chroot "$mnt" /bin/sh /root/bootgauge-user.sh || die 'your script failed'
	rm -f "$mnt/root/bootgauge-user.sh"
	stamp user-script
fi

step export
out=/tmp/bootgauge-export
mkdir -p "$out"
kernel=$(ls "$mnt"/boot/vmlinuz-* | head -n 1)
initrd=$(ls "$mnt"/boot/initramfs-* | head -n 1)
[ -n "$initrd" ] || die 'there is no initramfs in /boot'
cp "$kernel" "$out/kernel" && cp "$initrd" "$out/initrd" || die 'kernel and initramfs cannot be taken out'
apk_in info -v 2> /dev/null | sort > "$out/packages"
cat "$mnt"/etc/ssh/ssh_host_ed25519_key.pub > "$out/host-key" 2> /dev/null
tar -cf /dev/vdc -C "$out" . || die 'kernel and initramfs cannot be taken out'
for fs in dev sys proc; do umount "$mnt/$fs"; done
sync
umount "$mnt" || die 'the disk cannot be unmounted'
sync
step installed
`;
}

/** Runs over SSH in the installed system at its first boot: what only a first boot does must not be measured later. */
export const settleScript = `set -e
# A swap signature has the page size of the kernel that made it; this one may have another.
swaps=$(awk '$3 == "swap" && $1 !~ /^#/ { print $1 }' /etc/fstab)
for device in $swaps; do
	grep -q "^$(readlink -f "$device") " /proc/swaps && continue
	mkswap "$device" > /dev/null && swapon "$device" && echo "swap on $device was made anew"
done
for key in /etc/ssh/ssh_host_ed25519_key.pub; do [ ! -e "$key" ] || cat "$key"; done
sync
`;

const quotedWord = (word: string): string => word.replaceAll("'", '');
