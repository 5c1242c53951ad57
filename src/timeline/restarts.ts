// Hears a guest begin anew on one console, and tells it from a kernel log that is printed again when the console changes hands.

export interface RestartDetector {
  /** Whether with this line it is plain that the guest began anew. `seconds`: of the kernel's clock, where the kernel wrote the line. */
  hears(text: string, seconds: number | null): boolean;
  /** A second banner came, and nothing behind it that tells which of both it was. */
  readonly undecided: boolean;
}

const kernelBanner = /Booting Linux on|Linux version \d/;
const serviceManager = /OpenRC \S{1,40} is starting up/;
/** Nearly every line is neither: one look at it is enough. */
const announcesBegin = new RegExp(`${kernelBanner.source}|${serviceManager.source}`);
const kernelClock = /\[ *(\d{1,7}\.\d{1,9})\]/;

/** Lines of the first kernel that are remembered: a replay begins at its begin. */
const mostRemembered = 500;
/** A boot console may cut lines short, so that a replayed line is only like the first one for so many characters. */
const comparedLength = 40;

/**
 * The guest began anew when the service manager starts twice, when a kernel banner comes behind a service manager's, or when the kernel's
 * clock falls back at a banner. Where its log was seen before, it may only be printed again: then the next line with a clock is one that
 * was there before, to the microsecond.
 */
export function createRestartDetector(): RestartDetector {
  const remembered = new Set<string>();
  let latest = 0;
  let managers = 0;
  let banners = 0;
  let undecided = false;

  function hears(text: string, seconds: number | null): boolean {
    if (announcesBegin.test(text)) return kernelBanner.test(text) ? hearsBanner(seconds) : hearsManager();
    if (seconds === null || seconds === 0) return false;
    if (undecided) {
      undecided = false;
      if (remembered.has(beginOf(text))) return false;
      latest = seconds;
      return true;
    }
    latest = Math.max(latest, seconds);
    if (remembered.size < mostRemembered) remembered.add(beginOf(text));
    return false;
  }

  function hearsManager(): boolean {
    managers += 1;
    undecided = false;
    return managers > 1;
  }

  function hearsBanner(seconds: number | null): boolean {
    banners += 1;
    // Of a quiet kernel nothing is known that could be printed again.
    if (managers > 0 && remembered.size === 0) return true;
    // A kernel has two banners on arm64, both at its begin.
    undecided ||= managers > 0 || (banners > 1 && (seconds === null ? latest > 0 : latest > seconds));
    return false;
  }

  return {
    hears,
    get undecided() {
      return undecided;
    },
  };
}

function secondsOf(text: string): number | null {
  const clock = kernelClock.exec(text)?.[1];
  return clock === undefined ? null : Number(clock);
}

/** From the clock on: what stands before it may differ. */
function beginOf(text: string): string {
  const from = text.indexOf('[');
  return text.slice(from, from + comparedLength);
}

/** The lines that begin a kernel, where there is more than one and the log was not merely printed again; else none. */
export function restartLines<T extends { readonly text: string }>(lines: readonly T[]): T[] {
  const banners = lines.filter(({ text }) => /Linux version \d\S* \(/.test(text));
  if (banners.length < 2) return [];
  const detector = createRestartDetector();
  const heard = lines.some(({ text }) => detector.hears(text, secondsOf(text)));
  return heard || detector.undecided ? banners : [];
}
