// Machine code by hand for trial boots: prints a word on the serial port and switches the machine off. A few instructions, but
// a guest that never runs cannot execute them.
import type { Architecture } from '../model/scenario.ts';

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
    ...[...trialWord].flatMap((letter) => [
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

/** A firmware image: the processor starts in real mode 16 bytes below its end. */
function x86Payload(): TrialPayload {
  const image = new Uint8Array(64 * 1024).fill(0xf4); // hlt
  const program = [
    ...[0xba, 0xf8, 0x03], //   mov dx, 0x3f8           the first serial port
    ...[...trialWord].flatMap((letter) => [
      ...[0xb0, letter.charCodeAt(0)], // mov al, letter
      0xee, //                            out dx, al
    ]),
    ...[0xba, 0xf9, 0x0c], //   mov dx, 0xcf9           reset control; -no-reboot makes a reset the end
    ...[0xb0, 0x02, 0xee], //   mov al, 2; out dx, al
    ...[0xb0, 0x06, 0xee], //   mov al, 6; out dx, al
    ...[0xb0, 0xfe, 0xe6, 0x64], // mov al, 0xfe; out 0x64, al   the keyboard controller's way, should the first be missing
    ...[0xf4, 0xeb, 0xfd], //   hlt; jmp back to it
  ];
  image.set(program, 0xff00);
  image.set([0xe9, 0x0d, 0xff], 0xfff0); // jmp 0xff00
  return { fileName: 'trial-x86_64.bin', bytes: image, option: '-bios' };
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}
