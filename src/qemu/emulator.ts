// Finds out what a given QEMU is, before anything depends on it: can it be run, is it QEMU, which version and which bytes.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { whyNotExecutable } from '../host/files.ts';
import { runProgram } from '../host/processes.ts';
import { measurementError, usageError } from '../model/errors.ts';
import type { Emulator } from '../model/launch-plan.ts';
import { firstLine } from '../model/plain-text.ts';

const hint = 'name a QEMU that can be run with qemu.binary in bootgauge.yml or with --qemu';

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
  const version = firstLine(answer.stdout);
  if (!/^QEMU emulator version \d/.test(version))
    throw usageError(`${program} is not a QEMU emulator: ${outputOf(answer)}`, hint);
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

function outputOf(answer: { readonly code: number | null; readonly stdout: string; readonly stderr: string }): string {
  const line = firstLine(answer.stdout + answer.stderr);
  return line === '' ? `it printed nothing and ended with code ${answer.code}` : `it printed "${line.slice(0, 120)}"`;
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
