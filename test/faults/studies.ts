// What tests of studies have in common: a study.yml, its report, and emulators that do something at a certain boot.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StudyReport } from '../../src/model/study.ts';
import type { World } from './world.ts';

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
