// Hears a guest begin anew on one console, and tells it from a kernel log that is printed again when the console changes hands.

export interface RestartDetector {
  /** Whether with this line it is plain that the guest began anew. Kernel lines with or without a prefix, each line once. */
  hears(text: string): boolean;
  /** A second banner came, and nothing behind it that tells which of both it was. */
  readonly undecided: boolean;
}

const kernelBanner = /Booting Linux on|Linux version \d/;
const serviceManager = /OpenRC \S{1,40} is starting up/;
const kernelClock = /\[ *(\d{1,7}\.\d{1,9})\]/;
/** Whether a line could be told of at all; nearly none is. */
export const announcesBegin = new RegExp(`${kernelBanner.source}|${serviceManager.source}`);

/** Lines of the first kernel that are remembered: a replay begins at its begin. */
const mostRemembered = 500;
/** A boot console may cut lines short, so that a replayed line is only like the first one for so many characters. */
const comparedLength = 24;

/**
 * The guest began anew when the service manager starts twice, when a kernel banner comes behind a service manager's, or when the kernel's
 * clock falls back at a banner. In the last case its log may only be printed again: then the next line with a clock is one that was
 * there before, to the microsecond.
 */
export function createRestartDetector(): RestartDetector {
  const remembered = new Set<string>();
  let latest = 0;
  let managers = 0;
  let banners = 0;
  let undecided = false;

  function hears(text: string): boolean {
    const stamp = kernelClock.exec(text);
    const seconds = stamp === null ? null : Number(stamp[1]);
    if (kernelBanner.test(text)) return hearsBanner(seconds);
    if (serviceManager.test(text)) {
      managers += 1;
      undecided = false;
      return managers > 1;
    }
    if (stamp === null || seconds === null || seconds === 0) return false;
    const line = text.slice(stamp.index, stamp.index + stamp[0].length + comparedLength);
    if (undecided) {
      undecided = false;
      if (remembered.has(line)) return false;
      latest = seconds;
      return true;
    }
    latest = Math.max(latest, seconds);
    if (remembered.size < mostRemembered) remembered.add(line);
    return false;
  }

  function hearsBanner(seconds: number | null): boolean {
    banners += 1;
    if (managers > 0) return true;
    // A kernel has two banners on arm64, both at its begin.
    undecided ||= banners > 1 && (seconds === null ? latest > 0 : latest > seconds);
    return false;
  }

  return {
    hears,
    get undecided() {
      return undecided;
    },
  };
}

/** The lines that begin a kernel, where there is more than one and the log was not merely printed again; else none. */
export function restartLines<T extends { readonly text: string }>(lines: readonly T[]): T[] {
  const banners = lines.filter(({ text }) => /Linux version \d\S* \(/.test(text));
  if (banners.length < 2) return [];
  const detector = createRestartDetector();
  const heard = lines.some(({ text }) => detector.hears(text));
  return heard || detector.undecided ? banners : [];
}
