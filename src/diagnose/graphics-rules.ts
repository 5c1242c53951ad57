// Known causes of lost graphics: between the host's renderer, the emulator's device, the guest's driver and its Vulkan loader.
import { seenByGuest } from './renderer-rules.ts';
import type { Rule } from './rule.ts';

export const graphicsRules: readonly Rule[] = [
  {
    id: 'venus-render-server',
    severity: 'error',
    // Whether QEMU notices a server that cannot be started is a race between the dying server and the first message to it.
    evidence: [
      {
        where: 'stderr',
        pattern:
          /virgl could not be initialized: -?\d+|failed to exec \S{0,200}render[_-]server.{0,80}|failed to (?:start|exec|spawn|connect to) (?:the )?render[ _]server/i,
      },
      {
        all: [
          // RESOURCE_CREATE_BLOB is what a Venus context asks for first.
          { where: 'stderr', pattern: /ctrl 0x10c, error 0x1200/ },
          { where: 'probes', pattern: /vkCreateInstance failed with ERROR_(?:OUT_OF_HOST_MEMORY|DEVICE_LOST)/ },
        ],
      },
    ],
    cause:
      "The renderer of the host did not answer Venus: its render server is missing, cannot be started, or has ended, or it is of a version that does not fit the guest's Mesa.",
    advice:
      'Run the file that RENDER_SERVER_EXEC_PATH names by hand. If it runs, see whether an older guest that worked (another version of Mesa) still does: then the versions do not fit; else look for a crash in the log of the host.',
    source:
      'virglrenderer src/proxy (starts the server, does not wait for it); QEMU hw/display/virtio-gpu-virgl.c; kernel virtgpu_kms.c (two waits of 5 s)',
    cost: {
      of: 'timeouts',
      phase: 'hwdrivers',
      eachMs: 5_000,
      most: 2,
      when: /could not be initialized|render[ _]server/i,
    },
    unless: ['virgl-without-egl', 'no-opengl-display', 'venus-versions', 'render-server-crashed'],
  },
  {
    id: 'capset-timeout',
    severity: 'error',
    evidence: [{ where: 'console', pattern: /timed out waiting for cap set \d+/ }],
    cause: 'The host never answered which 3D capabilities it has, and the guest driver waited for them.',
    advice:
      "Look at the emulator's standard error for the renderer's failure; without a renderer use a plain virtio-gpu.",
    source: 'kernel drivers/gpu/drm/virtio/virtgpu_kms.c (waits of 5 s)',
    cost: { of: 'timeouts', phase: 'hwdrivers', eachMs: 5_000, most: 2 },
    unless: ['venus-render-server', 'virgl-without-egl'],
  },
  {
    id: 'venus-needs-blob',
    severity: 'error',
    evidence: [{ where: 'stderr', pattern: /venus requires enabled blob and hostmem/ }],
    cause: 'QEMU refuses venus=on without blob=on and hostmem.',
    advice: 'Add blob=on and hostmem=256M to the GPU device.',
    source: 'QEMU hw/display/virtio-gpu-gl.c',
  },
  {
    id: 'blob-unsupported',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern: /blob resources unsupported|cannot enable blob resources|need (?:rutabaga or )?udmabuf/,
      },
    ],
    cause: 'This QEMU or its virglrenderer cannot share memory of the host with the guest (blob resources).',
    advice:
      'Use a newer virglrenderer; without one (plain virtio-gpu on Linux) load udmabuf, give the user access to /dev/udmabuf and the guest memory-backend-memfd.',
    source: 'QEMU hw/display/virtio-gpu.c, virtio-gpu-virgl.c',
  },
  {
    id: 'no-opengl-display',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /display backend does not have OpenGL support|opengl is not (?:available|supported by display)|opengl support was not enabled|no opengl support|eglInitialize failed|egl: .*(?:failed|no )|Invalid parameter 'gl'|gl=(?:on|es|core).{0,60}(?:not supported|unsupported|invalid)/i,
      },
    ],
    cause: 'virtio-gpu-gl needs OpenGL, and this QEMU or the display that it was given has none.',
    advice:
      'Use -display egl-headless (Linux, with a render node), or gtk, sdl or cocoa with gl=on (some builds of cocoa want gl=es or gl=core). If QEMU says that it was built without OpenGL, configure it with --enable-opengl and libepoxy.',
    source: 'QEMU ui/console.c, hw/display/virtio-gpu-gl.c',
  },
  {
    id: 'no-host-vulkan',
    severity: 'error',
    evidence: [
      { where: 'probes', pattern: /ERROR_INCOMPATIBLE_DRIVER/ },
      { where: 'stderr', pattern: /vkr: failed to (?:create|initialize).*(?:instance|vulkan)/i },
    ],
    cause: 'The host has no Vulkan driver that the renderer could use.',
    advice:
      'Install one on the host and point VK_DRIVER_FILES at it (MoltenVK or KosmicKrisp on macOS, Mesa on Linux).',
    source: 'vulkan loader; virglrenderer vkr',
  },
  {
    id: 'no-venus-capset',
    severity: 'error',
    evidence: [
      { where: 'probes', pattern: /Failed to detect any valid GPUs/ },
      { where: 'probes', pattern: /vkEnumeratePhysicalDevices failed with ERROR_INITIALIZATION_FAILED/ },
    ],
    cause: 'The guest sees a GPU without the Venus capset, so its Vulkan driver finds no device.',
    advice: 'Use virtio-gpu-gl-pci with venus=on,blob=on,hostmem=256M and a QEMU whose virglrenderer has Venus.',
    source: 'mesa venus; QEMU virtio-gpu',
    unless: [
      'venus-render-server',
      'capset-timeout',
      'no-host-vulkan',
      'virgl-without-egl',
      'no-opengl-display',
      'render-node-closed',
    ],
  },
  {
    id: 'render-node-closed',
    severity: 'error',
    evidence: [{ where: 'probes', pattern: /failed to open \/dev\/dri\/\w+|\/dev\/dri\/\w+.{0,40}Permission denied/ }],
    cause: 'The guest has a render node, but the user who asked may not open it, so no driver finds the GPU.',
    advice: 'Add that user to the groups that own /dev/dri/renderD128 (render, video), or log in as root.',
    source: 'mesa src/virtio/vulkan/vn_renderer_virtgpu.c; udev rules',
  },
  {
    id: 'virgl-command-error',
    severity: 'warning',
    evidence: [{ where: 'stderr', pattern: /virtio_gpu_virgl_process_cmd: ctrl 0x[0-9a-f]+, error 0x[0-9a-f]+/ }],
    cause: 'The host refused commands of the guest GPU driver.',
    advice: 'Compare the versions of QEMU, virglrenderer and the guest Mesa; newer pairs fit better.',
    source: 'QEMU hw/display/virtio-gpu-virgl.c',
    unless: ['venus-render-server', 'venus-host-error', 'virgl-without-egl'],
  },
  {
    id: 'gpu-blob-not-mapped',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        // RESOURCE_MAP_BLOB and RESOURCE_UNMAP_BLOB.
        pattern: /virtio_gpu_dequeue_ctrl_func.{0,40}response 0x12\w\w \(command 0x20[89]\)/,
      },
      { where: 'stderr', pattern: /failed to map virgl resource.{0,80}/ },
    ],
    cause: 'The host could not map GPU memory into the guest.',
    advice:
      'Give the GPU more hostmem=. On Apple silicon a guest with 4 KiB pages needs ipa-granule-size=0x1000 or a kernel with 16 KiB pages.',
    source: 'kernel drivers/gpu/drm/virtio/virtgpu_vq.c; QEMU hw/display/virtio-gpu-virgl.c',
    unless: ['venus-render-server'],
  },
  {
    id: 'gpu-command-refused',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        pattern: /virtio_gpu_dequeue_ctrl_func.{0,40}response 0x12\w\w \(command 0x(?!20[89]\))\w+\)/,
      },
    ],
    cause: 'The host refused commands of the guest GPU driver, which says so in its kernel log.',
    advice:
      'Look up both numbers (0x1200 no reason, 0x1201 no memory, 0x1203 no such resource, 0x1204 no such context), and compare the versions of QEMU, virglrenderer and the guest kernel.',
    source: 'kernel drivers/gpu/drm/virtio/virtgpu_vq.c; include/uapi/linux/virtio_gpu.h',
    unless: ['venus-render-server', 'venus-host-error', 'virgl-without-egl'],
  },
  {
    id: 'gpu-fence-stuck',
    severity: 'error',
    evidence: [
      // Mesa says it on the program's standard error, and gives up after some seconds.
      { where: 'probes', pattern: /stuck in [\w ]+ wait|aborting on (?:ring fatal error|expired ring alive status)/ },
      { where: 'console', pattern: /stuck in [\w ]+ wait/ },
      { where: 'probes', pattern: /^time-to-first-dispatch failed vkWaitForFences 2\b/ },
    ],
    cause: 'The guest driver waits for the host, which never answers or never signals the fence.',
    advice:
      'Look at the threads of the render server while it hangs. Where the ring thread does nothing but wait, a wake-up was lost: Venus does that rarely, when a virtual CPU is preempted. Otherwise look at virglrenderer and the Vulkan driver of the host.',
    source:
      'mesa src/virtio/vulkan/vn_common.c, vn_ring.c; virglrenderer src/venus/vkr_ring.c; VK_TIMEOUT of vkWaitForFences',
    unless: ['pipeline-not-compiled', ...seenByGuest],
  },
  {
    id: 'gpu-order',
    severity: 'error',
    evidence: [
      {
        all: [
          { where: 'command', pattern: /\bvirtio-(?:gpu|vga)-(?!gl|rutabaga)\S* .*\bvirtio-(?:gpu|vga)-gl/ },
          { where: 'probes', pattern: /^outcome failed (?:vulkan|dispatch|draw) / },
        ],
      },
    ],
    cause: 'Two GPUs, and the one without Venus comes first: it becomes renderD128, which Vulkan opens.',
    advice: 'Name the virtio-gpu-gl device before the other GPU, or remove the other one.',
    source: 'kernel drivers/gpu/drm/drm_drv.c (minors in the order of probing); mesa venus',
  },
  {
    id: 'no-gpu-device',
    severity: 'error',
    evidence: [{ where: 'probes', pattern: /^outcome failed drm / }],
    cause: 'The guest has no render node: there is no GPU device, or the driver for it was not loaded.',
    advice: 'Look for virtio-gpu in the command line of QEMU, and in the guest load virtio_gpu (dmesg | grep drm).',
    source: 'kernel drivers/gpu/drm/virtio',
    unless: ['venus-render-server', 'capset-timeout', 'virgl-without-egl', 'no-opengl-display', 'gpu-driver-failed'],
  },
  {
    id: 'gpu-driver-failed',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern:
          /\bvirtio_gpu \S+: probe with driver virtio_gpu failed with error -\d+|\bvirtio_gpu: probe of \S+ failed with error -\d+|virtio_gpu_init.{0,40}\*ERROR\* failed/,
      },
    ],
    cause: 'The guest kernel has a GPU, but its driver gave it up.',
    advice:
      'Error -2 or missing queues: the device speaks an older virtio (disable-legacy=on) or QEMU refused it; -12: give the guest more memory.',
    source: 'kernel drivers/gpu/drm/virtio/virtgpu_kms.c, virtgpu_drv.c',
    unless: ['venus-render-server', 'capset-timeout'],
  },
  {
    id: 'vulkan-software',
    severity: 'error',
    evidence: [{ where: 'probes', pattern: /^time-to-vulkan wrong-driver .*(?:llvmpipe|lavapipe|LLVMPIPE)/ }],
    cause: 'Vulkan runs on the guest CPU: Venus has no device, and the loader fell back to lavapipe.',
    advice:
      'Mend Venus (see the other findings); meanwhile VK_DRIVER_FILES in the guest keeps lavapipe from hiding it.',
    source: 'vulkan loader; mesa lavapipe',
  },
  {
    id: 'vulkaninfo-missing',
    severity: 'error',
    evidence: [{ where: 'probes', pattern: /^time-to-vulkan missing / }],
    cause: 'The guest has no vulkaninfo, so its Vulkan driver cannot be asked.',
    advice: 'Install it in the guest: vulkan-tools on Alpine, Debian and Fedora.',
    source: 'Bootgauge',
  },
  {
    id: 'venus-driver-missing',
    severity: 'error',
    evidence: [{ where: 'probes', pattern: /^vulkan without a Venus driver file$/ }],
    cause: 'The guest has no Vulkan driver for Venus (no virtio_icd*.json in /usr/share/vulkan/icd.d).',
    advice:
      'Install it in the guest: mesa-vulkan-virtio on Alpine (3.23 and newer), mesa-vulkan-drivers on Debian and Fedora.',
    source: 'mesa; Alpine community/mesa',
    unless: ['vulkaninfo-missing'],
  },
  {
    id: 'pipeline-not-compiled',
    severity: 'error',
    evidence: [
      {
        where: 'probes',
        pattern: /^time-to-first-dispatch (?:failed|timeout) .*(?:vkCreateComputePipelines|vkCreateShaderModule)/,
      },
    ],
    cause: 'The driver shows a device but cannot compile a compute pipeline, so no application will draw or compute.',
    advice:
      "Look at the host's shader compiler; on macOS a render worker that was forked has lost the Metal compiler service.",
    source: 'Apple Metal (MTLCompilerService after fork); virglrenderer render server',
    unless: [...seenByGuest],
  },
  {
    id: 'dispatch-failed',
    severity: 'error',
    evidence: [{ where: 'probes', pattern: /^time-to-first-dispatch (?:failed|wrong-result|wrong-driver|missing) / }],
    cause: 'Vulkan is there but computes nothing, or something wrong: a small compute pipeline did not pass.',
    advice: 'The evidence names the call that failed; look at the host side: virglrenderer and the Vulkan driver.',
    source: 'Bootgauge',
    unless: ['pipeline-not-compiled', 'gpu-fence-stuck', ...seenByGuest],
  },
  {
    id: 'vulkan-hangs',
    severity: 'error',
    evidence: [{ where: 'probes', pattern: /^(?:time-to-vulkan|time-to-first-dispatch) timeout / }],
    cause: 'The guest asked its GPU and never got an answer: the renderer on the host hangs, or a fence never comes.',
    advice: 'Look at the render server and the Vulkan driver of the host while it hangs (a stack of its threads).',
    source: 'mesa src/virtio/vulkan; virglrenderer',
    unless: ['gpu-fence-stuck', 'pipeline-not-compiled', ...seenByGuest],
  },
  {
    id: 'probe-hangs',
    severity: 'error',
    evidence: [{ where: 'probes', pattern: /^outcome failed (?!vulkan |dispatch |draw |drm |login |ssh )\S+ timeout/ }],
    cause: 'A probe of the configuration did not end within its time limit.',
    advice: 'Run its command by hand in the guest; if it is slow and well, raise its timeout.',
    source: 'Bootgauge',
  },
];
