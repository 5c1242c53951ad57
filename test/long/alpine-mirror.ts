// A local mirror over real HTTP that stands for Alpine's: its network installer and its packages are made of the reference guest.
// Only the content is made up; ranges, checksums, truncation and refusals are a server's own.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../../src/host/processes.ts';
import { type CpioEntry, writeCpio } from '../../src/kit/cpio.ts';
import type { GuestFiles } from '../../src/kit/guest-entry.ts';
import { newKey } from '../../src/kit/keys.ts';
import { collectModules, dependencyIndex } from '../../src/kit/modules.ts';

export interface Mirror extends AsyncDisposable {
  readonly url: string;
  /** Paths in the order in which they were asked for. */
  readonly asked: string[];
  /** Puts a package there that apk can install. */
  addPackage(name: string): void;
  /** Has the next say about a path: true when it has answered. */
  misbehave: ((path: string, response: ServerResponse) => boolean) | null;
}

/**
 * `folder` is filled with the mirror's files; `archives` holds the packages that the reference guest was made of. Needs debugfs of
 * e2fsprogs, mksquashfs of squashfs-tools, and root for the owners of files.
 */
export async function openMirror(folder: string, reference: GuestFiles, archives: string): Promise<Mirror> {
  const tree = join(folder, 'tree');
  mkdirSync(tree, { recursive: true });
  execFileSync('debugfs', ['-R', `rdump / ${tree}`, reference.disks[0].path], { stdio: 'ignore' });
  rmSync(join(tree, 'lost+found'), { recursive: true, force: true });
  const files = join(folder, 'files');
  await makeInstaller(join(folder, 'live'), tree, reference, archives, join(files, 'v3.22/releases/aarch64'));
  makePackages(join(folder, 'root'), tree, reference, join(files, 'v3.22/main'));
  rmSync(tree, { recursive: true });
  return serve(files);
}

async function makeInstaller(
  live: string,
  tree: string,
  reference: GuestFiles,
  archives: string,
  place: string,
): Promise<void> {
  cpSync(tree, live, { recursive: true, verbatimSymlinks: true });
  put(
    live,
    'init',
    '#!/bin/busybox sh\n/bin/busybox mount -t devtmpfs dev /dev\nexec /sbin/init < /dev/console > /dev/console 2>&1\n',
    0o755,
  );
  put(live, 'usr/sbin/apk', apk, 0o755);
  put(live, 'usr/sbin/mkfs.ext4', '#!/bin/sh\nfor disk; do :; done\nexec busybox mke2fs -F -L root "$disk"\n', 0o755);
  put(live, 'etc/apk/keys/example.rsa.pub', 'a public key\n');
  put(live, 'etc/shadow', 'root::19000:0:::::\n', 0o600);
  const boot = join(dirname(live), 'netboot/boot');
  mkdirSync(boot, { recursive: true });
  const modules = join(live, 'usr/lib/modules');
  execFileSync('mksquashfs', [modules, join(boot, 'modloop-virt'), '-keep-as-directory', '-quiet', '-no-progress']);
  await keepFewModules(modules, archives);
  cpSync(reference.kernel, join(boot, 'vmlinuz-virt'));
  writeFileSync(join(boot, 'initramfs-virt'), gzipSync(writeCpio(entriesOf(live)), { level: 1 }));
  mkdirSync(place, { recursive: true });
  const name = 'alpine-netboot-3.22.9-aarch64.tar.gz';
  execFileSync('tar', ['-czf', join(place, name), '-C', dirname(boot), 'boot']);
  const sha512 = createHash('sha512')
    .update(readFileSync(join(place, name)))
    .digest('hex');
  put(place, `${name}.sha512`, `${sha512}  ${name}\n`);
  put(
    place,
    'latest-releases.yaml',
    `---\n-\n  title: "Netboot"\n  branch: v3.22\n  version: 3.22.9\n  flavor: alpine-netboot\n  file: ${name}\n  sha512: ${sha512}\n`,
  );
  rmSync(live, { recursive: true });
}

