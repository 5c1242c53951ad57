// The files that turn unpacked packages into a guest laid out like Alpine: busybox init, OpenRC, busybox mdev. Part of its identity.
import type { GuestRecipe } from './guest-recipe.ts';
import { openrcScripts } from './overlay-openrc.ts';
import { services } from './overlay-services.ts';

export interface OverlayFile {
  /** Relative to the guest's root. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly text: string;
}

export interface OverlayLink {
  readonly path: string;
  readonly target: string;
}

export interface Overlay {
  readonly folders: readonly { readonly path: string; readonly mode: number }[];
  readonly files: readonly OverlayFile[];
  readonly links: readonly OverlayLink[];
}

export function guestOverlay(recipe: GuestRecipe): Overlay {
  const server = recipe.spec.sshd === 'openssh' ? 'sshd' : 'dropbear';
  const used = Object.entries(services).filter(([name]) => !['sshd', 'dropbear'].includes(name) || name === server);
  const levels = {
    sysinit: ['devfs', 'mdev', 'hwdrivers'],
    boot: ['root', 'modules', 'sysctl', 'hostname', 'bootmisc', 'networking', 'swap'],
    default: [server],
    shutdown: ['killprocs', 'mount-ro'],
  };
  return {
    folders: [
      ...['dev', 'proc', 'sys', 'run', 'mnt', 'etc/dropbear', 'etc/ssh', 'etc/conf.d', 'etc/insserv.conf.d'].map(plain),
      ...['up', 'down', 'pre-up', 'post-down'].map((when) => plain(`etc/network/if-${when}.d`)),
      ...['var', 'var/lib', 'var/log', 'var/empty', 'usr/libexec/bootgauge', 'etc/runlevels'].map(plain),
      ...Object.keys(levels).map((level) => plain(`etc/runlevels/${level}`)),
      { path: 'root', mode: 0o700 },
      { path: 'tmp', mode: 0o1777 },
    ],
    files: [
      ...used.map(([name, text]) => ({ path: `etc/init.d/${name}`, mode: 0o755, text })),
      ...Object.entries(openrcScripts).map(([path, text]) => ({ path, mode: 0o755, text })),
      ...Object.entries(settings(recipe)).map(([path, text]) => ({ path, mode: 0o644, text })),
      {
        path: 'etc/shadow',
        mode: 0o600,
        text: accounts((name) => `${name}:${name === 'root' ? '*' : '!'}:19000:0:::::`),
      },
      { path: 'etc/udhcpc/default.script', mode: 0o755, text: leaseScript },
      { path: 'usr/libexec/bootgauge/ssh-truth', mode: 0o755, text: truthScript },
    ],
    links: [
      ...Object.entries(levels).flatMap(([level, members]) =>
        members.map((name) => ({ path: `etc/runlevels/${level}/${name}`, target: `/etc/init.d/${name}` })),
      ),
      { path: 'var/run', target: '/run' },
      { path: 'var/lock', target: '/run/lock' },
      { path: 'var/tmp', target: '/tmp' },
    ],
  };
}

const plain = (path: string) => ({ path, mode: 0o755 });

const users: readonly (readonly [string, number, string, string])[] = [
  ['root', 0, '/root', '/bin/sh'],
  ['daemon', 2, '/', '/sbin/nologin'],
  ['sshd', 22, '/run/sshd', '/sbin/nologin'],
  ['nobody', 65534, '/', '/sbin/nologin'],
];

function accounts(line: (name: string, id: number, home: string, shell: string) => string): string {
  return users.map((user) => `${line(...user)}\n`).join('');
}

function settings({ tty }: GuestRecipe): Record<string, string> {
  const groups = { root: 0, daemon: 2, tty: 5, disk: 6, uucp: 14, sshd: 22, video: 27, render: 104, nobody: 65534 };
  return {
    'etc/fstab': '/dev/vda / ext4 rw,relatime 0 1\n',
    'etc/group': Object.entries(groups)
      .map(([name, id]) => `${name}:x:${id}:\n`)
      .join(''),
    'etc/passwd': accounts((name, id, home, shell) => `${name}:x:${id}:${id}:${name}:${home}:${shell}`),
    'etc/hostname': 'localhost\n',
    'etc/hosts': '127.0.0.1 localhost\n',
    'etc/issue': 'Bootgauge reference guest\nKernel \\r on \\m (\\l)\n\n',
    'etc/shells': '/bin/sh\n/bin/bash\n',
    'etc/modules': 'virtio_net\n',
    // OpenRC as Debian builds it asks for this file.
    'etc/insserv.conf': '',
    'etc/sysctl.conf': 'net.ipv4.tcp_syncookies = 1\nkernel.panic = 10\n',
    'etc/rc.conf': 'rc_logger="NO"\nrc_parallel="NO"\nrc_tty_number=0\nunicode="YES"\n',
    'etc/profile': 'export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n',
    'etc/inittab': [
      '::sysinit:/sbin/openrc sysinit',
      '::sysinit:/sbin/openrc boot',
      '::wait:/sbin/openrc default',
      `${tty}::respawn:/sbin/getty -L 0 ${tty} vt100`,
      '::ctrlaltdel:/sbin/reboot',
      '::shutdown:/sbin/openrc shutdown',
      '',
    ].join('\n'),
    'etc/mdev.conf': [
      '$MODALIAS=.* root:root 0660 @modprobe -q -b "$MODALIAS"',
      '(null|zero|full|random|urandom) root:root 0666',
      '(tty|ptmx) root:tty 0666',
      'tty.+ root:tty 0660',
      'vd[a-z].* root:disk 0660',
      'dri/card[0-9]+ root:video 0660',
      'dri/renderD[0-9]+ root:render 0666',
      '',
    ].join('\n'),
    'etc/network/interfaces': 'auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n',
    'etc/ssh/sshd_config': [
      'HostKey /etc/ssh/ssh_host_ed25519_key',
      'PidFile /run/sshd.pid',
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'UsePAM no',
      'UseDNS no',
      'Subsystem sftp internal-sftp',
      '',
    ].join('\n'),
  };
}

const leaseScript = `#!/bin/sh
case "$1" in
	deconfig)
		ip link set "$interface" up
		ip addr flush dev "$interface"
		;;
	bound | renew)
		ip addr add "$ip/\${mask:-24}" dev "$interface" 2> /dev/null
		[ -z "$router" ] || ip route replace default via "\${router%% *}" dev "$interface"
		for server in $dns; do
			echo "nameserver $server"
		done > /etc/resolv.conf
		;;
esac
exit 0
`;

// One process for the whole wait, since a process costs tens of milliseconds on an emulated processor: bash connects by
// itself, and its pause is a read with a time limit from a pipe that nobody writes to.
const truthScript = `#!/bin/bash
# Says on the console when the first SSH banner can be had inside the guest.
mkfifo /run/ssh-truth && exec 9<> /run/ssh-truth
until { IFS= read -r -t 30 -n 4 banner <&3 && [ "$banner" = SSH- ]; } 3<> /dev/tcp/127.0.0.1/22; do
	read -r -t 0.01 -u 9
done
printf '\\nbootgauge: ssh-banner\\n' > /dev/console
`;
