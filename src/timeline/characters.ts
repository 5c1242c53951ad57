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
  const sequences = createSequences();
  const wide = createWideCharacters();

  function push(byte: number, emit: (code: number) => void): void {
    if (sequences.takes(byte) || wide.takes(byte, emit)) return;
    if (byte === 0x1b) sequences.begin();
    else if (byte === 0x0a) emit(lineFeed);
    else if (byte === 0x0d) emit(carriageReturn);
    else if (byte === 0x09 || (byte >= 0x20 && byte !== 0x7f)) emit(byte);
  }

  return { push, takeCut: sequences.takeCut, isPlain: () => sequences.isOver() && wide.isOver() };
}

/** UTF-8 beyond ASCII. */
function createWideCharacters() {
  let needed = 0;
  let code = 0;
  let lower = 0x80;
  let upper = 0xbf;

  /** True when the byte belongs to a character; false when it stands for itself, perhaps after breaking one off. */
  function takes(byte: number, emit: (code: number) => void): boolean {
    if (needed > 0) {
      if (byte >= lower && byte <= upper) {
        lower = 0x80;
        upper = 0xbf;
        code = (code << 6) | (byte & 0x3f);
        needed -= 1;
        if (needed === 0 && code > 0x9f) emit(code);
        return true;
      }
      needed = 0;
      emit(replacement);
    }
    if (byte < 0x80) return false;
    lead(byte, emit);
    return true;
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

  return { takes, isOver: () => needed === 0 };
}

/** Escape sequences, which are no text. */
function createSequences() {
  let state = ground;
  let length = 0;
  let cut = false;

  /** True when the byte belongs to the sequence; false when the sequence was broken off and the byte is text again. */
  function takes(byte: number): boolean {
    if (state === ground) return false;
    length += 1;
    if (byte === 0x1b && state !== stringSequence) {
      enter(escapeByte);
      return true;
    }
    if (breaksOff(byte)) {
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
      return byte === 0x5c || takes(byte);
    }
    return state === escapeByte ? afterEscape(byte) : untilFinal(byte);
  }

  function breaksOff(byte: number): boolean {
    const lineEnd = byte === 0x0a || byte === 0x0d;
    // No sequence with parameters ends in `[`: it is the kernel's, which writes into the middle of a colour.
    const kernelCuts = state === controlSequence && length > 2 && byte === 0x5b;
    cut ||= (lineEnd || kernelCuts) && state === controlSequence;
    return lineEnd || kernelCuts || length > longestSequence || byte === 0x18 || byte === 0x1a;
  }

  function enter(next: number): void {
    state = next;
    length = 0;
  }

  function afterEscape(byte: number): boolean {
    state = stateAfterEscape(byte);
    return byte >= 0x20 && byte < 0x7f;
  }

  /** A control sequence takes parameters and ends at 0x40..0x7e, a two-part escape at 0x30..0x7e. */
  function untilFinal(byte: number): boolean {
    const parameter = state === controlSequence && byte >= 0x20 && byte <= 0x3f;
    if (parameter || (byte >= 0x20 && byte <= 0x2f)) return true;
    state = ground;
    return byte >= 0x30 && byte < 0x7f;
  }

  function takeCut(): boolean {
    const was = cut;
    cut = false;
    return was;
  }

  return { takes, takeCut, begin: () => enter(escapeByte), isOver: () => state === ground };
}

function stateAfterEscape(byte: number): number {
  if (byte === 0x5b) return controlSequence;
  if (byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f) return stringSequence;
  return byte >= 0x20 && byte <= 0x2f ? intermediate : ground;
}
