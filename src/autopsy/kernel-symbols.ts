// Names for addresses in a guest's kernel: from a System.map beside it, or from the table of names (kallsyms) in the kernel file itself,
// as scripts/kallsyms.c writes it. Addresses are told from the kernel's first byte on, since each boot may put it elsewhere.
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface KernelSymbols {
  /** Of the first byte, in rising order with `names`. */
  readonly offsets: readonly number[];
  readonly names: readonly string[];
  /** A symbol's distance from the first byte; null when there is none of that name. */
  offsetOf(name: string): number | null;
}

/** null: neither is at hand. Never rejects. */
export async function kernelSymbols(kernel: string): Promise<KernelSymbols | null> {
  try {
    return (await systemMap(dirname(kernel))) ?? readKallsyms(unpacked(await readFile(kernel)));
  } catch {
    return null;
  }
}

/** `name+0x1c`; empty outside of the kernel. */
export function placeAt({ offsets, names }: KernelSymbols, offset: number): string {
  let [low, high] = [0, offsets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] as number) <= offset) low = middle + 1;
    else high = middle;
  }
  const start = offsets[low - 1];
  return start === undefined || offset - start > longestFunction
    ? ''
    : `${names[low - 1]}+0x${(offset - start).toString(16)}`;
}

/** Behind the last one nothing is named. */
const longestFunction = 1 << 20;

async function systemMap(folder: string): Promise<KernelSymbols | null> {
  const names = (await readdir(folder)).filter((name) => /^System\.map/.test(name));
  if (names.length !== 1) return null;
  const text = await readFile(join(folder, names[0] as string), 'latin1');
  const found = [...text.matchAll(/^([0-9a-f]{16}) [a-zA-Z] (\S{1,128})$/gm)].map(
    ([, address = '', name = '']) => [BigInt(`0x${address}`), name] as const,
  );
  const first = found.find(([, name]) => name === '_text' || name === '_stext')?.[0];
  if (first === undefined) return null;
  return symbolsOf(found.filter(([at]) => at >= first).map(([at, name]) => [Number(at - first), name]));
}

function symbolsOf(found: readonly (readonly [number, string])[]): KernelSymbols {
  const sorted = found.toSorted(([one], [other]) => one - other);
  const byName = new Map(sorted.map(([offset, name]) => [name, offset]));
  return {
    offsets: sorted.map(([offset]) => offset),
    names: sorted.map(([, name]) => name),
    offsetOf: (name) => byName.get(name) ?? null,
  };
}

/** An arm64 Image as it is or compressed with gzip; others hold their table where it cannot be read. */
function unpacked(file: Buffer): Buffer {
  return file.readUInt16BE(0) === 0x1f8b ? gunzipSync(file) : file;
}

const digits = Buffer.from(`${'0123456789'.split('').join('\0')}\0`, 'latin1');

/** The table of tokens is found by the digits, which stand in it for themselves; all else lies around it. */
function readKallsyms(image: Buffer): KernelSymbols | null {
  for (let found = image.indexOf(digits); found >= 0; found = image.indexOf(digits, found + 1)) {
    const table = tokensAround(image, found);
    if (table === null) continue;
    const named = readNames(image, findMarkers(image, table.start), table.tokens);
    const all = named.map((name, index) => [image.readInt32LE(table.end + 4 * index), name.slice(1)] as const);
    const isRising = all.every(([offset], index) => offset >= (all[index - 1]?.[0] ?? 0));
    return isRising && all.length > 1000 ? symbolsOf(all) : null;
  }
  return null;
}

/** Behind the tokens comes an index of where each begins; behind that the offsets of the symbols (6.4 and newer). */
function tokensAround(image: Buffer, zeroAt: number) {
  const start = backOverStrings(image, zeroAt, 0x30);
  const tokens: string[] = [];
  const starts: number[] = [];
  let at = start;
  while (tokens.length < 256) {
    const end = image.indexOf(0, at);
    if (end < 0 || end - at > 128) return null;
    starts.push(at - start);
    tokens.push(image.toString('latin1', at, end));
    at = end + 1;
  }
  const index = aligned(at);
  const isTable = starts.every((one, token) => image.readUInt16LE(index + 2 * token) === one);
  return isTable ? { start, tokens, end: aligned(index + 512) } : null;
}

const aligned = (at: number): number => (at + 7) & ~7;

function backOverStrings(image: Buffer, at: number, count: number): number {
  let start = at;
  for (let left = count; left > 0; left -= 1) start = image.lastIndexOf(0, start - 2) + 1;
  return start;
}

/** Distances of every 256th name, rising from 0, up to where the tokens begin. */
function findMarkers(image: Buffer, tokensAt: number): number {
  let at = (tokensAt & ~3) - 4;
  while (image.readUInt32LE(at) === 0) at -= 4;
  while (image.readUInt32LE(at) !== 0) at -= 4;
  return at;
}

/** Before the markers lie the names, each as its length and so many tokens; and before them their number, on a multiple of 8. */
function readNames(image: Buffer, markersAt: number, tokens: readonly string[]): string[] {
  const second = image.readUInt32LE(markersAt + 4);
  for (let at = aligned(markersAt) - 8; at > Math.max(0, markersAt - (16 << 20)); at -= 8) {
    const count = image.readUInt32LE(at);
    if (count < 1000 || count > 2_000_000 || image.readUInt32LE(at + 4) !== 0) continue;
    const names = namesFrom(image, at + 8, { count, end: markersAt, second, tokens });
    if (names !== null) return names;
  }
  return [];
}

interface NameTable {
  readonly count: number;
  readonly end: number;
  /** Where the 257th name begins. */
  readonly second: number;
  readonly tokens: readonly string[];
}

function namesFrom(image: Buffer, start: number, { count, end, second, tokens }: NameTable): string[] | null {
  const names: string[] = [];
  let at = start;
  while (names.length < count) {
    if (at >= end || (names.length === 256 && at - start !== second)) return null;
    let length = image[at] as number;
    at += 1;
    if (length & 0x80) {
      length = (length & 0x7f) | ((image[at] as number) << 7);
      at += 1;
    }
    names.push(Array.from(image.subarray(at, at + length), (token) => tokens[token]).join(''));
    at += length;
  }
  return end - at < 8 ? names : null;
}
