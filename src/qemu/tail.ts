// Keeps the end of a stream of text, within a number of bytes.

export interface Tail {
  add(bytes: Uint8Array): void;
  /** Decoded leniently. */
  text(): string;
}

/** A tail of at most `capBytes` bytes. */
export function tailOf(capBytes: number): Tail {
  let chunks: Uint8Array[] = [];
  let size = 0;
  return {
    add(bytes) {
      const end = Uint8Array.from(bytes.subarray(Math.max(0, bytes.length - capBytes)));
      chunks.push(end);
      size += end.length;
      // Joined only now and then, so that many small writes stay cheap.
      if (size > 2 * capBytes || chunks.length > 1024) {
        const joined = Buffer.concat(chunks);
        chunks = [joined.subarray(Math.max(0, joined.length - capBytes))];
        size = chunks[0]?.length ?? 0;
      }
    },
    text() {
      const joined = Buffer.concat(chunks);
      return new TextDecoder().decode(joined.subarray(Math.max(0, joined.length - capBytes)));
    },
  };
}
