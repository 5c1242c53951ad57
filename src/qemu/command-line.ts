// QEMU's command line as options with their values, so that one can be found and replaced. Pure.

/** One option as it was written; a disk image that stands alone has no name. */
export interface Option {
  /** Without dashes. */
  readonly name: string;
  /** null: it takes none. */
  readonly value: string | null;
  readonly words: readonly string[];
}

/** Options of QEMU that take no value; all others take one. */
const flags = new Set(
  `S s h help version nographic snapshot daemonize nodefaults nodefconfig no-user-config no-reboot no-shutdown no-acpi no-hpet
  no-kvm enable-kvm no-kvm-irqchip no-kvm-pit no-kvm-pit-reinjection no-hax enable-hax no-fd-bootchk usb portrait full-screen
  alt-grab ctrl-grab no-quit no-frame sdl curses show-cursor only-migratable preconfig mem-prealloc singlestep enable-fips
  win2k-hack rtc-td-hack semihosting old-param xen-attach xen-domid-restrict async-teardown enable-sync-profile audio-help
  perfmap jitdump tdf`.split(/\s+/),
);

export function readCommandLine(words: readonly string[]): readonly Option[] {
  const options: Option[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] as string;
    const [, name] = /^--?(\w.*)$/.exec(word) ?? [];
    const value = name === undefined || flags.has(name) ? undefined : words[index + 1];
    if (value !== undefined) index += 1;
    options.push({ name: name ?? '', value: value ?? null, words: value === undefined ? [word] : [word, value] });
  }
  return options;
}

/** Whether QEMU is only asked about itself, and starts no guest. */
export const isQuestion = (options: readonly Option[]): boolean =>
  options.some(
    ({ name, value }) =>
      ['h', 'help', 'version'].includes(name) || (name !== 'append' && /(?:^|,)(?:help|\?)$/.test(value ?? '')),
  );

/** The options of these names give way to one, or to none, where the first of them stood; where there is none, at the end. */
export function replaced(
  options: readonly Option[],
  names: readonly string[],
  instead: readonly string[],
): readonly Option[] {
  const first = options.findIndex(({ name }) => names.includes(name));
  const others = (part: readonly Option[]): Option[] => part.filter(({ name }) => !names.includes(name));
  const at = first === -1 ? options.length : first;
  return [...others(options.slice(0, at)), ...readCommandLine(instead), ...others(options.slice(at))];
}

export const lastValue = (options: readonly Option[], name: string): string | null =>
  options.findLast((option) => option.name === name)?.value ?? null;
