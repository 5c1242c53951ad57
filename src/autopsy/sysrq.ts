// Asks the guest's own kernel on the serial console, by a break and a key (magic sysrq), and collects what it says.
import { setTimeout as delay } from 'node:timers/promises';
import type { Autopsy } from '../model/autopsy.ts';
import type { Qmp } from '../qemu/qmp.ts';
import type { RunningVm } from '../qemu/running-vm.ts';

/** 9: everything is printed from here on; l: what the CPUs do; w: who is blocked; m: memory; t: every task. */
const keys = ['9', 'l', 'w', 'm', 't'];
/** How long the kernel may take for its first word, and how long a silence ends an answer. */
const firstWordMs = 2500;
const silenceMs = 400;
const mostBytes = 350_000;

/** Stops at the first key that nobody answers: a guest that ignores one ignores all. */
export async function askKernel(
  vm: Pick<RunningVm, 'console' | 'type'>,
  qmp: Qmp,
  chardev: string,
  limitMs: number,
): Promise<Autopsy['sysrq']> {
  const endMs = performance.now() + limitMs;
  const heard = listenTo(vm);
  using _listening = heard;
  const [asked, answered, refused]: [string[], string[], string[]] = [[], [], []];
  for (const key of keys) {
    const from = heard.size();
    if (performance.now() + firstWordMs > endMs) break;
    try {
      await qmp.execute('chardev-send-break', 1000, { id: chardev });
    } catch (error) {
      // What was answered before is worth having.
      if (asked.length === 0) throw error;
      break;
    }
    vm.type(key);
    asked.push(key);
    await heard.quiet(from, endMs);
    const answer = heard.text(from);
    if (!/sysrq/i.test(answer)) break;
    (/operation is disabled/i.test(answer) ? refused : answered).push(key);
  }
  return { asked: asked.join(''), answered: answered.join(''), refused: refused.join(''), text: heard.text(0) };
}

function listenTo({ console }: Pick<RunningVm, 'console'>) {
  const kept: Buffer[] = [];
  let size = 0;
  let lastMs = 0;
  let isOld = true;
  const stop = console.onRead((bytes) => {
    // What was said before is recorded already.
    if (isOld) return;
    lastMs = performance.now();
    if (size < mostBytes) kept.push(Buffer.from(bytes.subarray(0, mostBytes - size)));
    size += bytes.length;
  });
  isOld = false;
  return {
    size: () => size,
    text: (from: number): string => Buffer.concat(kept).subarray(from).toString('utf8').replaceAll('\r', ''),
    /** Resolves when something came behind `from` and then nothing more, when nothing came in time, or at the end. */
    async quiet(from: number, endMs: number): Promise<void> {
      const startMs = performance.now();
      for (;;) {
        await delay(50);
        const nowMs = performance.now();
        const isOver = size > from ? nowMs - lastMs > silenceMs : nowMs - startMs > firstWordMs;
        if (isOver || nowMs > endMs) return;
      }
    },
    [Symbol.dispose]: stop,
  };
}
