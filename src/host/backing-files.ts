// The files that overlays in a tree stand on: a qcow2 names its backing file by a path, and a clone of the overlay names the same one.
import { open, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { insideOf } from './clone-tree.ts';
import { visitTree } from './copier.ts';

/** Absolute paths of the backing files, all the way down, that a clone of the tree with these files put into it shares; sorted. */
export async function backingFilesOf(tree: string, assets: readonly string[] = []): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const from of [tree, ...assets]) {
    const root = await realpath(from);
    if ((await stat(root)).isFile()) {
      await follow(root, dirname(root), found);
      continue;
    }
    await visitTree(root, {
      folder: () => Promise.resolve(),
      link: () => Promise.resolve(),
      file: (inside) => follow(join(root, inside), root, found),
    });
  }
  return [...found].sort();
}

async function follow(path: string, root: string, found: Set<string>): Promise<void> {
  const name = fileIn((await backingName(path)) ?? '');
  if (name === null) return;
  const backing = resolve(dirname(path), name);
  // Within the tree a relative name leads to the clone's own file, and an absolute one to the original.
  if (found.has(backing) || (!isAbsolute(name) && insideOf(root, backing) !== null)) return;
  found.add(backing);
  await follow(backing, root, found).catch(() => {});
}

/** Of a name as QEMU writes it: `file:base.img` is a file, and so is what `json:` describes, if that is one. null: it is none. */
function fileIn(name: string): string | null {
  if (name.startsWith('json:')) return described(parseOrNull(name.slice(5)));
  const path = name.replace(/^file:/, '');
  return path === '' || /^\w+:/.test(path) ? null : path;
}

/** A format stands on its `file`, perhaps by way of filters; QEMU also writes `file.filename` as one word. */
function described(node: unknown, depth = 0): string | null {
  if (typeof node !== 'object' || node === null || depth > 8) return null;
  const { filename, file, 'file.filename': word } = node as Readonly<Record<string, unknown>>;
  const path = filename ?? word;
  return typeof path === 'string' ? fileIn(path.replace(/^json:/, '')) : described(file, depth + 1);
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The name of the backing file that a qcow2 has in its header; null for one without and for every other file. */
async function backingName(path: string): Promise<string | null> {
  await using file = await open(path, 'r');
  const { buffer: header, bytesRead } = await file.read(Buffer.alloc(20), 0, 20, 0);
  if (bytesRead < 20 || !header.subarray(0, 4).equals(magic)) return null;
  const [offset, length] = [Number(header.readBigUInt64BE(8)), header.readUInt32BE(16)];
  if (offset === 0 || length === 0 || length > 1023) return null;
  const name = await file.read(Buffer.alloc(length), 0, length, offset);
  return name.buffer.toString('utf8', 0, name.bytesRead);
}

const magic = Buffer.from('QFI\xfb', 'latin1');
