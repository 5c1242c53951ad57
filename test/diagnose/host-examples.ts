// Facts for each rule on the host's side: Hypervisor.framework, QEMU, the renderer.
import type { Facts } from './facts.ts';

const hvf = (answer: string): Facts => ({
  stderr: `qemu-system-aarch64: Error: ret = ${answer}, at ../target/arm/hvf/hvf.c:1075)`,
});

export const hostExamples: Readonly<Record<string, readonly Facts[]>> = {
  'hvf-unavailable': [
    { stderr: 'qemu-system-aarch64: Error: ret = HV_UNSUPPORTED (0xfae9400f, at ../accel/hvf/hvf-all.c:334)' },
    { stderr: 'qemu-system-aarch64: -accel hvf: Error: ret = HV_DENIED (0xfae94007, at ../accel/hvf/hvf-all.c:354)' },
    {
      stderr:
        'qemu-system-aarch64: -accel hvf: Could not access HVF. Is the executable signed with com.apple.security.hypervisor entitlement?',
    },
    { stderr: 'qemu-system-x86_64: invalid accelerator hvf' },
  ],
  'hvf-granule-refused': [
    {
      stderr: 'qemu-system-aarch64: Error: ret = HV_UNSUPPORTED (0xfae9400f, at ../target/arm/hvf/hvf.c:990)',
      command: ['qemu', '-accel', 'hvf,ipa-granule-size=0x1000'],
    },
    { stderr: "qemu-system-aarch64: Property 'hvf-accel.ipa-granule-size' not found" },
  ],
  'hvf-bad-argument': [hvf('HV_BAD_ARGUMENT (0xfae94003'), hvf('0xfae94003')],
  'hvf-busy': [hvf('HV_BUSY (0xfae94002'), hvf('HV_NO_RESOURCES (0xfae94005')],
  'hvf-no-device': [hvf('HV_NO_DEVICE (0xfae94006')],
  'hvf-guest-state': [hvf('HV_ILLEGAL_GUEST_STATE (0xfae94004'), hvf('HV_ERROR (0xfae94001')],
  'hvf-assertion': [
    {
      stderr:
        'Assertion failed: (write_cpustate_to_list(arm_cpu, false)), function hvf_arch_init_vcpu, file hvf.c, line 1328.',
    },
    {
      stderr:
        "qemu-system-aarch64: ../target/arm/hvf/hvf.c:1329: hvf_arch_init_vcpu: Assertion `ret == HV_SUCCESS' failed.",
    },
  ],
  'kvm-unavailable': [{ stderr: 'Could not access KVM kernel module: Permission denied' }],
  'port-in-use': [{ stderr: "Could not set up host forwarding rule 'tcp:127.0.0.1:2222-:22'" }],
  'image-locked': [
    {
      stderr:
        'qemu-system-x86_64: -drive file=a.qcow2: Failed to get "write" lock\nIs another process using the image [a.qcow2]?',
    },
  ],
  'emulator-file-missing': [{ stderr: "qemu-system-aarch64: could not load kernel '/x/vmlinuz'" }],
  'emulator-library-missing': [
    { stderr: 'dyld[4242]: Library not loaded: /opt/homebrew/opt/libepoxy/lib/libepoxy.0.dylib' },
    {
      stderr:
        './qemu: error while loading shared libraries: libslirp.so.0: cannot open shared object file: No such file',
    },
  ],
  'emulator-device-unknown': [
    { stderr: "qemu-system-aarch64: -device virtio-gpu-gl-pci: 'virtio-gpu-gl-pci' is not a valid device model name" },
  ],
  'emulator-option-refused': [
    {
      stderr:
        "qemu-system-x86_64: -device virtio-gpu-gl-pci,context_init=true: Property 'virtio-gpu-gl-pci.context_init' not found",
    },
    { stderr: 'qemu-system-aarch64: unsupported machine type: "virt-12.0"' },
    { stderr: "qemu-system-x86_64: unable to find CPU model 'max-v9'" },
    { stderr: "qemu-system-x86_64: -netdev vmnet-shared,id=n: Invalid parameter 'vmnet-share'" },
    { stderr: 'qemu-system-x86_64: -netdev user,id=n: network backend user is not compiled into this binary' },
  ],
  'emulator-memory-map': [
    { stderr: 'qemu-system-aarch64: Addressing limited to 32 bits, but memory exceeds it by 1073741824 bytes' },
    { stderr: 'qemu-system-x86_64: Address space limit 0xfffffffff < 0x17ffffffff phys-bits too low (36)' },
  ],
  'host-memory': [{ stderr: "qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory" }],
  'display-unavailable': [
    { stderr: 'gtk initialization failed' },
    { stderr: 'qemu-system-x86_64: Could not initialize SDL(No available video device) - exiting' },
    { stderr: "qemu-system-aarch64: -display cocoa: Parameter 'type' does not accept value 'cocoa'" },
  ],
  'emulator-assertion': [
    { stderr: "qemu: ../hw/pci/pci.c:99: pci_bus: Assertion `bus' failed." },
    { stderr: 'ERROR:../hw/virtio/virtio.c:1:virtio_init: code should not be reached\nBail out!' },
  ],
  'emulator-ended-from-outside': [
    {
      stderr: 'qemu-system-aarch64: terminating on signal 15 from pid 4711 (bash)',
      outcome: { kind: 'exited', code: 0, signal: null },
    },
  ],
  'image-unreadable': [{ stderr: 'qemu-system-aarch64: -drive file=a.img: Image is not in qcow2 format' }],
  'emulator-cannot-connect': [
    { stderr: "qemu-system-x86_64: -netdev stream,id=n: Failed to connect to '/tmp/p.sock': Connection refused" },
  ],
  'metal-gpu-error': [
    { stderr: '[mvk-error] VK_ERROR_DEVICE_LOST: MTLCommandBuffer execution failed: Caused GPU Hang Error (3)' },
  ],
  'emulator-killed': [{ outcome: { kind: 'exited', code: null, signal: 'SIGKILL' } }],
  'virgl-without-egl': [
    { stderr: 'EGL is not supported on this platform\nqemu-system-aarch64: virgl could not be initialized: -1' },
  ],
  'venus-versions': [
    { vulkan: { stderr: 'MESA-VIRTIO: debug: unsupported renderer version 0, wire format version 2 != 1' } },
    { stderr: 'vkr: unsupported wire-format version 3' },
  ],
  'metal-compiler-lost': [
    {
      stderr:
        'Unable to reach MTLCompilerService. The process is unavailable because the compiler is no longer active.',
    },
    { stderr: '[mvk-error] VK_ERROR_INITIALIZATION_FAILED: Shader library compile failed (Error code 3):' },
  ],
  'venus-host-error': [
    { stderr: 'vkr: failed to look up object 7 of type 8\nvkr: vkBindImageMemory2 resulted in CS error' },
    { stderr: 'virgl_render_server[28]: vkr: ring_submit_cmd: vn_dispatch_command failed' },
  ],
  'moltenvk-error': [{ stderr: '[mvk-error] VK_ERROR_FEATURE_NOT_PRESENT: vkCreateImage(): no such format' }],
  'render-server-crashed': [{ stderr: 'proxy: failed to receive reply: Connection reset by peer' }],
};
