// What configure says when something is missing -> the packages to install. Pure.

interface Package {
  readonly apt: string;
  readonly brew: string;
}

/** By the name under which configure and meson ask for it. No formula: it is Linux's, or Homebrew has none. */
const packages: Readonly<Record<string, Package>> = {
  cc: { apt: 'gcc', brew: '' },
  ninja: { apt: 'ninja-build', brew: 'ninja' },
  'pkg-config': { apt: 'pkg-config', brew: 'pkgconf' },
  python: { apt: 'python3 python3-venv', brew: 'python' },
  meson: { apt: 'meson', brew: 'meson' },
  distlib: { apt: 'python3-distlib', brew: 'python' },
  tomli: { apt: 'python3-tomli', brew: 'python' },
  'glib-2.0': { apt: 'libglib2.0-dev', brew: 'glib' },
  'gthread-2.0': { apt: 'libglib2.0-dev', brew: 'glib' },
  'gmodule-2.0': { apt: 'libglib2.0-dev', brew: 'glib' },
  'gmodule-no-export-2.0': { apt: 'libglib2.0-dev', brew: 'glib' },
  'pixman-1': { apt: 'libpixman-1-dev', brew: 'pixman' },
  slirp: { apt: 'libslirp-dev', brew: 'libslirp' },
  fdt: { apt: 'libfdt-dev', brew: 'dtc' },
  libfdt: { apt: 'libfdt-dev', brew: 'dtc' },
  zlib: { apt: 'zlib1g-dev', brew: 'zlib' },
  virglrenderer: { apt: 'libvirglrenderer-dev', brew: 'virglrenderer' },
  epoxy: { apt: 'libepoxy-dev', brew: 'libepoxy' },
  gbm: { apt: 'libgbm-dev', brew: '' },
  sdl2: { apt: 'libsdl2-dev', brew: 'sdl2' },
  vulkan: { apt: 'libvulkan-dev', brew: 'molten-vk vulkan-loader' },
  flex: { apt: 'flex', brew: 'flex' },
  bison: { apt: 'bison', brew: 'bison' },
  attr: { apt: 'libattr1-dev', brew: '' },
  'libcap-ng': { apt: 'libcap-ng-dev', brew: '' },
  aio: { apt: 'libaio-dev', brew: '' },
  alsa: { apt: 'libasound2-dev', brew: '' },
  blkio: { apt: 'libblkio-dev', brew: '' },
  capstone: { apt: 'libcapstone-dev', brew: 'capstone' },
  egl: { apt: 'libegl-dev', brew: '' },
  fuse3: { apt: 'libfuse3-dev', brew: '' },
  gnutls: { apt: 'libgnutls28-dev', brew: 'gnutls' },
  'gtk+-3.0': { apt: 'libgtk-3-dev', brew: 'gtk+3' },
  jack: { apt: 'libjack-dev', brew: 'jack' },
  libbpf: { apt: 'libbpf-dev', brew: '' },
  libcacard: { apt: 'libcacard-dev', brew: '' },
  libcurl: { apt: 'libcurl4-gnutls-dev', brew: 'curl' },
  libdw: { apt: 'libdw-dev', brew: '' },
  libgcrypt: { apt: 'libgcrypt20-dev', brew: 'libgcrypt' },
  libiscsi: { apt: 'libiscsi-dev', brew: 'libiscsi' },
  libjpeg: { apt: 'libjpeg-dev', brew: 'jpeg-turbo' },
  libnfs: { apt: 'libnfs-dev', brew: 'libnfs' },
  'libpipewire-0.3': { apt: 'libpipewire-0.3-dev', brew: '' },
  libpng: { apt: 'libpng-dev', brew: 'libpng' },
  libpulse: { apt: 'libpulse-dev', brew: 'pulseaudio' },
  libsasl2: { apt: 'libsasl2-dev', brew: '' },
  libseccomp: { apt: 'libseccomp-dev', brew: '' },
  libssh: { apt: 'libssh-dev', brew: 'libssh' },
  libudev: { apt: 'libudev-dev', brew: '' },
  liburing: { apt: 'liburing-dev', brew: '' },
  'libusb-1.0': { apt: 'libusb-1.0-0-dev', brew: 'libusb' },
  'libusbredirparser-0.5': { apt: 'libusbredirparser-dev', brew: 'usbredir' },
  libzstd: { apt: 'libzstd-dev', brew: 'zstd' },
  ncursesw: { apt: 'libncurses-dev', brew: 'ncurses' },
  nettle: { apt: 'nettle-dev', brew: 'nettle' },
  numa: { apt: 'libnuma-dev', brew: '' },
  sdl2_image: { apt: 'libsdl2-image-dev', brew: 'sdl2_image' },
  snappy: { apt: 'libsnappy-dev', brew: 'snappy' },
  'spice-protocol': { apt: 'libspice-protocol-dev', brew: 'spice-protocol' },
  'spice-server': { apt: 'libspice-server-dev', brew: '' },
  'vte-2.91': { apt: 'libvte-2.91-dev', brew: 'vte3' },
};

