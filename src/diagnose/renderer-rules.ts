// Known causes on the host's half of graphics: virglrenderer, its render server, EGL, MoltenVK and Metal, as their words on standard error tell.
import type { Rule } from './rule.ts';

/** What a guest sees of a renderer that has stopped working: it says less than the renderer itself. */
export const seenByGuest = ['metal-compiler-lost', 'venus-host-error', 'venus-versions'] as const;

export const rendererRules: readonly Rule[] = [
  {
    id: 'virgl-without-egl',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /EGL is not supported on this platform|[Ff]ailed to (?:initiali[sz]e|create|get) EGL|EGL(?: display)? (?:could not be|cannot be) initiali[sz]ed|no EGL (?:support|display)/,
      },
    ],
    cause: 'virglrenderer has no EGL here, and was started with OpenGL for the guest, which needs it.',
    advice:
      'On macOS use a virglrenderer and a QEMU that start without EGL (Venus alone, no vrend), or an ANGLE that brings EGL; on Linux install libegl.',
    source: 'virglrenderer src/virglrenderer.c, src/vrend_winsys.c',
  },
  {
    id: 'venus-versions',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /(?:unsupported|mismatched|incompatible|wrong) (?:venus |vkr |wire[- ]format |protocol |capset )+version|wire[- ]format[- ]version/i,
      },
      {
        where: 'probes',
        pattern:
          /(?:unsupported|mismatched|incompatible) (?:wire[- ]format|renderer|protocol|vk_xml|venus)\w* ?version|wire[- ]format version \d+ != \d+/i,
      },
    ],
    cause: 'The Mesa of the guest and the virglrenderer of the host speak Venus protocols of different versions.',
    advice:
      'Bring both to versions of the same time: take a newer Mesa into the guest, or build a newer virglrenderer.',
    source: 'mesa src/virtio/vulkan/vn_instance.c; virglrenderer src/venus',
  },
  {
    id: 'metal-compiler-lost',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern: /MTLCompilerService|[Cc]ompiler (?:encountered|is no longer active).{0,80}|XPC_ERROR_CONNECTION/,
      },
      {
        where: 'stderr',
        pattern: /Shader library compile failed|Compute pipeline compile failed|Render pipeline compile failed/,
      },
    ],
    cause:
      'The render worker on the host lost the compiler of Metal, so no shader is compiled and the guest waits for what never comes.',
    advice:
      'Start the render server anew instead of forking it from a process that has used Metal (virglrenderer built with -Drender-server-worker=thread or process that execs).',
    source: 'Apple Metal (MTLCompilerService does not survive a fork); MoltenVK MVKShaderModule',
  },
  {
    id: 'venus-host-error',
    severity: 'error',
    evidence: [
      { where: 'stderr', pattern: /vkr: (?:failed to (?:look ?up|import|find|create|allocate)|invalid) .{1,200}/ },
      {
        where: 'stderr',
        pattern: /vkr: \w+ resulted in CS error|vkr: .{0,60}vn_dispatch_command failed|vkr: .{0,80}(?:fatal|CS error)/,
      },
    ],
    cause:
      "The renderer on the host refused a command of the guest's Vulkan driver and gave up on it: everything after that fails or waits for ever.",
    advice:
      'The first of these lines counts: it names the object or the call. Compare the versions of virglrenderer, host Vulkan driver and guest Mesa; for resources check hostmem= and blob=on.',
    source: 'virglrenderer src/venus/vkr_cs.c, vkr_ring.c, vkr_device_memory.c',
  },
  {
    id: 'metal-gpu-error',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /Caused GPU \w+ (?:Error|Fault)|kIO\w+CommandBufferCallbackError\w+|[Ee]xecution of the command buffer was aborted/,
      },
    ],
    cause: 'macOS gave up work on the GPU of the host: it took too long, or touched memory that it may not.',
    advice:
      'Look for another program that keeps the GPU busy, and boot again; where it comes each time, the commands of the guest or their translation are wrong: try another virglrenderer or Vulkan driver.',
    source: 'Apple Metal MTLCommandBufferError',
  },
  {
    id: 'moltenvk-error',
    severity: 'warning',
    evidence: [{ where: 'stderr', pattern: /\[mvk-error\] VK_ERROR_\w+/ }],
    cause: 'MoltenVK on the host reports errors of Vulkan calls.',
    advice:
      'Read its message; set MVK_CONFIG_LOG_LEVEL=2 for more, and try another version of MoltenVK, or KosmicKrisp.',
    source: 'MoltenVK MVKFoundation',
    unless: ['metal-compiler-lost', 'metal-gpu-error'],
  },
  {
    id: 'render-server-crashed',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /render[_ ]server.{0,60}(?:crashed|died|exited|terminated|killed|segfault)|lost connection to (?:the )?render ?server|proxy: .{0,60}(?:failed to receive|broken pipe|connection reset)/i,
      },
    ],
    cause: 'The render server of the host ended while the guest used it.',
    advice: 'Look for its crash in the log of the host, and run it under a debugger with the same guest.',
    source: 'virglrenderer server/, src/proxy',
  },
];
