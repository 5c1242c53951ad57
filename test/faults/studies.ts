// What tests of studies have in common: a study.yml, its report, and emulators that do something at a certain boot.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Boot } from '../../src/model/boot.ts';
import type { StudyReport } from '../../src/model/study.ts';
import { readRun } from '../../src/store/run-folder.ts';
import { goodBoot } from './scripts.ts';
import type { Running, World } from './world.ts';

/** `factors` is YAML, two spaces in; the arms run tcg. The name of the file, to be given to the command. */
export async function writeStudy(world: World, factors: string, sampling: string): Promise<string> {
  const text = `version: 1\nname: test\ncommon: { accel: tcg }\nfactors:\n${factors}sampling: ${sampling}\n`;
  await writeFile(join(world.workspace, 'study.yml'), text);
  return 'study.yml';
}

export const reportOf = (folder: string): StudyReport =>
  JSON.parse(readFileSync(join(folder, 'study-report.json'), 'utf8')) as StudyReport;

/** The same player, but for what a shell does before each boot: `$boot` counts those of all players with this `counter`. */
export async function beforeEachBoot(player: string, counter: string, script: string): Promise<string> {
  const counted = `echo >> '${counter}'\nboot=$(($(wc -l < '${counter}')))\n${script}`;
  const path = `${player}-counted`;
  await writeFile(path, `#!/bin/sh\ncase "$*" in *id=qmp*)\n${counted}\n;;\nesac\nexec '${player}' "$@"\n`, {
    mode: 0o755,
  });
  return path;
}

/** A study of so many equal emulators, the default `one` first, whose boots wait from this one on until `open` is called. */
export async function waitingStudy(world: World, arms: number, fromBoot: number, sampling: string) {
  const gate = join(world.workspace, 'gate');
  const counter = join(world.workspace, 'boots');
  const wait = `[ "$boot" -lt ${fromBoot} ] || until [ -e '${gate}' ]; do sleep 0.05; done`;
  const levels: string[] = [];
  for (const name of ['one', 'two', 'three'].slice(0, arms)) {
    const stderr = `${world.environment.HOME}/firmware: not found\n`;
    const player = await world.player({ ...goodBoot(100), stderr });
    levels.push(`${name}: { qemu: '${await beforeEachBoot(player, counter, wait)}' }`);
  }
  const file = await writeStudy(world, `  emulator: { ${levels.join(', ')} }\n`, sampling);
  const started = async (): Promise<Running> => {
    const running = world.start('study', file, '--exhaustive');
    const isWaiting = (): boolean => existsSync(counter) && readFileSync(counter).length >= fromBoot;
    while (!isWaiting() && running.child.exitCode === null) await delay(20);
    return running;
  };
  return {
    file,
    open: () => writeFile(gate, ''),
    /** Starts it, and resolves when its first boot waits. */
    started,
    /** Starts it, interrupts it while its first boot waits, and resolves to its folder. */
    async interrupted(): Promise<string> {
      const running = await started();
      running.child.kill('SIGINT');
      const { code, stderr } = await running.ended;
      assert.equal(code, 130, stderr);
      const [folder] = world.runs() as [string];
      return folder;
    },
  };
}

export async function bootsOf(folder: string): Promise<Boot[]> {
  const { scenarios } = await readRun(folder);
  return scenarios.flatMap(({ boots }) => boots).sort((a, b) => a.number - b.number);
}

export const edit = (path: string, change: (value: never) => unknown): Promise<void> =>
  writeFile(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as never)));
