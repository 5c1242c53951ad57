// The library that wakes threads of the kit's render server: what it does to one that waits for a wake-up that never comes.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { compiler, programs } from '../../src/kit/waker/libraries.ts';
import { has, testEmbedded, unpacked, why } from './embedded.ts';

testEmbedded({
  name: 'waker',
  source: resolve(import.meta.dirname, '../../src/kit/waker'),
  ...{ compiler, programs },
  libraries: ['libc.so.6'],
  headers: ['/usr/aarch64-linux-gnu/include/pthread.h', '/usr/include/x86_64-linux-gnu/bits/pthreadtypes.h'],
  package: 'libc6-dev for both processors',
});

/** The library is for glibc, of the versions that the kit brings. */
const glibc = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime;
const isGlibc = Number(glibc?.replace(/^2\./, '') ?? 0) >= 34;

/** Ends with 3 when it was woken, and by SIGALRM when not. */
const sleeper = `
#include <pthread.h>
#include <unistd.h>
int main(void) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  alarm(2);
  pthread_mutex_lock(&mutex);
  return pthread_cond_wait(&condition, &mutex) == 0 && pthread_mutex_unlock(&mutex) == 0 ? 3 : 4;
}`;

test('a thread that nobody wakes looks again with the library, and sleeps on without', {
  skip: why([isGlibc, 'glibc 2.34'], [has('gcc'), 'gcc']),
}, (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge-waker-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const [program, library] = [join(folder, 'sleeper'), join(folder, 'waker.so')];
  writeFileSync(`${program}.c`, sleeper);
  writeFileSync(library, unpacked(programs[process.arch === 'arm64' ? 'arm64' : 'x86_64']));
  execFileSync('gcc', ['-pthread', '-o', program, `${program}.c`]);
  const end = (environment: NodeJS.ProcessEnv): unknown[] => {
    const { status, signal } = spawnSync(program, { env: { ...process.env, ...environment } });
    return [status, signal];
  };
  assert.deepEqual(end({ LD_PRELOAD: library }), [3, null]);
  assert.deepEqual(end({}), [null, 'SIGALRM']);
});
