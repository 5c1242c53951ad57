// What a shell script that starts QEMU tells of the guest: enough for a first bootgauge.yml, read without running it.
import { posix } from 'node:path';
import type { Architecture } from '../model/guests/guest-kind.ts';

export interface LauncherScript {
  /** Relative to the repository. */
  readonly path: string;
  /** The shell that must be named to start it; null where its file may be executed. */
  readonly shell: string | null;
  readonly architecture: Architecture;
  /** The host's port that leads to the guest's SSH; null where the script forwards none. */
  readonly port: ForwardedPort | null;
  /** Where the script finds its QEMU, below the repository; null where it is the one on PATH. */
  readonly binary: string | null;
  /** Accelerator that the script names. */
  readonly accel: 'hvf' | 'kvm' | 'tcg' | null;
  /** Disks, kernels and ramdisks that it names, below the repository. */
  readonly files: readonly string[];
}

export interface ForwardedPort {
  readonly number: number;
  /** A variable of the environment that changes it. */
  readonly variable: string | null;
}

/** The longest script that is read, in bytes. */
export const longestScript = 256 * 1024;

const emulator = /qemu-system-(aarch64|x86_64)/;
const boots = /(?:^|[\s'"(])-(?:M|machine|kernel|drive|hda|cdrom|nic|netdev|device)\b/m;
const comment = /^[ \t]*#.*$/gm;

/** null for a script that starts no QEMU. */
export function readLauncherScript(path: string, text: string, isExecutable = true): LauncherScript | null {
  if (!/^#!.*\b(?:ba|da|z|k)?sh\b/.test(text) && !path.endsWith('.sh')) return null;
  const code = withVariables(text.replace(comment, ''), path);
  const named = emulator.exec(code);
  if (named === null || !boots.test(code)) return null;
  return {
    path,
    shell: isExecutable ? null : (/^#!.*\b((?:ba|da|z|k)?sh)\b/.exec(text)?.[1] ?? 'sh'),
    architecture: named[1] === 'aarch64' ? 'arm64' : 'x86_64',
    port: forwardedPort(code),
    binary: belowRepository(/(?<![\w${}/.-])[\w${}/.-]*qemu-system-(?:aarch64|x86_64)/.exec(code)?.[0] ?? ''),
    accel: accelerator(code),
    files: [...new Set([...code.matchAll(guestFile)].flatMap(([word]) => belowRepository(word) ?? []))],
  };
}

const guestFile =
  /(?<![\w${}/.-])[\w${}/.-]*\/(?:[\w.-]+\.(?:qcow2|raw|img|iso|vmdk)|(?:vmlinu[xz]|bzImage|initramfs|initrd|Image)[\w.-]*)(?![\w/])/g;

/** Paths that the script puts together from its own place and from parts: `$INSTALLED/vmlinuz` -> `$ROOT/installed/vmlinuz`. */
function withVariables(code: string, path: string): string {
  const assigned = [...code.matchAll(/^[ \t]*(?:export[ \t]+)?(\w+)=["']?([^"'\n;]*)/gm)];
  const values = new Map<string, string>();
  for (const [, name = '', value = ''] of assigned) {
    // `$(cd "$(dirname "$0")" && pwd)`: where the script lies.
    if (/\$\{?(?:BASH_SOURCE|0)\b/.test(value) || /^\$\(cd $/.test(value)) values.set(name, `./${posix.dirname(path)}`);
    else if (value.length <= longestValue && /^[\w$./{}-]*\/[\w$./{}-]*$/.test(value)) values.set(name, value);
  }
  // What only grows is no path.
  const once = (text: string): string =>
    text.length > 4 * longestScript
      ? text
      : text.replace(
          /\$(?:(\w+)|\{(\w+)\})(?=\/)/g,
          (word, plain?: string, braced?: string) => values.get(plain ?? braced ?? '') ?? word,
        );
  return once(once(once(code)));
}

const longestValue = 256;

/** Of `hostfwd=tcp:[address]:PORT-[address]:22`, where PORT may be a variable with a default. */
function forwardedPort(code: string): ForwardedPort | null {
  const word = /hostfwd=tcp:[\d.]*:([^-\s,]+)-[\d.]*:22\b/.exec(code.replaceAll(/["']/g, ''))?.[1];
  // `-` also stands in `${PORT:-2222}`.
  const long = /hostfwd=tcp:[\d.]*:(\$\{\w+:-\d+\})-[\d.]*:22\b/.exec(code.replaceAll(/["']/g, ''))?.[1];
  const found = long ?? word;
  if (found === undefined) return null;
  const own = /^\$\{(\w+):-(\d+)\}$/.exec(found);
  if (own) return port(own[2], own[1] ?? null);
  const name = /^\$\{?(\w+)\}?$/.exec(found)?.[1];
  if (name === undefined) return port(found, null);
  const assigned = new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}=["']?(?:\\$\\{(\\w+):-(\\d+)\\}|(\\d+))`, 'm').exec(
    code,
  );
  return assigned === null ? null : port(assigned[2] ?? assigned[3], assigned[1] ?? null);
}

function port(digits: string | undefined, variable: string | null): ForwardedPort | null {
  const number = Number(digits);
  // `${1:-2222}` is the script's first word, and no variable of the environment.
  const named = variable !== null && /^\D/.test(variable) ? variable : null;
  return Number.isInteger(number) && number > 0 && number < 65_536 ? { number, variable: named } : null;
}

function accelerator(code: string): LauncherScript['accel'] {
  const named = /-accel["']?\s+["']?(hvf|kvm|tcg)\b|accel=(hvf|kvm|tcg)\b/.exec(code);
  return (
    ((named?.[1] ?? named?.[2]) as LauncherScript['accel'] | undefined) ?? (/-enable-kvm\b/.test(code) ? 'kvm' : null)
  );
}

/** `$ROOT/build/qemu` and `../build/qemu` -> `build/qemu`; null for what is found on PATH or lies elsewhere. */
function belowRepository(word: string): string | null {
  if (word.startsWith('/') || !word.includes('/')) return null;
  const path = posix.normalize(word.replace(/^\$(?:\w+|\{\w+\})\//, '')).replace(/^(?:\.\.\/)+/, '');
  return path === '' || path.includes('$') || path.startsWith('/') ? null : path;
}
