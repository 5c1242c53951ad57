// Known causes on the host's side: what the emulator says on standard error.
import type { Rule } from './rule.ts';

export const emulatorRules: readonly Rule[] = [
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
