// The command line of OpenSSH's client, and what its complaints mean. Pure.
// Nothing of the user's is read: no configuration, no agent, no known hosts, no keys but the given one.
import { printable } from '../model/plain-text.ts';

export interface ClientFiles {
  /** Link to the private key; its path has no characters that the client would expand. */
  readonly key: string;
  /** Known hosts with the guest's key, or null when the key is not known beforehand. */
  readonly knownHosts: string | null;
  /** The control socket; with the 17 characters that the client adds it must stay within 104 bytes. */
  readonly control: string;
}

/** The name under which the guest's host key is kept: ports change from boot to boot. */
export const hostAlias = 'bootgauge-guest';

export function clientArguments(
  role: 'master' | 'channel',
  target: {
    readonly user: string;
    readonly port: number;
    readonly files: ClientFiles;
    readonly command: string;
    readonly aliveSeconds?: number;
  },
): string[] {
  const { files } = target;
  const options: Record<string, string> = {
    ControlMaster: role === 'master' ? 'yes' : 'no',
    ControlPath: files.control,
    ControlPersist: 'no',
    IdentityFile: files.key,
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    PreferredAuthentications: 'publickey',
    BatchMode: 'yes',
    HostKeyAlias: hostAlias,
    UserKnownHostsFile: files.knownHosts ?? '/dev/null',
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: files.knownHosts === null ? 'no' : 'yes',
    UpdateHostKeys: 'no',
    ConnectTimeout: '10',
    ConnectionAttempts: '1',
    ServerAliveInterval: String(target.aliveSeconds ?? 5),
    ForwardAgent: 'no',
    ForwardX11: 'no',
    // The client's first choice decides; without it another client version would measure another key exchange.
    KexAlgorithms: '^curve25519-sha256',
    LogLevel: 'ERROR',
  };
  return [
    ...['-F', '/dev/null', '-T', '-p', String(target.port), '-l', target.user],
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...['--', '127.0.0.1', target.command],
  ];
}

/** denied and host-key will not get better by waiting; not-allowed is OpenSSH's penalty; the rest is not up yet. */
export type LoginOutcome = 'ok' | 'denied' | 'host-key' | 'not-allowed' | 'not-ready' | 'timeout';

/** What standard error of a client that ended without a login says. */
export function readComplaint(stderr: string): { readonly outcome: LoginOutcome; readonly detail: string } {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const find = (pattern: RegExp): string | undefined => lines.find((line) => pattern.test(line));
  const rules: readonly [LoginOutcome, RegExp][] = [
    ['not-allowed', /Not allowed at this time/],
    ['host-key', /Host key verification failed|No \S+ host key is known/],
    ['host-key', /REMOTE HOST IDENTIFICATION HAS CHANGED/],
    ['denied', /Permission denied|Too many authentication failures/],
    // Keys that the client itself refuses to use; otherwise the server's denial hides why.
    ['denied', /Load key .*(invalid format|error in libcrypto|Permission)|no such identity/i],
  ];
  const why = find(/UNPROTECTED PRIVATE KEY|Load key|no such identity/i);
  for (const [outcome, pattern] of rules) {
    const line = find(pattern);
    if (line === undefined) continue;
    const detail = why === undefined || why === line ? line : `${line} (${why})`;
    return { outcome, detail: printable(detail) };
  }
  return { outcome: 'not-ready', detail: printable(lines.at(-1) ?? '') };
}
