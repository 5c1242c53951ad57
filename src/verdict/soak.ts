// How often a boot fails: what a soak says. Valid at any look, so that one may stop it whenever one likes.
import type { Boot } from '../model/boot.ts';
import type { Verdict } from '../model/comparison.ts';
import type { RecordedScenario } from '../model/run.ts';
import type { Side } from '../model/scenario.ts';
import { formatCount } from '../model/units.ts';
import { anytimeInterval } from '../stats/anytime-rate.ts';
import { judgeCount } from './count.ts';
import { judge } from './judge.ts';
import type { JudgeInput, Judgement } from './judge-input.ts';
import type { StopDecision } from './stop-rule.ts';
import { summarizeSeries } from './summarize.ts';

const confidence = 0.95;

/** `hasBase`: two sides are compared, in rounds of one boot each. */
export function soakVerdict(boots: readonly Boot[], hasBase: boolean): Verdict {
  const counted = boots.filter(counts);
  const say = (word: Verdict['word'], because: string, wouldDecide = ''): Verdict => ({
    ...{ word, rule: 'soak', because, wouldDecide },
  });
  const head = tally(counted, 'head');
  if (!hasBase) {
    if (head.failed === 0) return say('recorded', rateText(head, 'boots'));
    return say('failed', `${rateText(head, 'boots')}; the first was boot ${head.first}`);
  }
  const rates = `${rateText(head, 'boots of head')}; ${rateText(tally(counted, 'base'), 'of base')}`;
  const { onlyHead, onlyBase, more } = compareFailures(counted);
  const because = `${rates}; in one round, head alone failed ${times(onlyHead)} and base alone ${times(onlyBase)}`;
  if (more === 'head') return say('failed', `head fails more often: ${because}`);
  if (more === 'base') return say('recorded', `head fails less often: ${because}`);
  if (onlyHead + onlyBase === 0) return say('recorded', rates);
  return say(
    'undecided',
    `which side fails more often is not known: ${because}`,
    'more boots: run the same soak longer',
  );
}

/** What a scenario's boots say: of their times, of how often one fails, or of the guest's work. */
export function judgeRecorded(recorded: Pick<RecordedScenario, 'boots' | 'scenario'>, input: JudgeInput): Judgement {
  if (recorded.scenario.count) return judgeCount(input);
  return recorded.scenario.soak === undefined ? judge(input) : judgeSoak(recorded, input);
}

/** Times are shown and not judged: a load, or a machine that does other work meanwhile, says nothing of them. */
function judgeSoak({ boots }: Pick<RecordedScenario, 'boots'>, { head, base }: JudgeInput): Judgement {
  const summaries = { head: head.map(summarizeSeries), base: (base ?? []).map(summarizeSeries) };
  return { verdict: soakVerdict(boots, base !== null), comparisons: [], summaries, warnings: [] };
}

/** Two sides are enough when they have been told apart; one ends by time or by its number of boots alone. */
export function soakStop({ boots, scenario }: Pick<RecordedScenario, 'boots' | 'scenario'>): StopDecision {
  const { more } = scenario.base === null ? { more: null } : compareFailures(boots.filter(counts));
  if (more === null) return { decision: 'go-on', because: 'which side fails more often is not known' };
  return { decision: 'enough', because: `${more} surely fails more often` };
}

/** A boot that the machine slept through says nothing of its guest. */
const counts = ({ warmup, sleptMs }: Boot): boolean => !warmup && sleptMs === undefined;

const hasFailed = ({ outcome }: Boot): boolean => outcome.kind !== 'ready';

function tally(boots: readonly Boot[], side: Side) {
  const own = boots.filter((boot) => boot.side === side);
  const failed = own.filter(hasFailed);
  return { boots: own.length, failed: failed.length, first: failed[0]?.number ?? 0 };
}

/** Rounds in which one side alone failed fall to either with equal chance where both fail equally often. */
function compareFailures(boots: readonly Boot[]) {
  const failed = (side: Side): Map<number, boolean> =>
    new Map(boots.filter((boot) => boot.side === side).map((boot) => [boot.round, hasFailed(boot)]));
  const [head, base] = [failed('head'), failed('base')];
  const both = [...head].flatMap(([round, ofHead]) => {
    const ofBase = base.get(round);
    return ofBase === undefined || ofBase === ofHead ? [] : [ofHead];
  });
  const onlyHead = both.filter(Boolean).length;
  const onlyBase = both.length - onlyHead;
  const { low } = anytimeInterval(Math.max(onlyHead, onlyBase), both.length, confidence);
  const more: Side | null = low > 0.5 ? (onlyHead > onlyBase ? 'head' : 'base') : null;
  return { onlyHead, onlyBase, more };
}

function rateText({ boots, failed }: { readonly boots: number; readonly failed: number }, what: string): string {
  const { low, high } = anytimeInterval(failed, boots, confidence);
  const text = `${failed} of ${boots} ${what} failed`;
  if (boots === 0) return text;
  if (failed === 0) return `${text}: under ${percent(high, Math.ceil)} at 95 %`;
  return `${text}: ${percent(failed / boots)}, between ${percent(low, Math.floor)} and ${percent(high, Math.ceil)} at 95 %`;
}

/** Two digits; bounds are rounded outwards. */
function percent(share: number, round: (value: number) => number = Math.round): string {
  const value = 100 * share;
  if (value <= 0 || value >= 100) return `${value <= 0 ? 0 : 100} %`;
  const step = 10 ** (Math.floor(Math.log10(value)) - 1);
  return `${Number((round(value / step - (round === Math.ceil ? 1e-9 : 0)) * step).toPrecision(2))} %`;
}

const times = (count: number): string => (count === 1 ? 'once' : formatCount(count, 'time'));
