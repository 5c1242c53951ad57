// What is said of a finding besides its cause: on which side, in how many boots, and what it costs.
import type { Finding } from '../model/report.ts';
import { formatCount, formatValue } from './format.ts';

/** ` (new on head, 3 boots, about 10.2 s of each)`; empty when there is nothing to say. */
export function findingScope({ sides, boots, costMs }: Finding): string {
  const parts = [
    sides === undefined ? '' : sideWords[sides],
    boots.length === 0 ? '' : formatCount(boots.length, 'boot'),
    costMs === undefined ? '' : `about ${formatValue(costMs, 'ms')} of ${boots.length === 1 ? 'it' : 'each'}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

const sideWords = { head: 'new on head', base: 'gone on head', both: 'on both sides' };
