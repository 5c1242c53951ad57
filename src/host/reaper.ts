// One small sh process per command that outlives it by a moment: when the pipe to it ends, however the command died, it
// kills every registered process group and removes every registered folder. macOS has no parent-death signal.
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { execa } from 'execa';

export interface Reaper {
  /** Environment that marks a process as ours, so that one which started just before a kill is found too (Linux). */
  readonly mark: Readonly<Record<string, string>>;
  readonly pid: number;
  watchGroup(group: number): void;
  forgetGroup(group: number): void;
  watchFolder(path: string): void;
  forgetFolder(path: string): void;
  /** Ends the pipe, as the death of the command would. Resolves when the reaper has done its work. */
  close(): Promise<void>;
}

/** The reaper of this command, started when first needed. Does not keep the command alive. */
export function reaper(): Reaper {
  current ??= openReaper();
  return current;
}
let current: Reaper | null = null;

/** Starts a reaper of its own. */
export function openReaper(): Reaper {
  const token = randomBytes(12).toString('hex');
  const running = execa('/bin/sh', ['-c', script, 'bootgauge-reaper', token], {
    detached: true,
    cleanup: false,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    extendEnv: false,
    reject: false,
  });
  const child = running.nodeChildProcess;
  child.unref();
  const pipe = child.stdin as Socket;
  pipe.unref();
  pipe.on('error', () => {});
  const say = (line: string): void => void pipe.write(`${line}\n`);
  return {
    mark: { [markName]: token },
    pid: child.pid ?? 0,
    watchGroup: (group) => say(`+g ${group}`),
    forgetGroup: (group) => say(`-g ${group}`),
    watchFolder: (path) => say(`+d ${escaped(path)}`),
    forgetFolder: (path) => say(`-d ${escaped(path)}`),
    async close() {
      child.ref();
      pipe.end();
      await running;
    },
  };
}

const markName = 'BOOTGAUGE_PROCESS';

/** For printf %b: a path may hold a newline or a backslash, a line may not. */
const escaped = (path: string): string => path.replaceAll('\\', '\\0134').replaceAll('\n', '\\0012');

// The trailing dot keeps newlines at a path's end from being cut by the command substitution. The search through /proc finds
// what was started in the instant between spawn and registration, or has left its group.
const script = `
trap '' INT TERM HUP QUIT TSTP
token=$1
shift
groups=' '
while IFS= read -r line; do
  value=\${line#???}
  case $line in
    [+-]d*) value=$(printf '%b.' "$value"); value=\${value%.} ;;
  esac
  case $line in
    +g*) groups="$groups$value " ;;
    -g*) case $groups in *" $value "*) groups="\${groups%%" $value "*} \${groups#*" $value "}" ;; esac ;;
    +d*) set -- "$@" "$value" ;;
    -d*) for folder do shift; [ "$folder" = "$value" ] || set -- "$@" "$folder"; done ;;
  esac
done
for group in $groups; do kill -KILL -"$group" 2>/dev/null; done
if [ -d /proc/self ]; then
  for found in $(grep -lsa "${markName}=$token" /proc/[0-9]*/environ); do
    found=\${found#/proc/}
    kill -KILL "\${found%/environ}" 2>/dev/null
  done
fi
for again in 1 2 3; do
  left=
  for folder do rm -rf -- "$folder" 2>/dev/null; [ -e "$folder" ] && left=yes; done
  [ "$left" ] || break
  sleep 1
done
exit 0
`;
