// bootgauge schema: the JSON Schema of bootgauge.yml, for editors.
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';

export function registerSchema(_program: Command, _context: CommandContext): void {}
