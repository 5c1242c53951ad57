// Whether head's Vulkan is what it must be: the driver that the scenario's device promises, and no less than base had.

import type { BaselineSession } from '../model/baseline.ts';
import type { Boot } from '../model/boot.ts';
import type { Verdict, Warning } from '../model/comparison.ts';
import { type ComparableKey, comparableWith } from '../model/conditions.ts';
import type { Gpu } from '../model/scenario.ts';
import { formatCount } from '../model/units.ts';
import {
  requiredDriver,
  type VulkanFacts,
  type VulkanIdentity,
  type VulkanReport,
  type VulkanSide,
} from '../model/vulkan.ts';
import { compareDrawings, drawingsInWords, lostDrawings } from './compare-drawings.ts';
import { compareOffers, readOffers } from './profile.ts';

export interface VulkanInput {
  /** All boots of the scenario, warm-ups too: they bring the profiles. */
  readonly boots: readonly Boot[];
  /** Sessions to compare with where there is no base side, oldest first. */
  readonly sessions: readonly BaselineSession[];
  readonly headKey: ComparableKey;
}

/** null when head was asked nothing about Vulkan. */
export function readVulkan({ boots, sessions, headKey }: VulkanInput): VulkanReport | null {
  const head = sideOf(boots.filter(({ side }) => side === 'head'));
  if (head === null) return null;
  const other = sideOf(boots.filter(({ side }) => side === 'base'));
  const base: VulkanReport['base'] =
    other === null ? newestIdentity(comparableWith(sessions, headKey)) : { from: 'side', side: other };
  const before = base === null ? null : base.from === 'side' ? base.side.identity : base.identity;
  const [lastOffers, offers] = [before?.offers ?? null, head.identity.offers];
  const changes = lastOffers === null || offers === null ? [] : compareOffers(lastOffers, offers);
  const baseWasReady = base === null || base.from === 'baseline' || base.side.ready > 0;
  const drawings = compareDrawings(boots);
  const gone = changes.filter(({ lost }) => lost).map(({ name }) => name);
  // Where neither side was ready, for another drawing each: what only head gets wrong is lost all the same.
  const drawn = lostDrawings(drawings ?? [], baseWasReady ? 'every-drawing' : 'right-on-base');
  const lost =
    drawn.length > 0 && head.trouble.startsWith(drawingTrouble)
      ? `Vulkan lost: ${drawingsInWords(drawn)}`
      : lostBy(head, before, baseWasReady, gone);
  return { head, base, lost, changes, ...(drawings === null ? {} : { drawings }) };
}

/** The verdict where head lost something; null otherwise. */
export function vulkanVerdict(report: VulkanReport | null): Verdict | null {
  if (report === null || report.lost === '') return null;
  const { head, base } = report;
  const before = base === null ? '' : ` ${baseName(base)}: ${describeIdentity(identityOf(base))}.`;
  const now = head.ready < head.boots ? head.trouble : describeIdentity(head.identity);
  return {
    word: 'failed',
    rule: 'vulkan-lost',
    because: `${report.lost}. head: ${now}.${before}`,
    wouldDecide: '',
  };
}

/** A promise that nobody could check: without a key there is no login, and the guest cannot be asked. */
export function vulkanWarnings(gpu: Gpu, boots: readonly Boot[]): Warning[] {
  const unasked = boots.filter(({ outcome, vulkan }) => outcome.kind === 'ready' && vulkan === undefined);
  if (requiredDriver(gpu) === null || unasked.length === 0) return [];
  const text = 'Vulkan was not checked: there is no key to log in to the guest with';
  return [{ code: 'vulkan-unchecked', text }];
}

/** `DRIVER_ID_MESA_VENUS, Virtio-GPU Venus (Apple M2 Pro), Vulkan 1.3.0, Mesa 25.0.7`. */
function describeIdentity({ driverID, deviceName, apiVersion, driverInfo }: VulkanIdentity): string {
  if (driverID === '') return 'no Vulkan device';
  return [driverID, deviceName, `Vulkan ${apiVersion}`, driverInfo].filter((part) => part !== '').join(', ');
}

const identityOf = (base: NonNullable<VulkanReport['base']>): VulkanIdentity =>
  base.from === 'side' ? base.side.identity : base.identity;

