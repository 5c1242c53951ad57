// Records the serial console: raw bytes and the moment of each read, up to a cap. What is not kept is still heard by listeners.
import type { Console, ConsoleRead } from '../model/boot.ts';

/** Called with the bytes of one read. They must not be kept: copy what is needed. */
export type ReadListener = (bytes: Uint8Array, atNs: number) => void;

export interface VmConsole {
  /** Hears every read: those recorded so far at once, then each as it comes. Returns the way to stop. */
  onRead(listener: ReadListener): () => void;
  snapshot(): Console;
}

export interface ConsoleRecorder extends VmConsole {
  record(bytes: Uint8Array, atNs: number): void;
}

/** A recorder that keeps `capBytes` bytes in at most `capReads` reads: a guest that prints without end must not eat the memory. */
export function consoleRecorder(capBytes = 16 * 1024 * 1024, capReads = 1_000_000): ConsoleRecorder {
  const listeners = new Set<ReadListener>();
  const offsets: number[] = [];
  const stamps: number[] = [];
  let buffer = new Uint8Array(Math.min(64 * 1024, capBytes));
  let length = 0;
  let droppedBytes = 0;

  const keep = (bytes: Uint8Array): void => {
    if (length + bytes.length > buffer.length) {
      const larger = new Uint8Array(Math.min(capBytes, Math.max(buffer.length * 2, length + bytes.length)));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer.set(bytes, length);
    length += bytes.length;
  };

  return {
    record(bytes, heardAtNs) {
      // The clock may have gone back since the last read.
      const atNs = Math.max(heardAtNs, stamps.at(-1) ?? 0);
      // Once something was dropped nothing more is kept: offsets count without holes.
      const room = droppedBytes > 0 || offsets.length >= capReads ? 0 : capBytes - length;
      const kept = bytes.length <= room ? bytes : bytes.subarray(0, room);
      if (kept.length > 0) {
        offsets.push(length);
        stamps.push(atNs);
        keep(kept);
      }
      droppedBytes += bytes.length - kept.length;
      for (const listener of listeners) listener(bytes, atNs);
    },
    onRead(listener) {
      offsets.forEach((offset, index) => {
        listener(buffer.subarray(offset, offsets[index + 1] ?? length), stamps[index] as number);
      });
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    snapshot() {
      const reads = offsets.map((offset, index): ConsoleRead => ({ offset, atNs: stamps[index] as number }));
      return { bytes: buffer.slice(0, length), reads, droppedBytes };
    },
  };
}
