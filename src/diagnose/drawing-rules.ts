// What each drawing tells that is wrong, fails or hangs. The evidence says how: which pixels, which call.
import type { Rule } from './rule.ts';

/** Where even the triangle is not right, the others say no more. */
const rule = (name: string, text: Pick<Rule, 'cause' | 'advice' | 'source'>): Rule => ({
  id: `drawing-${name}`,
  severity: 'error',
  evidence: [{ where: 'probes', pattern: new RegExp(`^drawing:${name} (?!ok )\\w+ `) }],
  ...text,
  ...(name === 'triangle' ? {} : { unless: ['drawing-triangle'] }),
});

export const drawingRules: readonly Rule[] = [
  rule('triangle', {
    cause:
      'The simplest drawing of all does not come out: one triangle without any buffer, read back through mapped memory.',
    advice:
      'Dispatches work, so look at what only drawing needs on the host: graphics pipelines, render passes, copies from images to buffers.',
    source: 'Bootgauge',
  }),
  rule('uniform', {
    cause: 'What a shader reads from a uniform buffer is not what the guest wrote there.',
    advice:
      'Look at descriptor sets on the host (vkUpdateDescriptorSets, vkCmdBindDescriptorSets), then at the mapped memory behind the buffer.',
    source: 'Bootgauge; Vulkan, Resource Descriptors',
  }),
  rule('unbound-uniform', {
    cause:
      'A triangle goes wrong as soon as its pipeline layout knows a uniform buffer that is there and is never bound, which Vulkan allows where no shader reads it.',
    advice: 'Look at how the Vulkan driver of the host encodes draws whose layout has a set that is not bound.',
    source: 'Bootgauge; Vulkan, Pipeline Layouts',
  }),
  rule('texture', {
    cause: 'A picture that the guest copied into an image does not come out of a shader that samples it.',
    advice: 'Look at copies from buffers to images on the host, at image layouts, and at samplers.',
    source: 'Bootgauge',
  }),
  rule('late-pipeline', {
    cause: 'The first pipeline of a program is compiled; one that comes after its first frame is not, or draws wrong.',
    advice:
      "Look at the host's shader compiler; on macOS a render worker that was forked may lose the Metal compiler service.",
    source: 'Apple Metal (MTLCompilerService after fork); virglrenderer render server',
  }),
  rule('frames', {
    cause: 'One frame works; of a hundred in a row, each with its fence, some are lost or never end.',
    advice: 'Look for a renderer that ended or hangs on the host, then for fences and wake-ups that get lost.',
    source: 'Bootgauge',
  }),
  rule('swap', {
    cause: '64 MiB of mapped memory do not get through to the GPU and back.',
    advice:
      'Give the GPU more hostmem= (it must hold this much at once), then look at blob resources and their mapping.',
    source: 'Bootgauge; QEMU hw/display/virtio-gpu-virgl.c',
  }),
];
