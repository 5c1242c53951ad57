// A question with numbered answers, asked at a terminal.
import { createInterface } from 'node:readline/promises';
import type { CommandContext } from './context.ts';

/** The chosen answer; the first one where nobody sits at a terminal, or where Enter alone is pressed. */
export async function choose<Answer>(
  question: string,
  answers: readonly (readonly [answer: Answer, words: string])[],
  context: CommandContext,
): Promise<Answer> {
  const [first] = answers;
  if (first === undefined) throw new Error(`${question} has no answer`);
  const { keyboard } = context;
  if (answers.length === 1 || keyboard?.isTTY !== true) return first[0];
  context.err(`${question}\n${answers.map(([, words], index) => `  ${index + 1}. ${words}\n`).join('')}`);
  const terminal = createInterface({ input: keyboard });
  try {
    for (;;) {
      context.err(`Number, or Enter for 1: `);
      const typed = (await terminal.question('', { signal: context.signal })).trim();
      const found = typed === '' ? first : answers[Number(typed) - 1];
      if (found) return found[0];
      context.err(`There is no answer ${typed}.\n`);
    }
  } finally {
    terminal.close();
  }
}
