// bootgauge.yml: found, read, checked. What comes out is right in itself; whether the machine can do it is not asked here.
import { statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { type BootgaugeError, usageError } from '../model/errors.ts';
import { configFileName } from '../model/file-names.ts';
import type { CustomMarkerProfile, QemuChoice } from '../model/scenario.ts';
import { crossMistakes } from './check.ts';
import { withQemu } from './qemu.ts';
import { readText } from './read-text.ts';
import { configJsonSchema, configSchema, type RawConfig, type RawScenario, type RawSettings } from './schema.ts';
import { type Described, shapeMistakes } from './shape.ts';
import { type Path, parseSource, pathText } from './source.ts';

export interface Config {
  /** Absolute path of the file, or null when there is none. */
  readonly file: string | null;
  /** Absolute path of the folder that holds the configuration, or where the command was started. */
  readonly folder: string;
  readonly onUndecided: 'pass' | 'fail';
  /** Where the kit comes from; null: the machine's own apt configuration. The keyring is an absolute path. */
  readonly kit: { readonly mirror: string | null; readonly keyring: string | null };
  readonly markers: Readonly<Record<string, CustomMarkerProfile>>;
  readonly qemu: QemuChoice;
  /** What builds of QEMU may take together; null: the usual. */
  readonly buildCacheBytes: number | null;
  /** As written, with units read: scenarios.ts lays the layers over each other. */
  readonly defaults: RawSettings;
  readonly scenarios: Readonly<Record<string, RawScenario>>;
  /** The error of a mistake at this place of the file, with its line. */
  mistakeAt(path: Path, message: string): BootgaugeError;
}

/**
 * The configuration for a command started in `folder`. `file` is what --config names; without it bootgauge.yml is looked for
 * in the folder and above it up to the repository's root, and without any the defaults hold. Throws a usage error that names
 * every mistake of the file.
 */
export function loadConfig(folder: string, file?: string): Config {
  const path = file === undefined ? findConfig(folder) : resolve(folder, file);
  if (path === null) return configOf({ version: 1 }, null, folder, (_, message) => usageError(message));
  const shortened = relative(folder, path);
  const name = shortened.startsWith('..') || isAbsolute(shortened) ? path : shortened;
  return parseConfig(readText(path, name, 'leave --config out to use the defaults'), { path, name });
}

/** As `loadConfig`, of a text in memory. `name` is how mistakes call the file. */
export function parseConfig(text: string, { path, name }: { readonly path: string; readonly name: string }): Config {
  const source = parseSource(text, name);
  // A file without content says nothing, which is allowed.
  const value = source.value ?? { version: 1 };
  const parsed = configSchema.safeParse(value);
  const mistakes = [
    ...(parsed.error ? shapeMistakes(parsed.error.issues, value, described) : []),
    ...crossMistakes(value),
  ];
  if (!parsed.success || mistakes.length > 0) throw source.errorOf(mistakes);
  return configOf(parsed.data, path, dirname(path), (at, message) =>
    source.errorOf([{ path: at, at: 'value', message: `${pathText(at)}: ${message}` }]),
  );
}

const described: Described = {
  schema: configJsonSchema,
  sections: [
    ['at the top of the file', []],
    ['in kit', ['kit']],
    ['in defaults', ['defaults']],
    ['in scenarios.NAME', ['scenarios', 'NAME']],
    ['in deadlines', ['defaults', 'deadlines']],
    ['in sampling', ['defaults', 'sampling']],
    ['in guest', ['defaults', 'guest']],
    ['in metrics.NAME', ['defaults', 'metrics', 'time-to-ssh']],
    ['in probes.NAME', ['defaults', 'probes', 'NAME']],
  ],
};

function configOf(raw: RawConfig, file: string | null, folder: string, mistakeAt: Config['mistakeAt']): Config {
  return {
    file,
    folder,
    onUndecided: raw['on-undecided'] ?? 'pass',
    kit: {
      mirror: raw.kit?.mirror ?? null,
      keyring: raw.kit?.keyring === undefined ? null : resolve(folder, raw.kit.keyring),
    },
    markers: Object.fromEntries(
      Object.entries(raw.markers ?? {}).map(([name, profile]) => [
        name,
        {
          services: profile.services ?? 'openrc',
          markers: profile.markers.map((marker) => ({ ...marker, kind: marker.kind ?? 'starts' })),
        },
      ]),
    ),
    qemu: withQemu({ from: 'kit' }, raw.qemu, folder),
    buildCacheBytes: raw.cache?.builds === undefined ? null : raw.cache.builds * 1024 * 1024,
    defaults: raw.defaults ?? {},
    scenarios: raw.scenarios ?? {},
    mistakeAt,
  };
}

function findConfig(folder: string): string | null {
  const above = folderAndAbove(folder);
  // Outside a repository only the folder itself counts: a file in /tmp or in a home is none of this run's business.
  const root = above.findIndex((candidate) => exists(join(candidate, '.git')));
  const searched = above.slice(0, root === -1 ? 1 : root + 1);
  const found = searched.map((candidate) => join(candidate, configFileName)).find(exists);
  const misnamed = searched.flatMap((one) => similarNames.map((name) => join(one, name))).find(exists);
  if (found === undefined && misnamed !== undefined)
    throw usageError(
      `${misnamed} is not read: the file must be called ${configFileName}`,
      'rename it, or name it with --config',
    );
  return found ?? null;
}

const similarNames = ['bootgauge.yaml', '.bootgauge.yml', '.bootgauge.yaml'];

function folderAndAbove(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...folderAndAbove(parent)];
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
