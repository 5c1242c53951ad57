// Stops the host's renderers of our own QEMU where they stand: what the guest asks of them is never answered.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { QemuLaunchPlan } from '../../src/model/launch-plan.ts';

/**
 * `server`: the one process that starts the others, as soon as it is there. `workers`: each process that serves one program of the
 * guest, some time after its begin, when the program talks to it past QEMU. Until the signal is aborted.
 */
export async function stopRenderers(
  which: 'server' | 'workers',
  plan: QemuLaunchPlan,
  signal: AbortSignal,
): Promise<void> {
  const folder = plan.emulator.environment.RENDER_SERVER_EXEC_PATH?.replace(/[^/]*$/, '') ?? '/nonexistent';
  const program = `${folder}root/usr/libexec/virgl_render_server`;
  const stopped = new Set<string>();
  while (!signal.aborted) {
    const renderers = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && fileOf(name, 'cmdline').includes(program))
      .filter(descendsFromUs);
    const isWorker = (pid: string): boolean => renderers.includes(parentOf(pid));
    const wanted = renderers.filter((pid) => isWorker(pid) === (which === 'workers') && !stopped.has(pid));
    if (wanted.length > 0 && which === 'workers') await delay(workMs, undefined, { signal }).catch(() => {});
    for (const pid of wanted) {
      stopped.add(pid);
      stop(Number(pid));
    }
    await delay(20, undefined, { signal }).catch(() => {});
  }
}

/** Longer than a worker needs to begin, shorter than any program needs it. */
const workMs = 200;

function stop(pid: number): void {
  try {
    process.kill(pid, 'SIGSTOP');
  } catch {
    // It has ended meanwhile.
  }
}

/** Others may run the same kit on this machine: theirs are left alone. */
function descendsFromUs(pid: string): boolean {
  let current = pid;
  while (Number(current) > 1 && Number(current) !== process.pid) current = parentOf(current);
  return Number(current) === process.pid;
}

const parentOf = (pid: string): string => /^PPid:\s+(\d+)$/m.exec(fileOf(pid, 'status'))?.[1] ?? '0';

function fileOf(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
