// What is said of a finding besides its cause: on which side, in how many boots, and what it costs.

import type { Finding } from '../model/report.ts';
import { formatCount } from '../model/units.ts';
import { formatValue } from './format.ts';

/** ` (new on head, 3 boots, about 10.2 s per boot)`; empty when there is nothing to say. */
export function findingScope(finding: Finding): string {
  const { sides, boots } = finding;
  const parts = [
    sides === undefined ? '' : sideWords[sides],
    boots.length === 0 ? '' : formatCount(boots.length, 'boot'),
    costWords(finding),
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

const sideWords = { head: 'new on head', base: 'gone on head', both: 'on both sides' };

/** `about 9.00 s per boot on head, 3.00 s on base` where both sides have it and it costs them not the same. */
function costWords({ sides, costMs, baseCostMs }: Finding): string {
  const [head, base] = [costMs, baseCostMs].map((ms) => (ms === undefined ? '' : formatValue(ms, 'ms'))) as [
    string,
    string,
  ];
  if (sides !== 'both' || head === base) return head === '' ? '' : `about ${head} per boot`;
  if (head === '') return `about ${base} per boot on base`;
  return `about ${head} per boot on head${base === '' ? '' : `, ${base} on base`}`;
}
