// Puts the sections of a report into a limited text: whole sections are left out in a stated order, none is ever cut.
import type { Section } from '../report/markdown.ts';
import { code, isEmpty, joined as joinedMarkdown, md } from '../report/markdown-writer.ts';

export interface Limit {
  readonly size: (text: string) => number;
  readonly most: number;
}

/** GitHub's limits, less a little: characters as it counts them are at most UTF-16 units. */
export const commentLimit: Limit = { size: (text) => text.length, most: 65_536 - 512 };
export const summaryLimit: Limit = { size: (text) => Buffer.byteLength(text), most: 1024 * 1024 - 4096 };

/**
 * All sections if they fit. Else those of the highest priority number go, the last of them first, then the next; what is
 * left out is named at the end. When even those that must stay do not fit, they are kept from the first on as long as they do.
 */
export function fitSections(sections: readonly Section[], limit: Limit, where: string): string {
  const filled = sections.filter(({ text }) => !isEmpty(text));
  const leaving = filled
    .map((section, index) => ({ section, index }))
    .filter(({ section }) => section.priority > 0)
    .sort((one, other) => other.section.priority - one.section.priority || other.index - one.index)
    .map(({ section }) => section);
  const left = new Set<Section>();
  const text = (): string => joined(filled, left, where);
  for (const section of leaving) {
    if (limit.size(text()) <= limit.most) return text();
    left.add(section);
  }
  for (const section of filled.toReversed()) {
    if (limit.size(text()) <= limit.most) return text();
    left.add(section);
  }
  return text();
}

function joined(sections: readonly Section[], left: ReadonlySet<Section>, where: string): string {
  const kept = sections.filter((section) => !left.has(section)).map(({ text }) => text);
  const names = [...left].map((section) => section.name.replace(/[^\w/:. -]/g, '?').slice(0, 60));
  const shown =
    names.length > 12
      ? md`${names.length} sections`
      : joinedMarkdown(
          names.map((name) => code(name)),
          ', ',
        );
  const note = left.size === 0 ? [] : [md`Left out, since there is no more room here: ${shown}. ${where}`];
  return `${joinedMarkdown([...kept, ...note]).text}\n`;
}
