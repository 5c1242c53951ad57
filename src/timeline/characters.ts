// Console bytes -> printable characters: lenient UTF-8 (WHATWG replacement), escape sequences and control characters removed.
// A state machine over single bytes, so that a sequence may be cut by a read anywhere.

/** What a byte did: a code point to keep, or one of these. */
export const nothing = -1;
export const lineFeed = -2;
export const carriageReturn = -3;

const ground = 0;
const escapeByte = 1;
const controlSequence = 2;
const stringSequence = 3;
const stringEscape = 4;
const intermediate = 5;

/** Longest escape sequence that is believed; a longer one is text again, so that no lost terminator swallows the console. */
const longestSequence = 512;
const replacement = 0xfffd;

export interface CharacterDecoder {
  /** True outside of sequences: a printable ASCII byte then is its own character. */
  isPlain(): boolean;
  /** Whether a colour or cursor sequence was broken off since this was last asked: its rest then comes later, as text. */
  takeCut(): boolean;
  /** Takes one byte; calls `emit` once or twice (a broken sequence before a good byte) or not at all. */
  push(byte: number, emit: (code: number) => void): void;
}

export function createCharacterDecoder(): CharacterDecoder {
  let state = ground;
  let sequenceLength = 0;
  let cut = false;
  let needed = 0;
  let code = 0;
  let lower = 0x80;
  let upper = 0xbf;

  function push(byte: number, emit: (code: number) => void): void {
    if (state !== ground && inSequence(byte)) return;
    if (needed > 0) {
      if (byte >= lower && byte <= upper) {
        lower = 0x80;
        upper = 0xbf;
        code = (code << 6) | (byte & 0x3f);
        needed -= 1;
        if (needed === 0 && code > 0x9f) emit(code);
        return;
      }
      needed = 0;
      emit(replacement);
    }
    if (byte < 0x80) ascii(byte, emit);
    else lead(byte, emit);
  }

  function ascii(byte: number, emit: (code: number) => void): void {
    if (byte >= 0x20 && byte !== 0x7f) emit(byte);
    else if (byte === 0x09) emit(byte);
    else if (byte === 0x0a) emit(lineFeed);
    else if (byte === 0x0d) emit(carriageReturn);
    else if (byte === 0x1b) enter(escapeByte);
  }

  function lead(byte: number, emit: (code: number) => void): void {
    lower = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    upper = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    if (byte >= 0xc2 && byte <= 0xdf) {
      needed = 1;
      code = byte & 0x1f;
    } else if (byte >= 0xe0 && byte <= 0xef) {
      needed = 2;
      code = byte & 0x0f;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      needed = 3;
      code = byte & 0x07;
    } else {
      emit(replacement);
    }
  }

  /** True when the byte belongs to the sequence; false when the sequence was broken off and the byte is text again. */
  function inSequence(byte: number): boolean {
    sequenceLength += 1;
    if (byte === 0x1b && state !== stringSequence) {
      enter(escapeByte);
      return true;
    }
    const lineEnd = byte === 0x0a || byte === 0x0d;
    // No sequence with parameters ends in `[`: it is the kernel's, which writes into the middle of a colour.
    const kernelCuts = state === controlSequence && sequenceLength > 2 && byte === 0x5b;
    if (lineEnd || kernelCuts || sequenceLength > longestSequence || byte === 0x18 || byte === 0x1a) {
      cut ||= (lineEnd || kernelCuts) && state === controlSequence;
      state = ground;
      return false;
    }
    if (state === stringSequence) {
      if (byte === 0x07) state = ground;
      else if (byte === 0x1b) state = stringEscape;
      return true;
    }
    if (state === stringEscape) {
      if (byte === 0x5c) state = ground;
      else enter(escapeByte);
      return byte === 0x5c || inSequence(byte);
    }
    if (state === escapeByte) return afterEscape(byte);
    return untilFinal(byte);
  }

  function afterEscape(byte: number): boolean {
    if (byte === 0x5b) state = controlSequence;
    else if (byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f) state = stringSequence;
    else if (byte >= 0x20 && byte <= 0x2f) state = intermediate;
    else state = ground;
    return byte >= 0x20 && byte < 0x7f;
  }

  /** A control sequence takes parameters and ends at 0x40..0x7e, a two-part escape at 0x30..0x7e. */
  function untilFinal(byte: number): boolean {
    const parameter = state === controlSequence && byte >= 0x20 && byte <= 0x3f;
    if (parameter || (byte >= 0x20 && byte <= 0x2f)) return true;
    state = ground;
    return byte >= 0x30 && byte < 0x7f;
  }

  function enter(next: number): void {
    state = next;
    sequenceLength = 0;
  }

  function takeCut(): boolean {
    const was = cut;
    cut = false;
    return was;
  }

  return { push, takeCut, isPlain: () => state === ground && needed === 0 };
}
