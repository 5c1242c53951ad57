// How many instructions the guest has run, asked of QEMU whenever its console says something.
import type { Outcome, WorkSample } from '../model/boot.ts';
import { plainLine } from '../model/plain-text.ts';
import type { RunningVm } from '../qemu/running-vm.ts';

export interface WorkCounter {
  /** Asks now. The answer stands for what was received at `atNs`. */
  take(atNs: number): void;
  /** The samples in the order of their moments, when all answers are there; where there are none, why the boot was not counted. */
  settled(): Promise<{ readonly work: readonly WorkSample[]; readonly failed?: Outcome }>;
}

const answerMs = 30_000;
/** A guest that prints without end must not eat the memory. What it does later belongs to the phases as they end, or to the last. */
const mostAsked = 100_000;

/** `query-replay` answers outside of record and replay, too: with -icount its figure is exact as of the virtual CPU's last exit. */
export function countWork(vm: RunningVm): WorkCounter {
  const asked: Promise<WorkSample>[] = [];
  const ask = async (atNs: number): Promise<WorkSample> => {
    const qmp = vm.qmp();
    if (qmp === null) throw new Error('there is no QMP connection to ask for the count');
    const { value } = await qmp.execute('query-replay', answerMs);
    const icount = Number((value as { readonly icount?: unknown } | null)?.icount);
    if (!Number.isSafeInteger(icount) || icount <= 0) throw new Error('this QEMU does not count instructions');
    return { atNs, instructions: icount };
  };
  const take = (atNs: number): void => {
    const answer = ask(atNs);
    answer.catch(() => {});
    asked.push(answer);
  };
  vm.console.onRead((_, atNs) => {
    if (asked.length < mostAsked) take(atNs);
  });
  return {
    take,
    async settled() {
      const answers = await Promise.allSettled(asked);
      const work = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      if (work.length > 0) return { work };
      const [why = 'the guest said nothing'] = answers.flatMap((answer) =>
        answer.status === 'rejected' ? (answer.reason as Error).message : [],
      );
      const detail = plainLine(why, 200);
      return { work, failed: { kind: 'failed', probe: 'count', detail } };
    },
  };
}
