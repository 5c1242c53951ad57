// Facts on which each rule about graphics, and it alone, speaks.
import type { Facts } from './facts.ts';

export const graphicsExamples: Readonly<Record<string, readonly Facts[]>> = {
  'venus-render-server': [
    {
      stderr: 'qemu-system-aarch64: virgl could not be initialized: -1',
      console: '[   15.1] [drm:virtio_gpu_get_capsets] *ERROR* timed out waiting for cap set 0',
      probe: ['vulkan', 'failed', 'ERROR: Failed to detect any valid GPUs in the current config'],
    },
    {
      stderr: 'virtio_gpu_virgl_process_cmd: ctrl 0x10c, error 0x1200',
      vulkan: { outcome: 'failed', stderr: 'vkCreateInstance failed with ERROR_OUT_OF_HOST_MEMORY' },
    },
  ],
  'capset-timeout': [{ console: '[drm:virtio_gpu_init [virtio_gpu]] *ERROR* timed out waiting for cap set 0' }],
  'venus-needs-blob': [{ stderr: 'qemu: -device virtio-gpu-gl-pci: venus requires enabled blob and hostmem options' }],
  'no-opengl-display': [
    { stderr: 'qemu: The display backend does not have OpenGL support enabled' },
    { stderr: "qemu-system-aarch64: OpenGL is not supported by display backend 'cocoa'" },
    { stderr: 'qemu-system-aarch64: OpenGL support was not enabled in this build of QEMU' },
    { stderr: "qemu-system-aarch64: -display cocoa,gl=es: Invalid parameter 'gl'" },
    { stderr: 'qemu-system-x86_64: egl: no drm render node available' },
  ],
  'gpu-blob-not-mapped': [
    { console: '[   33.1] [drm:virtio_gpu_dequeue_ctrl_func [virtio_gpu]] *ERROR* response 0x1200 (command 0x208)' },
  ],
  'gpu-command-refused': [
    { console: '[   33.1] [drm:virtio_gpu_dequeue_ctrl_func] *ERROR* response 0x1203 (command 0x105)' },
  ],
  'no-host-vulkan': [{ probe: ['vulkan', 'failed', 'vkCreateInstance failed with ERROR_INCOMPATIBLE_DRIVER'] }],
  'no-venus-capset': [
    { probe: ['vulkan', 'failed', 'Failed to detect any valid GPUs in the current config'] },
    { probe: ['vulkan', 'failed', 'vkEnumeratePhysicalDevices failed with ERROR_INITIALIZATION_FAILED'] },
  ],
  'virgl-command-error': [{ stderr: 'virtio_gpu_virgl_process_cmd: ctrl 0x208, error 0x1200' }],
  'gpu-fence-stuck': [
    { console: 'MESA-VIRTIO: debug: stuck in fence wait with iter at 1024' },
    {
      probe: ['time-to-vulkan', 'failed', 'MESA-VIRTIO: debug: stuck in ring seqno wait with iter at 4096'],
      vulkan: { outcome: 'failed', stderr: 'MESA-VIRTIO: debug: aborting on expired ring alive status at iter 4096\n' },
      failedBy: ['vulkan', 'failed: MESA-VIRTIO: debug: stuck in ring seqno wait with iter at 4096'],
    },
    { probe: ['time-to-first-dispatch', 'failed', 'vkWaitForFences 2 on Virtio-GPU Venus (Apple M2 Pro)'] },
    {
      probe: ['time-to-first-dispatch', 'failed', 'vkQueueSubmit ended with exit status 134; Aborted'],
      vulkan: {
        outcome: 'ok',
        dispatch: {
          outcome: 'failed',
          detail: '',
          output: '',
          stderr: 'MESA-VIRTIO: debug: stuck in tls ring seqno wait with iter at 4096\nAborted\n',
        },
      },
    },
  ],
  'vulkan-software': [
    {
      probe: [
        'time-to-vulkan',
        'wrong-driver',
        'DRIVER_ID_MESA_LLVMPIPE; llvmpipe (LLVM 19.1.7, 128 bits); Vulkan 1.4.305',
      ],
    },
  ],
  'gpu-order': [
    {
      command: ['qemu', '-device', 'virtio-gpu-pci', '-device', 'virtio-gpu-gl-pci,blob=on,venus=on,hostmem=256M'],
      failedBy: ['vulkan', 'failed: exit status 1'],
    },
  ],
  'blob-unsupported': [{ stderr: 'qemu: -device virtio-gpu-gl-pci: old virglrenderer, blob resources unsupported' }],
  'render-node-closed': [
    {
      vulkan: {
        stderr: 'MESA-VIRTIO: debug: failed to open /dev/dri/renderD128\nERROR: Failed to detect any valid GPUs',
      },
    },
  ],
  'gpu-driver-failed': [
    { console: '[    3.1] virtio_gpu virtio3: probe with driver virtio_gpu failed with error -2' },
    { console: '[    3.1] virtio_gpu: probe of virtio3 failed with error -2' },
  ],
  'no-gpu-device': [
    { failedBy: ['drm', 'exit: exit status 1; '] },
    { failedBy: ['drm', 'exit: exit status 1; '], vulkan: { outcome: 'no-device', icd: '' } },
  ],
  'vulkaninfo-missing': [
    {
      probe: ['time-to-vulkan', 'missing', 'sh: exec: line 8: vulkaninfo: not found'],
      vulkan: { outcome: 'missing', icd: '' },
    },
  ],
  'venus-driver-missing': [{ vulkan: { outcome: 'failed', icd: '' } }],
  'pipeline-not-compiled': [
    { probe: ['time-to-first-dispatch', 'failed', 'vkCreateComputePipelines -3 on Virtio-GPU Venus (Apple M2 Pro)'] },
    { probe: ['time-to-first-dispatch', 'timeout', 'no end of vkCreateComputePipelines within the time limit'] },
  ],
  'dispatch-failed': [{ probe: ['time-to-first-dispatch', 'wrong-result', 'wrong word 1: 0 for 7'] }],
  'vulkan-hangs': [
    { probe: ['time-to-vulkan', 'timeout', 'no end within the time limit'] },
    { probe: ['time-to-first-dispatch', 'timeout', 'no end of vkWaitForFences within the time limit'] },
  ],
  'probe-hangs': [{ failedBy: ['vkcube', 'timeout: '] }],
  'drawing-triangle': [{ probe: ['drawing:triangle', 'failed', 'vkCreateGraphicsPipelines -3'] }],
  'drawing-uniform': [
    { probe: ['drawing:uniform', 'wrong', '6400 of 6400 pixels are wrong, first at 0,0: 0 0 0, not 255 0 0'] },
  ],
  'drawing-unbound-uniform': [
    { probe: ['drawing:unbound-uniform', 'timeout', 'no end of vkWaitForFences within 25 s'] },
  ],
  'drawing-texture': [{ probe: ['drawing:texture', 'wrong', '12 of 6400 pixels are wrong'] }],
  'drawing-late-pipeline': [{ probe: ['drawing:late-pipeline', 'failed', 'vkCreateGraphicsPipelines -3'] }],
  'drawing-frames': [{ probe: ['drawing:frames', 'failed', 'frames ended with exit status 134; Aborted'] }],
  'drawing-swap': [
    { probe: ['drawing:swap', 'failed', 'vkMapMemory -5'], failedBy: ['draw', 'failed: swap: vkMapMemory -5'] },
    { probe: ['drawing:swap', 'timeout', 'no end of write within 25 s'], failedBy: ['draw', 'timeout: swap: '] },
  ],
};
