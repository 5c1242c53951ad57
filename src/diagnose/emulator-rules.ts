// Known causes on the host's side: what the emulator and its GPU renderer say on standard error, and what the guest sees of it.
import type { Rule } from './rule.ts';

export const emulatorRules: readonly Rule[] = [
  {
    id: 'venus-render-server',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern: /virgl could not be initialized: -?\d+|failed to (?:start|exec|connect to) (?:the )?render server/i,
      },
    ],
    cause:
      'The GPU renderer did not start on the host (render server missing?), and the guest driver waits for it in vain.',
    advice: 'Point RENDER_SERVER_EXEC_PATH at virgl_render_server and check that it runs.',
    source: 'QEMU hw/display/virtio-gpu-virgl.c; kernel virtgpu_kms.c (two waits of 5 s)',
    cost: { of: 'timeouts', phase: 'hwdrivers', eachMs: 5_000, most: 2 },
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
    unless: ['venus-render-server'],
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
    id: 'no-opengl-display',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /display backend does not have OpenGL support|opengl is not available|eglInitialize failed|egl: .*(?:failed|no )/i,
      },
    ],
    cause: 'The display that QEMU was given has no OpenGL, which virtio-gpu-gl needs.',
    advice: 'Use -display egl-headless (Linux), or cocoa, gtk or sdl with gl=on in a QEMU built for it.',
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
    unless: ['venus-render-server', 'capset-timeout', 'no-host-vulkan'],
  },
  {
    id: 'virgl-command-error',
    severity: 'warning',
    evidence: [{ where: 'stderr', pattern: /virtio_gpu_virgl_process_cmd: ctrl 0x[0-9a-f]+, error 0x[0-9a-f]+/ }],
    cause: 'The host refused commands of the guest GPU driver.',
    advice: 'Compare the versions of QEMU, virglrenderer and the guest Mesa; newer pairs fit better.',
    source: 'QEMU hw/display/virtio-gpu-virgl.c',
  },
  {
    id: 'hvf-unavailable',
    severity: 'error',
    evidence: [
      { where: 'stderr', pattern: /HV_(?:UNSUPPORTED|DENIED|ERROR)|Error: ret = HV_|invalid accelerator hvf/ },
    ],
    cause:
      'Hypervisor.framework is not available to this QEMU: the entitlement is missing, or the Mac is itself a virtual machine.',
    advice:
      'Sign it: codesign --entitlements accel/hvf/entitlements.plist --force -s - <qemu>; hosted runners need accel: tcg.',
    source: 'Apple Hypervisor.framework; QEMU accel/hvf',
  },
  {
    id: 'kvm-unavailable',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern: /Could not access KVM kernel module|failed to initialize kvm|invalid accelerator kvm|KVM_CREATE_VM/i,
      },
    ],
    cause: 'KVM cannot be used on this host.',
    advice: 'Give the user access to /dev/kvm, or use accel: tcg.',
    source: 'QEMU accel/kvm/kvm-all.c',
  },
  {
    id: 'port-in-use',
    severity: 'error',
    evidence: [{ where: 'stderr', pattern: /Could not set up host forwarding rule|Address already in use/ }],
    cause: 'Another program holds the port that is to be forwarded to the guest.',
    advice: 'End the other program (often a guest left over from an earlier run), or use another port.',
    source: 'QEMU net/slirp.c',
  },
  {
    id: 'emulator-file-missing',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /could not load kernel|could not open disk image|Could not open '[^']+'|failed to find romfile|could not load (?:PC BIOS|initrd)/i,
      },
    ],
    cause: 'QEMU did not find a file that it was told to use.',
    advice: 'Check the path that its message names.',
    source: 'QEMU',
  },
];
