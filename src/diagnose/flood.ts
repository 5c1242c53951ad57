// A guest that prints more than is kept of a console: what it said last is then not known, and printing is what took its time.
import type { Boot } from '../model/boot.ts';
import type { Finding } from '../model/report.ts';

export function consoleFlood({ number, console }: Boot): Finding[] {
  if (console.droppedBytes === 0) return [];
  const mebibytes = (count: number): string => `${(count / 2 ** 20).toFixed(1)} MiB`;
  return [
    {
      id: 'console-flood',
      severity: 'warning',
      cause: 'The guest printed more on its console than is kept; what came after that was not read.',
      advice:
        'Look at the end of the console who prints so much, and silence it: each byte of a serial console takes time.',
      evidence: [`${mebibytes(console.bytes.length)} were kept, ${mebibytes(console.droppedBytes)} more came`],
      boots: [number],
    },
  ];
}
