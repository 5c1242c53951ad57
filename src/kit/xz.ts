// Decompressing .xz without xz: dpkg-deb carries a decompressor, and prints whatever a package's data member holds.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { runTool } from './command.ts';

/** The decompressed bytes of an .xz file. `draft` is the path of a file that may be made and removed. */
export async function decompressXz(path: string, draft: string, signal: AbortSignal): Promise<Buffer<ArrayBuffer>> {
  await writeFile(draft, wrapAsPackage(await readFile(path)));
  try {
    // Whether the data is a tar archive is not looked at.
    return await runTool('dpkg-deb', ['--fsys-tarfile', draft], { signal });
  } finally {
    await rm(draft, { force: true });
  }
}

/** A minimal .deb (deb(5), ar(5)) around a member data.tar.xz. */
function wrapAsPackage(data: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from('!<arch>\n'),
    ...member('debian-binary', Buffer.from('2.0\n')),
    ...member('control.tar.gz', gzipSync(Buffer.alloc(1024))),
    ...member('data.tar.xz', data),
  ]);
}

function member(name: string, content: Buffer): Buffer[] {
  const header = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(content.length).padEnd(10)}\`\n`;
  return [Buffer.from(header), content, Buffer.alloc(content.length % 2, '\n')];
}
