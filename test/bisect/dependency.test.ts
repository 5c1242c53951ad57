// The whole program bisects a library that QEMU loads, while QEMU stays what it is: its bytes are the same at every commit.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { findProgram } from '../../src/host/files.ts';
import { bootableCheckout } from '../build/bootable.ts';
import { type Checkout, checkoutAt, missingTools } from '../build/little-qemu.ts';
import { goodBoot } from '../faults/scripts.ts';
import { openWorld, type World } from '../faults/world.ts';

/** Plays meson where there is none. */
const meson = `#!/bin/sh
[ "$1" = setup ] || exit 1
mkdir -p "$2"
cat >"$2/build.ninja" <<END
rule library
  command = cc -shared -fPIC -I$PWD $PWD/pace.c -o \\$out
rule place
  command = mkdir -p \${3#--prefix=}/lib && cp \\$in \${3#--prefix=}/lib
build libpace.so: library
build install: place libpace.so
END
`;

const loader = `#include <dlfcn.h>
#include "hw/machine.h"

const char *guest_pace(void)
{
    void *library = dlopen("libpace.so", RTLD_NOW);
    const char *(*pace)(void) = library ? (const char *(*)(void))dlsym(library, "pace") : 0;
    return pace ? pace() : "none";
}
`;

async function libraryIn(world: World): Promise<Checkout> {
  const checkout = checkoutAt(join(world.workspace, 'pace'));
  await checkout.write('meson.build', "project('pace', 'c')\nshared_library('pace', 'pace.c', install: true)\n");
  await checkout.write('pace.c', 'const char *pace(void) { return "quick"; }\n');
  checkout.git('init', '--quiet', '-b', 'main', '.');
  return checkout;
}

test('the slow commit of a library is found past one that does not compile', { skip: missingTools() }, async () => {
  await using world = await openWorld('', { limitMs: 300_000 });
  const qemu = await bootableCheckout(world);
  await qemu.write('hw/wfi.c', loader);
  qemu.commit('Ask a library');
  await writeFile(join(world.workspace, '../scripts/slow.json'), JSON.stringify(goodBoot(1500)));
  const pace = await libraryIn(world);
  if (findProgram({ environment: process.env }, 'meson') === null) {
    const programs = join(world.workspace, '../programs');
    await mkdir(programs);
    await writeFile(join(programs, 'meson'), meson, { mode: 0o755 });
    world.environment.PATH = `${programs}:${world.environment.PATH}`;
  }
  const good = pace.commit('A pace');
  await pace.write('README', 'quick\n');
  pace.commit('Notes');
  await pace.change('pace.c', '"quick"; }', '"quick"');
  pace.commit('Does not compile');
  await pace.change('pace.c', '"quick"', '"quick"; }');
  await pace.write('README', 'quick again\n');
  const fast = pace.commit('Compiles again');
  await pace.change('pace.c', '"quick"', '"slow"');
  const slow = pace.commit('Sleep');
  await writeFile(
    join(world.workspace, 'bootgauge.yml'),
    `version: 1
qemu: {source: a checkout, dependencies: [{name: pace, source: pace}]}
defaults: {accel: tcg, sampling: {warmup: 0, boots: 3, max-boots: 8}}
`,
  );
  const { code, stdout, stderr } = await world.run('bisect', good, 'main', '--dependency', 'pace');
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, new RegExp(`^First slower commit of pace: ${slow.slice(0, 7)}\\w* Sleep\\n`));
  assert.match(stdout, new RegExp(`time-to-ssh \\+\\d+\\.\\d % .*compared with its parent ${fast.slice(0, 10)}`));
  assert.match(stdout, /skipped +Does not compile\n +does not build: pace cannot be compiled/);
  assert.match(stdout, /fast +Compiles again\n +time-to-ssh/, 'booted, though QEMU is the same');
  const unknown = await world.run('bisect', good, 'main', '--dependency', 'mesa');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /QEMU has no dependency 'mesa'[\s\S]*qemu\.dependencies in bootgauge\.yml: pace/);
  assert.deepEqual(await world.leftovers(), []);
});