const baseName = ({ from }: NonNullable<VulkanReport['base']>): string => (from === 'side' ? 'base' : 'baseline');

function sideOf(boots: readonly Boot[]): VulkanSide | null {
  const asked = boots.flatMap(({ vulkan, warmup }) => (vulkan === undefined || warmup ? [] : [vulkan]));
  const bad = asked.find((facts) => !isReady(facts));
  const shown = bad ?? asked[0];
  if (shown === undefined) return null;
  const profile = boots.map(({ vulkan }) => vulkan?.profile ?? null).find((text) => text !== null);
  const device = shown.devices[0];
  return {
    boots: asked.length,
    ready: asked.filter(isReady).length,
    identity: {
      driverID: device?.driverID ?? '',
      driverName: device?.driverName ?? '',
      deviceName: device?.deviceName ?? '',
      apiVersion: device?.apiVersion ?? '',
      driverInfo: device?.driverInfo ?? '',
      offers: profile === undefined ? null : readOffers(profile),
    },
    icd: shown.icd,
    trouble: bad === undefined ? '' : troubleOf(bad),
  };
}

const isReady = ({ outcome, dispatch, drawings = [] }: VulkanFacts): boolean =>
  outcome === 'ok' && dispatch?.outcome === 'ok' && drawings.every((drawing) => drawing.outcome === 'ok');

function troubleOf({ outcome, detail, dispatch, drawings = [] }: VulkanFacts): string {
  if (outcome !== 'ok') return `${outcome}: ${detail}`;
  if (dispatch === null) return 'nothing was computed';
  if (dispatch.outcome !== 'ok') return `dispatch ${dispatch.outcome}: ${dispatch.detail}`;
  const bad = drawings.find((drawing) => drawing.outcome !== 'ok');
  return bad === undefined ? '' : `${drawingTrouble}${bad.name} ${bad.outcome}: ${bad.detail}`;
}

const drawingTrouble = 'drawing ';

function newestIdentity(sessions: readonly BaselineSession[]): VulkanReport['base'] {
  const known = sessions.findLast(({ vulkan }) => vulkan !== undefined)?.vulkan;
  if (known === undefined) return null;
  const offers = known.offers ?? sessions.findLast(({ vulkan }) => vulkan?.offers != null)?.vulkan?.offers ?? null;
  return { from: 'baseline', identity: { ...known, offers } };
}

/**
 * Not one boot of head had what its device promises; or all had, and it is less than before. A head that lacks it in some boots has
 * failed boots, which are counted and tested as such.
 */
function lostBy(
  head: VulkanSide,
  before: VulkanIdentity | null,
  baseWasReady: boolean,
  gone: readonly string[],
): string {
  if (head.ready === 0 && baseWasReady) return `Vulkan lost: ${inPlace(head)}`;
  if (head.ready < head.boots || before === null || before.driverID === '') return '';
  if (head.identity.driverID !== before.driverID) {
    return `Vulkan driver changed: ${word(head.identity.driverID)} in place of ${word(before.driverID)}`;
  }
  if (isLower(head.identity.apiVersion, before.apiVersion)) {
    return `Vulkan version lowered: ${word(head.identity.apiVersion)} after ${word(before.apiVersion)}`;
  }
  if (gone.length === 0) return '';
  const [first, ...others] = gone;
  return `Vulkan lost ${first}${others.length === 0 ? '' : ` and ${formatCount(others.length, 'more feature')}`}`;
}

function inPlace({ identity, trouble }: VulkanSide): string {
  if (trouble.startsWith('wrong-driver')) {
    return `${word(identity.driverName || identity.driverID)} in place of Venus`;
  }
  if (trouble.startsWith('dispatch')) return 'it computes nothing';
  if (trouble.startsWith(drawingTrouble)) return 'no boot gets all drawings right';
  return trouble.startsWith('timeout') ? 'vulkaninfo hangs' : 'no Venus device';
}

/** The guest chose these texts, and a headline is no place for what it may have put into them. */
const word = (text: string): string => text.replace(/[^\w.-]+/g, ' ').slice(0, 60);

function isLower(version: string, before: string): boolean {
  const [now, then] = [version, before].map((text) => text.split('.').map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (now?.[index] ?? 0) - (then?.[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