/** As Alpine builds its installer: drivers of virtio and squashfs, but no ext4. `archives` holds the kernel's package. */
async function keepFewModules(modules: string, archives: string): Promise<void> {
  const [release] = readdirSync(modules) as [string];
  const ours = join(modules, release);
  rmSync(join(ours, 'kernel/fs'), { recursive: true });
  const name = readdirSync(archives).find((file) => file.startsWith(`linux-image-${release}_`)) ?? 'no kernel package';
  await using folder = await temporaryFolder('bootgauge-kernel-');
  execFileSync('dpkg-deb', ['-x', join(archives, name), folder.path]);
  const all = join(folder.path, 'usr/lib/modules', release);
  const squashfs = await collectModules(all, ['squashfs'], async (path) => execFileSync('xz', ['-dc', path]));
  for (const { path, content } of squashfs) put(ours, path, content);
  const index = readFileSync(join(ours, 'modules.dep'), 'utf8').replaceAll(/^kernel\/fs\/.*\n/gm, '');
  put(ours, 'modules.dep', `${index}${dependencyIndex(squashfs)}`);
}

function makePackages(root: string, tree: string, reference: GuestFiles, place: string): void {
  cpSync(tree, root, { recursive: true, verbatimSymlinks: true });
  const key = newKey('mirror');
  put(root, 'etc/dropbear/dropbear_ed25519_host_key', key.dropbear, 0o600);
  put(root, 'etc/ssh/ssh_host_ed25519_key.pub', `${key.publicKey} mirror\n`);
  put(root, 'boot/vmlinuz-virt', readFileSync(reference.kernel));
  // The reference guest's own ramdisk, without the cache's keys behind it.
  put(root, 'boot/initramfs-virt', readFileSync(join(dirname(reference.kernel), 'initrd')));
  mkdirSync(join(place, 'packages'), { recursive: true });
  execFileSync('tar', ['-czf', join(place, 'base.tar.gz'), '-C', root, '.']);
  for (const name of [
    'alpine-base',
    'openssh',
    'e2fsprogs',
    'mkinitfs',
    'linux-virt',
    'vulkan-tools',
    'mesa-vulkan-virtio',
  ]) {
    put(place, `packages/${name}`, '1.0-r0\n');
  }
  rmSync(root, { recursive: true });
}

async function serve(files: string): Promise<Mirror> {
  const asked: string[] = [];
  let misbehave: Mirror['misbehave'] = null;
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://mirror').pathname);
    asked.push(path);
    if (misbehave?.(path, response)) return;
    let content: Buffer;
    try {
      content = readFileSync(join(files, path));
    } catch {
      response.writeHead(404).end();
      return;
    }
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const range = from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from, ...range });
    response.end(content.subarray(from));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    addPackage: (name) => put(join(files, 'v3.22/main/packages'), name, '2.0-r1\n'),
    set misbehave(say: Mirror['misbehave']) {
      misbehave = say;
    },
    get misbehave() {
      return misbehave;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function put(root: string, path: string, content: string | Buffer, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  rmSync(join(root, path), { force: true });
  writeFileSync(join(root, path), content);
  chmodSync(join(root, path), mode);
}

function entriesOf(root: string, below = ''): CpioEntry[] {
  return readdirSync(join(root, below))
    .sort()
    .flatMap((name): CpioEntry[] => {
      const path = below === '' ? name : `${below}/${name}`;
      const found = lstatSync(join(root, path));
      const mode = found.mode & 0o7777;
      if (found.isSymbolicLink()) return [{ path, kind: 'link', mode: 0o777, content: readlinkSync(join(root, path)) }];
      if (found.isDirectory()) return [{ path, kind: 'folder', mode }, ...entriesOf(root, path)];
      return found.isFile() ? [{ path, kind: 'file', mode, content: readFileSync(join(root, path)) }] : [];
    });
}

/** Takes apk's words and loads from the mirror: the base system comes as one archive, other packages are names with a version. */
const apk = `#!/bin/sh
root=
command=
names=
while [ $# -gt 0 ]; do
	case $1 in
		--root) root=$2; shift ;;
		--arch) shift ;;
		-*) ;;
		add | search | info) command=$1 ;;
		*) names="$names $1" ;;
	esac
	shift
done
repository=$(head -n 1 "$root/etc/apk/repositories")
database=$root/lib/apk/db/names
known() { wget -q -T 20 -O - "$repository/packages/$1"; }
case $command in
	search) for name in $names; do known "$name" > /dev/null 2>&1 && echo "$name"; done ;;
	info) cat "$database" ;;
	add)
		for name in $names; do
			version=$(known "$name") || { echo "ERROR: unable to select packages: $name (no such package)"; exit 1; }
			if [ "$name" = alpine-base ]; then
				wget -q -T 60 -O - "$repository/base.tar.gz" | tar -xzf - -C "$root" || exit 1
			fi
			mkdir -p "$root/lib/apk/db"
			echo "$name-$version" >> "$database"
		done
		;;
esac
`;
