// What Hypervisor.framework answers, by the name of the answer: each means something else, and most are no missing entitlement.
import type { Rule } from './rule.ts';

const source = 'Apple Hypervisor.framework, hv_error.h; QEMU accel/hvf, target/arm/hvf';

/** QEMU prints the name, the number, or both, depending on its version. */
function answered(name: string, number: string): RegExp {
  return new RegExp(`\\b${name}\\b|\\bret(?:urn)? ?= ?${number}\\b|\\(${number}[,)]`);
}

/** QEMU prints where it stood: the accelerator's own start, or the code of the guest's CPUs. */
const unsupported = /HV_UNSUPPORTED|\bret ?= ?0xfae9400f/;

export const hvfRules: readonly Rule[] = [
  {
    id: 'hvf-granule-refused',
    severity: 'error',
    evidence: [
      {
        all: [
          { where: 'stderr', pattern: unsupported },
          { where: 'command', pattern: /ipa-granule-size=\w+/ },
        ],
      },
      {
        where: 'stderr',
        pattern:
          /[Pp]roperty '?[\w.-]*ipa-granule-size'?.{0,80}|ipa[-_ ]granule.{0,80}(?:not supported|unsupported|fail)/,
      },
    ],
    cause:
      'This macOS or this QEMU refuses ipa-granule-size: the 4 KiB granule needs macOS 26 and a QEMU that knows the option.',
    advice:
      'Leave ipa-granule-size out; where the same answer comes without it, the Mac is itself a virtual machine and has no HVF (use accel: tcg).',
    source: 'Apple hv_vm_config_set_ipa_granule; QEMU accel/hvf',
  },
  {
    id: 'hvf-unavailable',
    severity: 'error',
    evidence: [
      { where: 'stderr', pattern: answered('HV_DENIED', '0xfae94007') },
      { where: 'stderr', pattern: /com\.apple\.security\.hypervisor|Could not access HVF/ },
    ],
    cause: 'macOS does not let this QEMU use Hypervisor.framework: it is not signed with the hypervisor entitlement.',
    advice: 'Sign it: codesign --entitlements accel/hvf/entitlements.plist --force -s - <qemu>.',
    source,
  },
  {
    id: 'hvf-unavailable',
    severity: 'error',
    evidence: [
      { where: 'stderr', pattern: unsupported },
      { where: 'stderr', pattern: /invalid accelerator hvf/ },
    ],
    cause:
      'Hypervisor.framework does not do what QEMU asks for: the Mac is itself a virtual machine, or this chip or macOS lacks a feature, or this QEMU was built without HVF.',
    advice:
      'Run sysctl kern.hv_support: 0 means a virtual machine, where only accel: tcg works. With 1, leave options of -M, -cpu and -accel out one by one.',
    source,
    unless: ['hvf-granule-refused'],
  },
  {
    id: 'hvf-bad-argument',
    severity: 'error',
    evidence: [{ where: 'stderr', pattern: answered('HV_BAD_ARGUMENT', '0xfae94003') }],
    cause:
      'Hypervisor.framework answered HV_BAD_ARGUMENT: QEMU gave it a register, an address or a size that this macOS or chip does not take.',
    advice:
      'Leave out what the chip may not have (nested virtualization, -cpu features, highmem), and compare with another version of QEMU; the message names file and line.',
    source,
  },
  {
    id: 'hvf-busy',
    severity: 'error',
    evidence: [
      { where: 'stderr', pattern: answered('HV_BUSY', '0xfae94002') },
      { where: 'stderr', pattern: answered('HV_NO_RESOURCES', '0xfae94005') },
    ],
    cause: 'Hypervisor.framework has no room for another guest: too many run, or they hold too many resources.',
    advice: 'End guests that are left over (also those of other programs), and try again.',
    source,
  },
  {
    id: 'hvf-no-device',
    severity: 'error',
    evidence: [{ where: 'stderr', pattern: answered('HV_NO_DEVICE', '0xfae94006') }],
    cause:
      'Hypervisor.framework answered HV_NO_DEVICE: it has no virtual machine for this call, because there is no hypervisor on this Mac or the machine was never made.',
    advice: 'Run sysctl kern.hv_support; with 1, read what QEMU said before this line: an earlier call failed.',
    source,
  },
  {
    id: 'hvf-guest-state',
    severity: 'error',
    evidence: [
      { where: 'stderr', pattern: answered('HV_ILLEGAL_GUEST_STATE', '0xfae94004') },
      { where: 'stderr', pattern: answered('HV_FAULT', '0xfae94008') },
      { where: 'stderr', pattern: answered('HV_ERROR', '0xfae94001') },
    ],
    cause: 'Hypervisor.framework stopped the guest with an error of its own; the name of the error says no more.',
    advice:
      'Boot the same guest with accel: tcg: if it comes up, the fault lies between this QEMU and Hypervisor.framework.',
    source,
  },
  {
    id: 'hvf-assertion',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern: /Assertion failed: .{0,300}(?:hvf|\bhv_)|hvf\S*: .{0,120}[Aa]ssertion .{0,300}fail|ERROR:\S*hvf\S*:/i,
      },
    ],
    cause:
      "QEMU's HVF code stopped at a check of its own: Hypervisor.framework answered something that this QEMU does not expect, mostly because chip or macOS are newer than it.",
    advice: 'Try a newer QEMU, and -cpu host without further features; accel: tcg works meanwhile.',
    source: 'QEMU target/arm/hvf/hvf.c, accel/hvf',
  },
];
