// Finds out what a given QEMU is, before anything depends on it: can it be run, is it QEMU, which version and which bytes.
import { createHash } from 'node:crypto';
import { accessSync, constants, createReadStream, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { runProgram } from '../host/processes.ts';
import { measurementError, usageError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import type { Emulator } from '../model/launch-plan.ts';

const hint = 'name a QEMU that can be run with qemu.binary in bootgauge.yml or with --qemu';

/** Name of QEMU's program for a guest architecture. */
export function emulatorName(architecture: Architecture): string {
  return architecture === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64';
}

/** First executable file of this name on PATH, or null. */
export function findOnPath(name: string, path: string = process.env.PATH ?? ''): string | null {
  const candidates = path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => resolve(join(folder, name)));
  return candidates.find((candidate) => whyNotExecutable(candidate) === null) ?? null;
}

/**
 * Describes the QEMU at `path`. Throws a usageError when it is missing, not executable or not QEMU, and a measurementError when
 * it does not answer `--version` within the time limit.
 */
export async function describeEmulator(
  path: string,
  origin: Emulator['origin'],
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Emulator> {
  const program = resolve(path);
  const why = whyNotExecutable(program);
  if (why !== null) throw usageError(`QEMU cannot be used: ${program} ${why}`, hint);
  const environment = options.environment ?? {};
  // macOS examines a new program for seconds when it is first started.
  const timeoutMs = options.timeoutMs ?? (process.platform === 'darwin' ? 20_000 : 5000);
  const answer = await runProgram(program, ['--version'], {
    timeoutMs,
    environment,
    hint,
    maximumBytes: 64 * 1024,
    ...(options.signal && { signal: options.signal }),
  });
  if (answer.timedOut) {
    throw measurementError(`${program} --version did not end within ${timeoutMs / 1000} s`, hint);
  }
  const version = answer.stdout.split('\n')[0]?.trim() ?? '';
  if (!/^QEMU emulator version \d/.test(version))
    throw usageError(`${program} is not a QEMU emulator: ${said(answer)}`, hint);
  const { digest, mentionsGranule } = await readBinary(program);
  return {
    origin,
    program,
    leadingArguments: [],
    environment,
    version,
    digest,
    ...(mentionsGranule ? { hasIpaGranule: true as const } : {}),
  };
}

function whyNotExecutable(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return 'is not a file';
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'may not be executed' : 'does not exist';
  }
}

function said(answer: { readonly code: number | null; readonly stdout: string; readonly stderr: string }): string {
  const line = (answer.stdout + answer.stderr).trim().split('\n')[0] ?? '';
  return line === '' ? `it printed nothing and ended with code ${answer.code}` : `it said "${line.slice(0, 120)}"`;
}

const granuleProperty = 'ipa-granule-size';

/** sha256, and whether the name of the accelerator's property stands in the binary: no QEMU lists properties of accelerators. */
async function readBinary(path: string): Promise<{ readonly digest: string; readonly mentionsGranule: boolean }> {
  const hash = createHash('sha256');
  let mentionsGranule = false;
  let end = '';
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer);
    const text = end + (chunk as Buffer).toString('latin1');
    mentionsGranule ||= text.includes(granuleProperty);
    end = text.slice(-granuleProperty.length);
  }
  return { digest: hash.digest('hex'), mentionsGranule };
}
