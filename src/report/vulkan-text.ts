// The Vulkan driver of a run in words: what each side had, in how many boots it computed, and what head lost or gained.
import { plainLine } from '../model/plain-text.ts';
import type { ScenarioReport } from '../model/report.ts';
import { formatCount } from '../model/units.ts';
import type { DrawingReport, DrawingSide, VulkanChange, VulkanIdentity, VulkanSide } from '../model/vulkan.ts';

/** `Vulkan: DRIVER_ID_MESA_VENUS, Virtio-GPU Venus (Apple M2 Pro), ... in 10 of 10 boots`; both sides where they differ. */
export function vulkanLine({ vulkan }: ScenarioReport): string {
  if (vulkan === undefined || vulkan === null) return '';
  const head = sideText(vulkan.head);
  if (vulkan.base === null) return `Vulkan: ${head}`;
  const base = vulkan.base.from === 'side' ? sideText(vulkan.base.side) : identityText(vulkan.base.identity);
  const name = vulkan.base.from === 'side' ? 'base' : 'baseline';
  const same = identityText(vulkan.head.identity);
  return base === head || (vulkan.base.from === 'baseline' && base === same && vulkan.head.trouble === '')
    ? `Vulkan on both sides: ${head}`
    : `Vulkan: ${name} ${base}; head ${head}`;
}

/** `Vulkan: DRIVER_ID_MESA_VENUS on both sides`; empty unless every boot of both sides (or of the only one) had the same driver. */
export function vulkanInBrief({ vulkan }: ScenarioReport): string {
  if (vulkan === undefined || vulkan === null) return '';
  const { head, base, lost, changes } = vulkan;
  const well = head.trouble === '' && head.ready === head.boots && head.identity.driverID !== '';
  if (!well || lost !== '' || changes.length > 0) return '';
  const name = `Vulkan: ${plainLine(head.identity.driverID, 60)}`;
  if (base === null) return name;
  const other = base.from === 'side' ? base.side : { ...head, identity: base.identity };
  return sideText(other) === sideText(head) ? `${name} on both sides` : '';
}

/** Kind, name, base and head of what changed: first what was lost. */
export function vulkanChangeRows({ vulkan }: ScenarioReport): readonly (readonly string[])[] {
  const drawings = (vulkan?.drawings ?? []).map(({ name, base, head }: DrawingReport) => [
    head !== null && head.right < head.boots ? 'drawing lost' : 'drawing',
    ...[name, drawingSideText(base), drawingSideText(head)].map((text) => plainLine(text, 120)),
  ]);
  const changes = (vulkan?.changes ?? [])
    .slice(0, mostRows)
    .map(({ kind, name, base, head, lost }: VulkanChange) => [
      lost ? `${kind} lost` : kind,
      ...[name, base, head].map((text) => plainLine(text, 80)),
    ]);
  return [...drawings, ...changes];
}

/** `right in 6 of 6 boots`; `hangs in 6 of 6 boots: no end of vkWaitForFences within 25 s`. */
export function drawingSideText(side: DrawingSide | null): string {
  if (side === null) return 'not drawn';
  const { boots, right, outcome, detail } = side;
  if (right === boots) return `right in ${right} of ${formatCount(boots, 'boot')}`;
  const how = { ok: '', wrong: 'wrong', timeout: 'hangs', failed: 'fails', missing: 'not drawn' }[outcome];
  return `${how} in ${boots - right} of ${formatCount(boots, 'boot')}: ${plainLine(detail, 120)}`;
}

const mostRows = 200;

function sideText(side: VulkanSide): string {
  const trouble = side.trouble === '' ? '' : ` (${plainLine(side.trouble, 200)})`;
  return `${identityText(side.identity)}, ready in ${side.ready} of ${side.boots} boots${trouble}${icdText(side)}`;
}

/** `, ICD virtio_icd.aarch64.json`: which driver description the loader was held to. */
function icdText({ icd }: VulkanSide): string {
  const files = icd.split(':').map((path) => path.slice(path.lastIndexOf('/') + 1));
  return icd === '' ? '' : `, ICD ${plainLine(files.join(', '), 120)}`;
}

function identityText({ driverID, deviceName, apiVersion, driverInfo }: VulkanIdentity): string {
  if (driverID === '') return 'no device';
  return [driverID, deviceName, `Vulkan ${apiVersion}`, driverInfo]
    .filter((part) => part !== '')
    .map((part) => plainLine(part, 100))
    .join(', ');
}
