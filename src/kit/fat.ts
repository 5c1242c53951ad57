// Writing a FAT16 file system without partitions around it: a medium that every firmware and every kernel reads, made without a tool.

export interface FatFile {
  /** With `/` between folders, which are made. */
  readonly path: string;
  readonly content: Uint8Array;
}

const sector = 512;
const entryBytes = 32;
const rootBytes = 512 * entryBytes;
/** With fewer it would be FAT12, with more FAT32. */
const fewestClusters = 4200;
const mostClusters = 65_000;
const endOfChain = 0xffff;
/** 1 January 2025, as FAT counts: the same files make the same bytes. */
const date = ((2025 - 1980) << 9) | (1 << 5) | 1;
const isFolder = 0x10;

type Folder = Map<string, Uint8Array | Folder>;

/** The bytes of a file system with this label and these files. Throws a RangeError for more than FAT16 holds. */
export function writeFat(label: string, files: readonly FatFile[]): Buffer<ArrayBuffer> {
  const root = treeOf(files);
  if (bytesOf(root) > rootBytes) throw new RangeError('too many files at the top of a FAT file system');
  const clusterBytes = clusterFor(root);
  const clusters = Math.max(fewestClusters, clustersBelow(root, clusterBytes));
  const tableSectors = Math.ceil(((clusters + 2) * 2) / sector);
  const rootStart = (1 + 2 * tableSectors) * sector;
  const dataStart = rootStart + rootBytes;
  const image = Buffer.alloc(dataStart + clusters * clusterBytes);
  const table = Buffer.alloc(tableSectors * sector);
  table.writeUInt32LE(0xfffffff8, 0);
  let next = 2;
  const reserve = (bytes: number): number => {
    const first = next;
    next += Math.ceil(bytes / clusterBytes);
    for (let at = first; at < next; at += 1) table.writeUInt16LE(at + 1 < next ? at + 1 : endOfChain, at * 2);
    return bytes === 0 ? 0 : first;
  };
  const put = (first: number, content: Uint8Array): void => image.set(content, dataStart + (first - 2) * clusterBytes);
  const folderEntries = (folder: Folder, own: number): Buffer[] =>
    [...folder].flatMap(([name, content], index) => {
      const first = reserve(bytesOf(content));
      if (!(content instanceof Map)) {
        if (first !== 0) put(first, content);
        return namedEntry(name, index, { attribute: 0x20, first, bytes: content.length });
      }
      const dots = [dotEntry('.', first), dotEntry('..', own)];
      put(first, Buffer.concat([...dots, ...folderEntries(content, first)]));
      return namedEntry(name, index, { attribute: isFolder, first, bytes: 0 });
    });
  const volume = entry(label.padEnd(11), { attribute: 0x08, first: 0, bytes: 0 });
  image.set(Buffer.concat([volume, ...folderEntries(root, 0)]), rootStart);
  image.set(bootSector(label, clusterBytes, tableSectors, image.length / sector), 0);
  for (const copy of [0, 1]) image.set(table, (1 + copy * tableSectors) * sector);
  return image;
}

function treeOf(files: readonly FatFile[]): Folder {
  const root: Folder = new Map();
  for (const { path, content } of files) {
    const names = path.split('/');
    let at = root;
    for (const name of names.slice(0, -1)) {
      const found = at.get(name);
      const inner: Folder = found instanceof Map ? found : new Map();
      at.set(name, inner);
      at = inner;
    }
    at.set(names.at(-1) as string, content);
  }
  return root;
}

/** What a file or a folder's own entries take; at the top the label stands in place of the two dots. */
function bytesOf(content: Uint8Array | Folder): number {
  if (!(content instanceof Map)) return content.length;
  return [...content.keys()].reduce((sum, name) => sum + 1 + Math.ceil(name.length / charactersEach), 2) * entryBytes;
}

function clustersBelow(folder: Folder, clusterBytes: number): number {
  const counts = [...folder.values()].map(
    (inner) =>
      Math.ceil(bytesOf(inner) / clusterBytes) + (inner instanceof Map ? clustersBelow(inner, clusterBytes) : 0),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function clusterFor(root: Folder): number {
  for (let bytes = sector; bytes <= 32_768; bytes *= 2) if (clustersBelow(root, bytes) <= mostClusters) return bytes;
  throw new RangeError('the files are too large for FAT16');
}

function bootSector(label: string, clusterBytes: number, tableSectors: number, sectors: number): Buffer {
  const start = Buffer.alloc(sector);
  start.set([0xeb, 0x3c, 0x90]);
  start.write('MSWIN4.1', 3, 'latin1');
  start.writeUInt16LE(sector, 11);
  start[13] = clusterBytes / sector;
  start.writeUInt16LE(1, 14); // reserved sectors: this one
  start[16] = 2; // tables
  start.writeUInt16LE(rootBytes / entryBytes, 17);
  if (sectors < 0x10000) start.writeUInt16LE(sectors, 19);
  else start.writeUInt32LE(sectors, 32);
  start[21] = 0xf8; // a fixed disk
  start.writeUInt16LE(tableSectors, 22);
  start.writeUInt16LE(32, 24); // a geometry that nobody reads
  start.writeUInt16LE(64, 26);
  start[36] = 0x80;
  start[38] = 0x29; // what follows is there
  start.writeUInt32LE(0xb007_6a6e, 39);
  start.write(label.padEnd(11), 43, 'latin1');
  start.write('FAT16   ', 54, 'latin1');
  start.writeUInt16LE(0xaa55, 510);
  return start;
}

interface Placed {
  readonly attribute: number;
  /** First cluster; 0: none. */
  readonly first: number;
  readonly bytes: number;
}

/** `name`: eleven characters. */
function entry(name: string, { attribute, first, bytes }: Placed): Buffer {
  const made = Buffer.alloc(entryBytes);
  made.write(name, 0, 'latin1');
  made[11] = attribute;
  for (const at of [16, 18, 24]) made.writeUInt16LE(date, at);
  made.writeUInt16LE(first, 26);
  made.writeUInt32LE(bytes, 28);
  return made;
}

const dotEntry = (name: string, first: number): Buffer =>
  entry(name.padEnd(11), { attribute: isFolder, first, bytes: 0 });

const charactersEach = 13;
/** Where the UTF-16 characters of a piece of a long name stand. */
const places = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];

/** An entry whose name keeps its case and length: pieces of the long name, the last first, then a short one that nobody sees. */
function namedEntry(name: string, index: number, placed: Placed): Buffer[] {
  const short = `F${String(index).padStart(7, '0')}   `;
  let sum = 0;
  for (const byte of Buffer.from(short, 'latin1')) sum = (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff;
  const count = Math.ceil(name.length / charactersEach);
  const pieces = Array.from({ length: count }, (_, at) => {
    const piece = Buffer.alloc(entryBytes);
    piece[0] = (at + 1) | (at + 1 === count ? 0x40 : 0);
    piece[11] = 0x0f;
    piece[13] = sum;
    for (const [offset, place] of places.entries()) {
      const character = at * charactersEach + offset;
      piece.writeUInt16LE(
        character < name.length ? name.charCodeAt(character) : character === name.length ? 0 : 0xffff,
        place,
      );
    }
    return piece;
  });
  return [...pieces.reverse(), entry(short, placed)];
}
