// report.json: the whole report for programs. `schema` rises when a field changes its meaning or goes; new fields may come.
import type { Report } from '../model/report.ts';

/**
 * The report as JSON, indented by two spaces, one newline at the end. Keys are sorted except that `schema` comes first, so
 * that equal reports are equal bytes whatever built them. Numbers that are not finite become null.
 */
export function jsonReport(report: Report): string {
  return `${JSON.stringify(sorted(report), null, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([left], [right]) => rank(left) - rank(right) || (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sorted(entry)]));
}

const rank = (key: string): number => (key === 'schema' ? 0 : 1);
