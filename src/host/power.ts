// The words for what slows a machine down.

/** The phrases by which a recorded power state is known to slow a machine down. */
export const slowPhrases = {
  battery: 'on battery',
  lowPower: 'low power mode',
  governor: 'governor powersave',
  throttled: 'throttled',
} as const;

/** The part of a recorded power state that says so, with its details; null when none does. */
export function slowdownIn(power: string, phrase: string): string | null {
  return power.split(', ').find((part) => part === phrase || part.startsWith(`${phrase} (`)) ?? null;
}
