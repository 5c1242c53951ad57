// Puts the sections of a report into a limited text: whole sections are left out in a stated order, none is ever cut.
// Each section is measured once; the text is put together once, when it is known to fit.
import { assembled, type Section } from '../report/markdown.ts';
import { code, details, empty, isEmpty, joined, type Markdown, md } from '../report/markdown-writer.ts';

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
  const { measured, folds } = measure(sections, limit);
  const leaving = measured.toSorted(
    (one, other) => other.section.priority - one.section.priority || other.index - one.index,
  );
  const left = new Set<Section>();
  let size = 1 + [...measured, ...folds].reduce((sum, { own }) => sum + own, 0);
  let note = empty;
  for (const { section, own, fold } of leaving) {
    if (size + limit.size(note.text) <= limit.most) break;
    left.add(section);
    size -= own;
    if (fold !== null) {
      fold.members -= 1;
      if (fold.members === 0) size -= fold.own;
    }
    note = noteOf(left, where);
  }
  const kept = measured.map(({ section }) => section).filter((section) => !left.has(section));
  return `${joined([assembled(kept), note]).text}\n`;
}

interface Measured {
  readonly section: Section;
  readonly index: number;
  /** What it adds to the text, at most. */
  readonly own: number;
  readonly fold: MeasuredFold | null;
}

interface MeasuredFold {
  readonly of: string;
  readonly own: number;
  members: number;
}

const between = 2;

/** The sections that say something, and the folds that they make. */
function measure(sections: readonly Section[], limit: Limit) {
  const folds: MeasuredFold[] = [];
  let open: MeasuredFold | null = null;
  const measured = sections
    .filter(({ text }) => !isEmpty(text))
    .map((section, index): Measured => {
      const { text, fold } = section;
      if (fold === undefined) {
        open = null;
        return { section, index, own: limit.size(text.text) + between, fold: null };
      }
      if (open?.of !== fold.of) {
        const frame = details(fold.of === '' ? '' : `${fold.of}: `, md`x`);
        open = { of: fold.of, own: limit.size(frame.text) + between, members: 0 };
        folds.push(open);
      }
      open.members += 1;
      // A heading stands above its text and in the fold's title.
      const heading = limit.size(md`#### ${fold.heading}\n\n${fold.heading} · `.text);
      return { section, index, own: limit.size(text.text) + heading + between, fold: open };
    });
  return { measured, folds };
}

const mostNames = 12;

function noteOf(left: ReadonlySet<Section>, where: string): Markdown {
  const shown =
    left.size > mostNames
      ? md`${left.size} sections`
      : joined(
          [...left].map(({ name }) => code(name.replace(/[^\w/:. -]/g, '?').slice(0, 60))),
          ', ',
        );
  return md`Left out, since there is no more room here: ${shown}. ${where}`;
}
