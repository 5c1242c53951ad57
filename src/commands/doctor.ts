// bootgauge doctor: what this machine can and cannot do, each with the one thing to do. Exit 0 when runs can be made, else 3.
import { type Command, Option } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { type DoctorParts, examine } from '../doctor/examine.ts';
import { doctorJson, doctorTable } from '../doctor/output.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import type { QemuChoice } from '../model/scenario.ts';

interface DoctorOptions {
  readonly config?: string;
  readonly qemu?: string | true;
  readonly arch: Architecture;
  readonly json?: true;
}

export function defineDoctor(command: Command, context: CommandContext, parts: DoctorParts = {}): void {
  command
    .description(
      'Examines this machine: QEMU and its accelerators (each by a trial boot), ssh, what the reference guest needs, disk, load, power ' +
        'and noise. Every finding comes with the one thing to do about it.',
    )
    .option(
      '-c, --config <file>',
      'configuration file; default: bootgauge.yml here or above, up to the top of the repository',
    )
    .option('--qemu [path]', 'examine this QEMU; without a path the one on PATH')
    .addOption(
      new Option('--arch <architecture>', 'architecture of the guests').choices(['arm64', 'x86_64']).default('arm64'),
    )
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', '\nExits with 0 when runs can be made here, and with 3 when not. Warnings do not count.')
    .action(async ({ config, qemu, arch, json }: DoctorOptions) => {
      const request = { config, qemu: chosen(qemu), architecture: arch };
      const { facts, checks } = await examine(request, context, parts);
      const ready = checks.every((check) => check.level !== 'problem');
      context.out(json ? doctorJson(facts, checks, context.version) : doctorTable(checks, context.terminal));
      context.finish(ready ? 0 : 3);
    });
}

function chosen(qemu: string | true | undefined): QemuChoice | null {
  if (qemu === undefined) return null;
  return qemu === true ? { from: 'path' } : { from: 'file', path: qemu };
}
