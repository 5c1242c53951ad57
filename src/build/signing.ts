// macOS lets a program use Hypervisor.framework only when it is signed with the entitlement. QEMU's build does that; some trees do
// not by default, so the result is looked at and signed when it is missing.
import { join } from 'node:path';
import { isThere } from '../host/files.ts';
import { hasEntitlement } from '../host/macos/checks.ts';
import { runProgram } from '../host/processes.ts';
import { measurementError } from '../model/errors.ts';
import { lastLine } from '../model/plain-text.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import type { BuildOptions } from './options.ts';

const entitlement = 'com.apple.security.hypervisor';

/** Does nothing elsewhere than on macOS. `scratch` is a folder for a file of entitlements. */
export async function ensureSigned(
  program: string,
  workTree: string,
  scratch: string,
  options: BuildOptions,
): Promise<void> {
  if ((options.platform ?? process.platform) !== 'darwin') return;
  if (await isEntitled(program, options)) return;
  const own = join(workTree, 'accel/hvf/entitlements.plist');
  const file = (await isThere(own)) ? own : join(scratch, 'entitlements.plist');
  if (file !== own) await writeFileAtomically(file, plist);
  const args = ['--entitlements', file, '--force', '-s', '-', program];
  const answer = await codesign(args, options);
  if (answer.code !== 0 || !(await isEntitled(program, options))) {
    throw measurementError(
      `${program} cannot be signed for Hypervisor.framework: ${lastLine(answer.stderr)}`,
      "install Xcode's command line tools: xcode-select --install",
    );
  }
}

async function isEntitled(program: string, options: BuildOptions): Promise<boolean> {
  const answer = await codesign(['-d', '--entitlements', '-', program], options);
  return answer.code === 0 && hasEntitlement(answer.stdout + answer.stderr, entitlement);
}

const codesign = (args: readonly string[], { environment, signal }: BuildOptions) =>
  runProgram('codesign', args, {
    timeoutMs: 60_000,
    signal,
    environment: environment.PATH === undefined ? {} : { PATH: environment.PATH },
    hint: "install Xcode's command line tools: xcode-select --install",
  });

const plist = `<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>${entitlement}</key><true/></dict></plist>
`;
