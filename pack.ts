// Makes the npm package from dist: `npm run pack` leaves it in this folder, BOOTGAUGE_PACKAGE in another. Its package.json says what a
// stranger's machine needs, and nothing that only a checkout does: no scripts, no Node of its own.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = import.meta.dirname;
const checkout = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
const { name, version, description, license, repository, type, bin, files } = checkout;
// dist is bundled for the Node that runs the action.
const engines = { node: `>=${readFileSync(join(root, '.node-version'), 'utf8').trim()}` };

const stage = mkdtempSync(join(tmpdir(), 'bootgauge-package-'));
try {
  for (const part of ['README.md', 'CHANGELOG.md', 'LICENSE']) cpSync(join(root, part), join(stage, part));
  cpSync(process.env.BOOTGAUGE_DIST ?? join(root, 'dist'), join(stage, 'dist'), { recursive: true });
  const described = { name, version, description, license, repository, type, bin, files, engines };
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(described, null, 2)}\n`);
  const words = ['pack', '--ignore-scripts', '--pack-destination', process.env.BOOTGAUGE_PACKAGE ?? root];
  execFileSync('npm', words, { cwd: stage, stdio: ['ignore', 'inherit', 'inherit'] });
} finally {
  rmSync(stage, { recursive: true, force: true });
}