/** How to install what a build asked for by this name; empty when the name is not known. */
export function installHint(name: string): string {
  const known = packages[name];
  if (known === undefined) return '';
  const mac = name === 'cc' ? 'xcode-select --install' : known.brew === '' ? '' : `brew install ${known.brew}`;
  return `install it: apt-get install ${known.apt}${mac === '' ? '' : ` (macOS: ${mac})`}`;
}

export interface ConfigureFailure {
  /** What is missing or wrong, in configure's words. */
  readonly what: string;
  readonly hint: string;
}

/** The reason in the output of a failed configure. */
export function configureFailure(output: string): ConfigureFailure {
  for (const [pattern, name] of missingPatterns) {
    const found = pattern.exec(output);
    if (found === null) continue;
    const asked = (name || found[1] || '').toLowerCase();
    return { what: tidy(found[0]), hint: installHint(asked) || `install what provides ${found[1] ?? asked}` };
  }
  // "Executing subproject x" is what meson says of each that is all right.
  const subproject =
    /Subproject \S+ is buildable: NO[^\n]*|ERROR:[^\n]*(?:[Ss]ubproject|wrap-based)[^\n]*|Automatic wrap-based subproject downloading is disabled[^\n]*/.exec(
      output,
    );
  if (subproject !== null) {
    return {
      what: tidy(subproject[0]),
      hint: 'run `meson subprojects download` in the checkout: the build takes what is there; or add --enable-download to qemu.configure',
    };
  }
  const spaces = /main directory cannot contain spaces[^\n]*/i.exec(output);
  if (spaces !== null) {
    return {
      what: tidy(spaces[0]),
      hint: 'set BOOTGAUGE_CACHE to a folder whose path has none: the build takes place there',
    };
  }
  // Before any line in which the word merely stands, such as a warning of what "will become a hard error".
  const error =
    (/^.*\bERROR: .*$/m.exec(output) ?? /^.*\bERROR:? .*$/im.exec(output))?.[0] ??
    output.trim().split('\n').at(-1) ??
    '';
  return { what: tidy(error), hint: '' };
}

const missingPatterns: readonly (readonly [RegExp, string])[] = [
  [/(?:Dependency|dependency) ['"]?([\w.+-]+)['"]? (?:is required but )?not found[^\n]*/, ''],
  [/C (?:shared or static |static |shared )?library ['"]?([\w.+-]+)['"]? not found[^\n]*/, ''],
  [/virtfs[^\n]* requires [^\n]*libattr[^\n]*/i, 'attr'],
  [/^.*(?:ensurepip|python3-venv)[^\n]*/m, 'python'],
  [/Dependency lookup for ([\w.+-]+) [^\n]*failed[^\n]*/, ''],
  [/Pkg-config (?:binary|for machine)[^\n]*(?:missing|not found)[^\n]*/i, 'pkg-config'],
  [/(?:Cannot find|could not detect) Ninja[^\n]*/i, 'ninja'],
  [/Program ['"]?([\w.+-]+)['"]? not found[^\n]*/, ''],
  [/(?:Cannot use|found no usable) [^\n]*(distlib|tomli)[^\n]*/i, ''],
  [/^.*\b(distlib)\b[^\n]*(?:not found|missing|required)[^\n]*/im, ''],
  [
    /^.*(?:Could not find a version that satisfies|No matching distribution found for) (?:the requirement )?(meson)[^\n]*/im,
    'meson',
  ],
  [
    /^.*\b(meson)\b[^\n]*(?:was not found|not found|is too old|version)[^\n]*(?:>=|required|not found)[^\n]*/im,
    'meson',
  ],
  [/Cannot use '?[^\n]*python[^\n]*/i, 'python'],
  [/Python not found[^\n]*|Python >= [^\n]*/i, 'python'],
  [/"?(?:cc|gcc|clang)"? (?:either does not exist|does not work)[^\n]*|Unknown compiler[^\n]*/i, 'cc'],
];

const tidy = (line: string): string => line.replace(/^.*?ERROR:?\s*/i, '').trim();
