// What is compiled and travels inside the code: for the right processor, small, and byte for byte what its source gives.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';

export interface Embedded {
  /** `dispatch`: the script `build` in the folder of its source makes `dispatch-arm64` and `dispatch-x86_64`. */
  readonly name: string;
  readonly source: string;
  readonly compiler: string;
  readonly programs: Readonly<Record<'arm64' | 'x86_64', string>>;
  /** Bytes of the larger one at most; 20,000 if not given. */
  readonly most?: number;
  /** The only libraries that it may need. */
  readonly libraries: readonly string[];
  /** What the build needs besides compilers, and the package that has it. */
  readonly headers: readonly string[];
  readonly package: string;
}

export const unpacked = (text: string): Buffer => gunzipSync(Buffer.from(text, 'base64'));
export const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
export const why = (...missing: [boolean, string][]): string | false =>
  missing.find(([there]) => !there)?.[1].concat(' is not installed') ?? false;

export function testEmbedded({ name, source, compiler, programs, libraries, most = 20_000, ...build }: Embedded): void {
  test(`${name}: what is embedded is small, for the right processor, and needs no other library`, () => {
    for (const [architecture, machine] of [
      ['arm64', 183],
      ['x86_64', 62],
    ] as const) {
      const elf = unpacked(programs[architecture]);
      assert.equal(elf.toString('latin1', 0, 4), '\x7fELF');
      assert.equal(elf.readUInt16LE(18), machine);
      assert.ok(elf.length < most);
      assert.deepEqual(elf.toString('latin1').match(/lib[\w.-]+\.so[.\d]*/g) ?? [], libraries);
      assert.doesNotMatch(elf.toString('latin1'), /ld-linux|ld-musl/);
    }
  });

  const compilers = ['aarch64-linux-gnu-gcc', 'x86_64-linux-gnu-gcc'].map((gcc): [boolean, string] => [has(gcc), gcc]);
  const skip = why(...compilers, [build.headers.every((path) => existsSync(path)), build.package]);
  test(`${name}: the source gives what is embedded, byte for byte`, { skip }, (context) => {
    const version = execFileSync('gcc', ['-dumpfullversion'], { encoding: 'utf8' }).trim();
    if (version !== compiler) return context.skip(`it was compiled with gcc ${compiler}, this is ${version}`);
    const built = mkdtempSync(join(tmpdir(), `bootgauge-${name}-`));
    context.after(() => rmSync(built, { recursive: true }));
    execFileSync(join(source, 'build'), [built], { stdio: ['ignore', 'ignore', 'pipe'] });
    for (const architecture of ['arm64', 'x86_64'] as const) {
      assert.ok(readFileSync(join(built, `${name}-${architecture}`)).equals(unpacked(programs[architecture])));
    }
  });
}
