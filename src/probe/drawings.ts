// The pictures that a guest must be able to draw, pixel by pixel, and whether it did. The program that draws them is draw/draw.c.
import { printable } from '../model/plain-text.ts';

export interface Drawing {
  readonly name: string;
  /** The colour that must be at a pixel: red, green and blue from 0 to 255. Whole numbers, but for the triangle's blends. */
  readonly colourAt: (x: number, y: number) => readonly [number, number, number];
  /** The metrics that this drawing alone tells. */
  readonly measures?: readonly string[];
}

/** Width and height of each picture. */
export const pictureSide = 80;

/** How far off each colour of a pixel may be: drivers blend and round differently. Every pixel counts. */
const tolerance = 3;

/** No edge comes near the centre of a pixel, so that no driver has a choice. Its corners are red, green and blue. */
const triangle: Drawing['colourAt'] = (x, y) => {
  const [green, blue] = [(x + 0.5 - 8) / 64.5, (y + 0.5 - 8) / 64.5];
  const red = 1 - green - blue;
  return Math.min(red, green, blue) < 0 ? [32, 32, 64] : [red * 255, green * 255, blue * 255];
};

const bars = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 0],
] as const;

/** In the order in which they are drawn; the first one is the first frame. */
export const drawings: readonly Drawing[] = [
  { name: 'triangle', colourAt: triangle },
  { name: 'uniform', colourAt: (x) => bars[Math.floor(x / 20)] ?? [0, 0, 0] },
  { name: 'unbound-uniform', colourAt: triangle },
  {
    name: 'texture',
    colourAt(x, y) {
      const [column, row] = [Math.floor(x / 5), Math.floor(y / 5)];
      return [column * 17, row * 17, (column + row) % 2 === 1 ? 255 : 0];
    },
  },
  { name: 'late-pipeline', colourAt: carpet },
  {
    name: 'frames',
    colourAt: (x, y) => [Math.floor(x / 8) * 25, Math.floor(y / 8) * 25, 128],
    measures: ['frame-time', 'frame-time-p99'],
  },
  { name: 'swap', colourAt: () => [0, 255, 0], measures: ['upload-time'] },
];

/** Sierpinski's carpet, the largest hole that a pixel lies in. */
function carpet(x: number, y: number): readonly [number, number, number] {
  const holes = [1, 2, 3, 4].filter(
    (size) => Math.floor(x / 3 ** (size - 1)) % 3 === 1 && Math.floor(y / 3 ** (size - 1)) % 3 === 1,
  );
  const shade = (holes.at(-1) ?? 0) * 51;
  return [shade, 255 - shade, 128];
}

/** What is wrong with a picture of three bytes a pixel, in words; empty when nothing is. */
export function wrongPixels({ colourAt }: Drawing, pixels: Uint8Array): string {
  let wrong = 0;
  let first = '';
  for (let pixel = 0; pixel < pictureSide ** 2; pixel += 1) {
    const [x, y] = [pixel % pictureSide, Math.floor(pixel / pictureSide)];
    const drawn = pixels.subarray(pixel * 3, pixel * 3 + 3);
    const wanted = colourAt(x, y);
    if (wanted.every((colour, index) => Math.abs((drawn[index] ?? Number.NaN) - colour) <= tolerance)) continue;
    wrong += 1;
    first ||= `at ${x},${y}: ${drawn.join(' ')}, not ${wanted.map(Math.round).join(' ')}`;
  }
  return wrong === 0 ? '' : printable(`${wrong} of ${pictureSide ** 2} pixels are wrong, first ${first}`);
}
