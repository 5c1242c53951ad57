// Error -> what a person reads. Text may quote a guest's console, which is hostile: it is made harmless here.
import { BootgaugeError } from '../model/errors.ts';
import { withoutCommands } from '../model/plain-text.ts';

/** The message, the one thing to do, and with 'with causes' the chain of causes with the innermost stack. */
export function describeError(
  error: unknown,
  terminal: { readonly colour: boolean },
  detail: 'short' | 'with causes',
): string {
  const label = terminal.colour ? '\u001b[31;1merror:\u001b[0m' : 'error:';
  const lines = [harmless(messageOf(error))];
  if (error instanceof BootgaugeError && error.hint !== '') lines.push(harmless(error.hint));
  const causes = causesOf(error);
  if (detail === 'with causes') {
    lines.push(...causes.map((cause) => `caused by: ${harmless(messageOf(cause))}`));
    const innermost = causes.at(-1) ?? error;
    if (innermost instanceof Error && innermost.stack) lines.push(harmless(innermost.stack));
  } else if (causes.length > 0) {
    lines.push('(--verbose shows what caused it)');
  }
  return `${label} ${lines.join('\n')}\n`;
}

/** Text for an error that nobody expected: ours to mend, so it asks for a report and shows everything. */
export function describeFault(error: unknown, version: string): string {
  const stack = error instanceof Error && error.stack ? error.stack : messageOf(error);
  const causes = causesOf(error).map((cause) => `caused by: ${messageOf(cause)}`);
  return `error: ${harmless([stack, ...causes].join('\n'))}

This is a fault in Bootgauge itself, not in what you gave it. Boots that ended before it are kept in .bootgauge/runs.
Please report it with the text above and this line:
  bootgauge ${version}, Node ${process.version}, ${process.platform} ${process.arch}
`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  let current = error instanceof Error ? error.cause : undefined;
  while (current !== undefined && !causes.includes(current)) {
    causes.push(current);
    current = current instanceof Error ? current.cause : undefined;
  }
  return causes;
}

/** Shows control characters as \xNN and takes the meaning from text that a CI runner would read as a command of its own. */
function harmless(text: string): string {
  return withoutCommands(
    text.replace(
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    ),
  );
}
