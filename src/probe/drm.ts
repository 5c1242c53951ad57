// When the guest's DRM render node is there and opens. With a plain virtio-gpu it is there too: alone it proves nothing about Venus.
import type { ProbeSpec } from '../model/scenario.ts';

export const renderNode = '/dev/dri/renderD128';

/** Passes when the node is a character device that opens for reading and writing; no process but the shell is needed. */
export function drmProbe(timeoutMs: number): ProbeSpec {
  return {
    name: 'drm',
    run: `test -c ${renderNode} && : <> ${renderNode}`,
    expect: null,
    timeoutMs,
    metric: 'time-to-drm',
  };
}
