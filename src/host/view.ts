// Where a machine's facts are read from: this machine, or (in tests) a folder of files and a PATH of programs that play one.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measurementError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import type { Variables } from '../model/variables.ts';

/** The eyes of this room. Everything it learns comes through one of these. */
export interface HostView {
  readonly os: 'linux' | 'macos';
  /** Folder that /proc, /sys and /etc are looked for in: `/` for a real machine. */
  readonly root: string;
  /** Processor of the running Node; macOS corrects it under Rosetta. */
  readonly architecture: Architecture;
  readonly environment: Variables;
  /** The process whose descendants are not "other programs". */
  readonly pid: number;
  /** Told of every program of the machine that was asked. */
  readonly heard?: (asked: AskedProgram) => void;
}

/** A question to a program of the machine, and its answer. */
export interface AskedProgram {
  readonly words: readonly string[];
  /** ok: it ended by itself; missing: there is none; hung: killed at the time limit. */
  readonly kind: 'ok' | 'missing' | 'hung';
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** The machine that Bootgauge runs on. Throws a measurement error (exit 3) on a system it does not know. */
export function thisHost(environment: HostView['environment'] = process.env): HostView {
  const os = process.platform === 'darwin' ? 'macos' : process.platform === 'linux' ? 'linux' : null;
  const architecture = process.arch === 'arm64' ? 'arm64' : process.arch === 'x64' ? 'x86_64' : null;
  if (os === null || architecture === null) {
    throw measurementError(
      `Bootgauge does not support ${process.platform} on ${process.arch}`,
      'use Linux or macOS on arm64 or x86_64',
    );
  }
  return { os, root: '/', architecture, environment, pid: process.pid };
}

/** The text of a small file below the view's root, trimmed; empty when it cannot be read. */
export function readHostFile(host: HostView, path: string): string {
  try {
    return readFileSync(join(host.root, path), 'utf8').replaceAll('\0', '').trim();
  } catch {
    return '';
  }
}
