// bootgauge doctor: what this machine can and cannot do, each with the one thing to do. Exit 0 when runs can be made, else 3.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { type DoctorParts, type Examination, examine } from '../doctor/examine.ts';
import { doctorJson, doctorTable, selfTestTable } from '../doctor/output.ts';
import { selfTest, selfTestReport } from '../doctor/self-test.ts';
import { thisHost } from '../host/view.ts';
import { usageError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import type { QemuChoice } from '../model/scenario.ts';

interface DoctorOptions {
  readonly config?: string;
  readonly qemu?: string | true;
  readonly arch: Architecture;
  readonly json?: true;
  readonly selfTest?: true;
  readonly report?: string;
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
    .option(
      '--self-test',
      'try everything that only this machine can show, with a build and two boots; up to three minutes',
    )
    .option(
      '--report <file>',
      'with --self-test: write a report to paste into an issue, without names and serial numbers',
    )
    .addHelpText('after', '\nExits with 0 when runs can be made here, and with 3 when not. Warnings do not count.')
    .action(async ({ config, qemu, arch, json, selfTest: isTest, report }: DoctorOptions) => {
      const request = { config, qemu: chosen(qemu), architecture: arch };
      if (isTest) return testMachine(request, report, context, parts);
      if (report !== undefined)
        throw usageError('--report belongs to --self-test', 'bootgauge doctor --self-test --report FILE');
      const { facts, checks } = await examine(request, context, parts);
      const ready = checks.every((check) => check.level !== 'problem');
      context.out(json ? doctorJson(facts, checks, context.version) : doctorTable(checks, context.terminal));
      context.finish(ready ? 0 : 3);
    });
}

async function testMachine(
  request: Pick<Examination, 'qemu' | 'architecture'>,
  file: string | undefined,
  context: CommandContext,
  { limit }: DoctorParts,
): Promise<void> {
  const result = await selfTest(request, context, limit);
  context.out(selfTestTable(result.lines, context.terminal));
  if (file !== undefined) {
    const text = selfTestReport(result, context.version, thisHost(context.environment));
    await writeFile(resolve(context.folder, file), text).catch((cause: Error) => {
      throw usageError(
        `the report cannot be written to ${file}: ${cause.message}`,
        'name a file that can be written',
        cause,
      );
    });
    context.out(`${file}\n`);
  }
  context.finish(result.lines.some(({ result: ended }) => ended === 'fails') ? 3 : 0);
}

function chosen(qemu: string | true | undefined): QemuChoice | null {
  if (qemu === undefined) return null;
  return qemu === true ? { from: 'path' } : { from: 'file', path: qemu };
}
