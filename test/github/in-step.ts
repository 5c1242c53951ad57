// A function called as if inside a step of a workflow: with variables of the runner, and with what it says to the runner caught.
import { withVariables } from '../../src/github/secrets.ts';

export async function inStep<T>(
  variables: Readonly<Record<string, string>>,
  work: () => T | Promise<T>,
): Promise<{ readonly result: T; readonly log: string }> {
  let log = '';
  const write = process.stdout.write;
  process.stdout.write = ((text: string) => {
    log += text;
    return true;
  }) as typeof write;
  try {
    return { result: await withVariables(variables, async () => await work()), log };
  } finally {
    process.stdout.write = write;
  }
}
