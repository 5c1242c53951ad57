// Puts the sections of a report into a limited text: whole sections are left out in a stated order, none is ever cut.

export interface Section {
  readonly name: string;
  readonly text: string;
  /** 0 must stay; of the others the highest goes first. */
  readonly priority: number;
}

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
  const filled = sections.filter((section) => section.text !== '');
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
  const kept = sections.filter((section) => !left.has(section)).map((section) => section.text);
  const names = [...left].map((section) => section.name.replace(/[^\w/:. -]/g, '?').slice(0, 60));
  const shown = names.length > 12 ? `${names.length} sections` : names.map((name) => `\`${name}\``).join(', ');
  const note = left.size === 0 ? [] : [`Left out, since there is no more room here: ${shown}. ${where}`];
  return `${[...kept, ...note].join('\n\n')}\n`;
}
