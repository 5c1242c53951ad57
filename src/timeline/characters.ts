// Console bytes -> printable characters: lenient UTF-8 (WHATWG replacement), escape sequences and control characters removed.
// A state machine over single bytes, so that a sequence may be cut by a read anywhere.

/** What a byte may give besides the code points to keep. */
export const lineFeed = -2;
export const carriageReturn = -3;

/** Takes a code point, or one of the above. */
type Emit = (code: number) => void;

const replacement = 0xfffd;

export class CharacterDecoder {
  readonly #sequences = new EscapeSequences();
  readonly #wide = new WideCharacters();

  /** True outside of sequences: a printable ASCII byte then is its own character. */
  isPlain(): boolean {
    return this.#sequences.isOver() && this.#wide.isOver();
  }

  /** Whether a colour or cursor sequence was broken off since this was last asked: its rest then comes later, as text. */
  takeCut(): boolean {
    return this.#sequences.takeCut();
  }

  /** Takes one byte; calls `emit` once or twice (a broken sequence before a good byte) or not at all. */
  push(byte: number, emit: Emit): void {
    if (this.#sequences.takes(byte) || this.#wide.takes(byte, emit)) return;
    if (byte === 0x1b) this.#sequences.begin();
    else if (byte === 0x0a) emit(lineFeed);
    else if (byte === 0x0d) emit(carriageReturn);
    else if (byte === 0x09 || (byte >= 0x20 && byte !== 0x7f)) emit(byte);
  }
}

/** UTF-8 beyond ASCII. */
class WideCharacters {
  #needed = 0;
  #code = 0;
  /** Between these lies the next byte of a valid character. */
  #lower = 0x80;
  #upper = 0xbf;

  isOver(): boolean {
    return this.#needed === 0;
  }

  /** True when the byte belongs to a character; false when it stands for itself, perhaps after breaking one off. */
  takes(byte: number, emit: Emit): boolean {
    if (this.#needed > 0) {
      if (byte >= this.#lower && byte <= this.#upper) {
        this.#continue(byte, emit);
        return true;
      }
      this.#needed = 0;
      emit(replacement);
    }
    if (byte < 0x80) return false;
    this.#lead(byte, emit);
    return true;
  }

  #continue(byte: number, emit: Emit): void {
    this.#lower = 0x80;
    this.#upper = 0xbf;
    this.#code = (this.#code << 6) | (byte & 0x3f);
    this.#needed -= 1;
    if (this.#needed === 0 && this.#code > 0x9f) emit(this.#code);
  }

  #lead(byte: number, emit: Emit): void {
    this.#lower = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    this.#upper = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    if (byte >= 0xc2 && byte <= 0xdf) {
      this.#needed = 1;
      this.#code = byte & 0x1f;
    } else if (byte >= 0xe0 && byte <= 0xef) {
      this.#needed = 2;
      this.#code = byte & 0x0f;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      this.#needed = 3;
      this.#code = byte & 0x07;
    } else {
      emit(replacement);
    }
  }
}

const ground = 0;
const escapeByte = 1;
const controlSequence = 2;
const stringSequence = 3;
const stringEscape = 4;
const intermediate = 5;

/** Longest escape sequence that is believed; a longer one is text again, so that no lost terminator swallows the console. */
const longestSequence = 512;

/** Escape sequences, which are no text. */
class EscapeSequences {
  #state = ground;
  #length = 0;
  #wasCut = false;

  isOver(): boolean {
    return this.#state === ground;
  }

  begin(): void {
    this.#enter(escapeByte);
  }

  takeCut(): boolean {
    const wasCut = this.#wasCut;
    this.#wasCut = false;
    return wasCut;
  }

  /** True when the byte belongs to the sequence; false when the sequence was broken off and the byte is text again. */
  takes(byte: number): boolean {
    if (this.#state === ground) return false;
    this.#length += 1;
    if (byte === 0x1b && this.#state !== stringSequence) {
      this.#enter(escapeByte);
      return true;
    }
    if (this.#breaksOff(byte)) {
      this.#state = ground;
      return false;
    }
    if (this.#state === stringSequence) {
      if (byte === 0x07) this.#state = ground;
      else if (byte === 0x1b) this.#state = stringEscape;
      return true;
    }
    if (this.#state === stringEscape) {
      if (byte === 0x5c) this.#state = ground;
      else this.#enter(escapeByte);
      return byte === 0x5c || this.takes(byte);
    }
    return this.#state === escapeByte ? this.#afterEscape(byte) : this.#untilFinal(byte);
  }

  #breaksOff(byte: number): boolean {
    const lineEnd = byte === 0x0a || byte === 0x0d;
    // No sequence with parameters ends in `[`: it is the kernel's, which writes into the middle of a colour.
    const kernelCuts = this.#state === controlSequence && this.#length > 2 && byte === 0x5b;
    this.#wasCut ||= (lineEnd || kernelCuts) && this.#state === controlSequence;
    return lineEnd || kernelCuts || this.#length > longestSequence || byte === 0x18 || byte === 0x1a;
  }

  #enter(state: number): void {
    this.#state = state;
    this.#length = 0;
  }

  #afterEscape(byte: number): boolean {
    this.#state = stateAfterEscape(byte);
    return byte >= 0x20 && byte < 0x7f;
  }

  /** A control sequence takes parameters and ends at 0x40..0x7e, a two-part escape at 0x30..0x7e. */
  #untilFinal(byte: number): boolean {
    const parameter = this.#state === controlSequence && byte >= 0x20 && byte <= 0x3f;
    if (parameter || (byte >= 0x20 && byte <= 0x2f)) return true;
    this.#state = ground;
    return byte >= 0x30 && byte < 0x7f;
  }
}

function stateAfterEscape(byte: number): number {
  if (byte === 0x5b) return controlSequence;
  if (byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f) return stringSequence;
  return byte >= 0x20 && byte <= 0x2f ? intermediate : ground;
}
