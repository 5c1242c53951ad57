// Which drawings were not right, on which side, and which of them head has lost. Pure.
import type { Boot } from '../model/boot.ts';
import type { Side } from '../model/scenario.ts';
import { formatCount } from '../model/units.ts';
import type { DrawingFacts, DrawingReport, DrawingSide } from '../model/vulkan.ts';

/** Those that were not right in every measured boot; null where nothing was to be drawn. */
export function compareDrawings(boots: readonly Boot[]): DrawingReport[] | null {
  const measured = boots.filter(({ warmup }) => !warmup);
  const drawn = (side: Side): DrawingFacts[] =>
    measured.flatMap((boot) => (boot.side === side ? (boot.vulkan?.drawings ?? []) : []));
  const [base, head] = [drawn('base'), drawn('head')];
  const names = [...new Set([...head, ...base].map(({ name }) => name))];
  if (names.length === 0) return null;
  return names
    .map((name) => ({ name, base: sideOf(name, base), head: sideOf(name, head) }))
    .filter((one) => !isRight(one.base) || !isRight(one.head));
}

/** Never right on head; of `right-on-base` only those that base drew right at least once. */
export function lostDrawings(
  drawings: readonly DrawingReport[],
  which: 'every-drawing' | 'right-on-base',
): readonly DrawingReport[] {
  return drawings.filter(
    ({ base, head }) => head?.right === 0 && (which === 'every-drawing' ? base?.right !== 0 : (base?.right ?? 0) > 0),
  );
}

/** `the drawing texture hangs, and 2 more drawings are wrong or hang`, for a headline. */
export function drawingsInWords(drawings: readonly DrawingReport[]): string {
  const [first, ...others] = drawings;
  if (first === undefined) return '';
  const more = others.length === 0 ? '' : `, and ${formatCount(others.length, 'more drawing')} went wrong`;
  return `the drawing ${first.name.replace(/[^\w-]/g, '')} ${words[first.head?.outcome ?? 'failed']}${more}`;
}

const words: Record<DrawingSide['outcome'], string> = {
  ok: 'is right',
  wrong: 'is wrong',
  timeout: 'hangs',
  failed: 'fails',
  missing: 'is not drawn',
};

const isRight = (side: DrawingSide | null): boolean => side === null || side.right === side.boots;

function sideOf(name: string, drawn: readonly DrawingFacts[]): DrawingSide | null {
  const own = drawn.filter((drawing) => drawing.name === name);
  const right = own.filter(({ outcome }) => outcome === 'ok');
  const shown = own.find(({ outcome }) => outcome !== 'ok') ?? own[0];
  if (shown === undefined) return null;
  const { outcome, detail, picture } = shown;
  return { boots: own.length, right: right.length, outcome, detail, picture };
}
