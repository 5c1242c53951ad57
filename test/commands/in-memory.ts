// The whole program in memory, in a folder of its own.
import type { CommandContext } from '../../src/cli/context.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { RecordedScenario } from '../../src/model/run.ts';
import { runProgram } from '../../src/program.ts';
import { createRunFolder, writeBoot, writeRun } from '../../src/store/run-folder.ts';
import { exampleRecordedScenario, exampleRun } from '../examples/run.ts';

/** Runs a command as if it were started in `folder`. */
export const runIn = (folder: string, ...args: readonly string[]) =>
  runWith({ folder, terminal: { isTerminal: false, columns: 100, colour: false } }, args);

export async function runWith(
  changes: Partial<CommandContext> & Pick<CommandContext, 'folder'>,
  args: readonly string[],
) {
  let [out, err] = ['', ''];
  const code = await runProgram(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    environment: {},
    signal: new AbortController().signal,
    progress: () => {},
    terminal: { isTerminal: false, columns: 80, colour: false },
    version: '1.2.3',
    finish: () => {},
    ...changes,
  });
  return { code, out, err };
}

/** Writes a run below `root`; answers its folder. */
export async function storeRun(
  root: string,
  id: string,
  boots: readonly Boot[],
  overrides: Partial<RecordedScenario> = {},
): Promise<string> {
  const recorded = { ...exampleRun([exampleRecordedScenario(boots, overrides)]), id };
  const folder = await createRunFolder(root, id);
  await writeRun(folder, recorded);
  for (const boot of boots) await writeBoot(folder, boot);
  return folder;
}
