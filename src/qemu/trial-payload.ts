// Machine code by hand for trial boots: prints a word on the serial port and switches the machine off. A few instructions, but
// a guest that never runs cannot execute them.
import type { Architecture } from '../model/guests/guest-kind.ts';

/** What the payload prints. */
export const trialWord = 'alive';

export interface TrialPayload {
  readonly fileName: string;
  readonly bytes: Uint8Array;
  /** QEMU's option that starts such a file. */
  readonly option: '-kernel' | '-bios';
}

/** The payload of one architecture. */
export function trialPayload(architecture: Architecture): TrialPayload {
  return architecture === 'arm64' ? arm64Payload() : x86Payload();
}

/** A raw image for the machine `virt`, which starts it in EL1 with the MMU off. */
function arm64Payload(): TrialPayload {
  const instructions = [
    0xd2a12001, // movz x1, #0x0900, lsl #16     the PL011's data register, 0x09000000
    ...Array.from(trialWord).flatMap((letter) => [
      0x52800003 | (letter.charCodeAt(0) << 5), // movz w3, #letter
      0xb9000023, //                               str  w3, [x1]
    ]),
    0x52800100, // movz w0, #0x0008
    0x72b08000, // movk w0, #0x8400, lsl #16     PSCI SYSTEM_OFF
    0xd4000002, // hvc  #0
    0x14000000, // b    .
  ];
  return {
    fileName: 'trial-arm64.bin',
    bytes: Uint8Array.from(Buffer.concat(instructions.map(word))),
    option: '-kernel',
  };
}

/**
 * A firmware image: the processor starts in real mode 16 bytes below its end. The word is printed from 64-bit mode with paging:
 * there are hosts whose KVM runs real and protected mode and hangs there, before a kernel's first message.
 */
function x86Payload(): TrialPayload {
  const image = new Uint8Array(64 * 1024).fill(0xf4); // hlt
  image.set([...realMode, ...protectedMode], 0xfe00);
  image.set(longMode, 0xfe70);
  image.set([0x1f, 0x00, 0xd0, 0xfe, 0x0f, 0x00], 0xfec0); // limit and address of the descriptors
  image.set(descriptors, 0xfed0);
  image.set([0xe9, 0x0d, 0xfe], 0xfff0); //           jmp 0xfe00
  return { fileName: 'trial-x86_64.bin', bytes: image, option: '-bios' };
}

const realMode = [
  ...[0x2e, 0x66, 0x0f, 0x01, 0x16, 0xc0, 0xfe], // lgdtl cs:0xfec0
  ...[0x0f, 0x20, 0xc0], //                         mov eax, cr0
  ...[0x0c, 0x01], //                               or al, 1                protected mode
  ...[0x0f, 0x22, 0xc0], //                         mov cr0, eax
  ...[0x66, 0xea, 0x17, 0xfe, 0x0f, 0x00, 0x08, 0x00], // ljmpl 8:0xffe17
];
const protectedMode = [
  ...[0x66, 0xb8, 0x10, 0x00], //                   mov ax, 16
  ...[0x8e, 0xd8], //                               mov ds, ax
  ...[0x8e, 0xd0], //                               mov ss, ax
  ...[0xbc, 0x00, 0x80, 0x00, 0x00], //             mov esp, 0x8000
  // Page tables that map the first 2 MiB to themselves, this program's alias below 1 MiB included.
  ...[0xc7, 0x05, 0x00, 0x10, 0x00, 0x00, 0x03, 0x20, 0x00, 0x00], // mov dword [0x1000], 0x2003
  ...[0xc7, 0x05, 0x00, 0x20, 0x00, 0x00, 0x03, 0x30, 0x00, 0x00], // mov dword [0x2000], 0x3003
  ...[0xc7, 0x05, 0x00, 0x30, 0x00, 0x00, 0x83, 0x00, 0x00, 0x00], // mov dword [0x3000], 0x83
  ...[0xb8, 0x00, 0x10, 0x00, 0x00], //             mov eax, 0x1000
  ...[0x0f, 0x22, 0xd8], //                         mov cr3, eax
  ...[0x0f, 0x20, 0xe0], //                         mov eax, cr4
  ...[0x0c, 0x20], //                               or al, 0x20             physical address extension
  ...[0x0f, 0x22, 0xe0], //                         mov cr4, eax
  ...[0xb9, 0x80, 0x00, 0x00, 0xc0], //             mov ecx, 0xc0000080     EFER
  ...[0x0f, 0x32], //                               rdmsr
  ...[0x80, 0xcc, 0x01], //                         or ah, 1                long mode enable
  ...[0x0f, 0x30], //                               wrmsr
  ...[0x0f, 0x20, 0xc0], //                         mov eax, cr0
  ...[0x0d, 0x00, 0x00, 0x00, 0x80], //             or eax, 0x80000000      paging
  ...[0x0f, 0x22, 0xc0], //                         mov cr0, eax
  ...[0xea, 0x70, 0xfe, 0x0f, 0x00, 0x18, 0x00], // ljmp 24:0xffe70
];
const longMode = [
  ...[0x66, 0xba, 0xf8, 0x03], //                   mov dx, 0x3f8           the first serial port
  ...Array.from(trialWord).flatMap((letter) => [
    ...[0xb0, letter.charCodeAt(0)], //             mov al, letter
    0xee, //                                        out dx, al
  ]),
  ...[0x66, 0xba, 0xf9, 0x0c], //                   mov dx, 0xcf9           reset control; -no-reboot makes it the end
  ...[0xb0, 0x02, 0xee], //                         mov al, 2; out dx, al
  ...[0xb0, 0x06, 0xee], //                         mov al, 6; out dx, al
  ...[0xb0, 0xfe, 0xe6, 0x64], //                   mov al, 0xfe; out 0x64, al   by the keyboard controller otherwise
  ...[0xf4, 0xeb, 0xfd], //                         hlt; jmp back to it
];
const descriptors = [
  ...[0, 0, 0, 0, 0, 0, 0, 0],
  ...[0xff, 0xff, 0, 0, 0, 0x9a, 0xcf, 0], //       8: 32-bit code
  ...[0xff, 0xff, 0, 0, 0, 0x92, 0xcf, 0], //       16: data
  ...[0xff, 0xff, 0, 0, 0, 0x9a, 0xaf, 0], //       24: 64-bit code
];

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}
