// The first bootgauge.yml of a repository, with comments for the person who will change it.
import { plainLine } from '../model/plain-text.ts';
import type { LauncherScript } from './launcher-script.ts';
import type { Found, Tree } from './look.ts';

/** What is booted. */
export type Guest =
  | { readonly from: 'launcher'; readonly script: LauncherScript }
  | { readonly from: 'kernel'; readonly kernel: string; readonly initrd: string | null }
  | { readonly from: 'disk'; readonly image: string }
  | { readonly from: 'reference' };

/** All guests that can be booted here, the likeliest first. */
export function guestsOf(found: Found): Guest[] {
  return [
    ...found.launchers.map((script) => ({ from: 'launcher', script }) as const),
    ...found.kernels.map((kernel) => ({ from: 'kernel', kernel, initrd: found.initrd }) as const),
    ...found.disks.map((image) => ({ from: 'disk', image }) as const),
    { from: 'reference' },
  ];
}

/** One line for a person who chooses. */
export function guestWords(guest: Guest): string {
  if (guest.from === 'launcher') return `the guest that ${plainLine(guest.script.path)} starts`;
  if (guest.from === 'kernel') return `the kernel ${plainLine(guest.kernel)} with the disk of the reference guest`;
  if (guest.from === 'disk') return `the disk image ${plainLine(guest.image)}, as it is`;
  return 'the reference guest that Bootgauge makes';
}

/** `platform`: as `process.platform` says. */
export function configuration(guest: Guest, tree: Tree, platform: NodeJS.Platform): string {
  const qemu = emulator(guest, tree, platform);
  const library = tree === 'mesa' || tree === 'virglrenderer' ? [...vulkan, ...comparison(tree)] : [];
  const scenario = [...guestLines(guest), ...library, ...metrics(guest)];
  return `${[...head, ...qemu, 'scenarios:', '  default:', ...scenario.map((line) => (line === '' ? '' : `    ${line}`))].join('\n')}\n`;
}

const head = [
  '# yaml-language-server: $schema=.bootgauge/schema.json',
  '# What Bootgauge boots, measures and judges here. `bootgauge run` reads it; docs/configuration.md of Bootgauge has all keys.',
  'version: 1',
];

/** `--base` and `qemu-source` are about QEMU's own commits. */
const comparison = (library: string): string[] => [
  '# To compare with where this branch left main, take away the # before base:',
  `# base: { qemu: { dependencies: [{ name: ${library}, ref: main... }] } }`,
];

const vulkan = ['gpu: venus # every boot must show the Venus driver and compute with it'];

/** What is waited for where a launcher leads no port to the guest's SSH. */
const prompt = 'prompt';
const hasPort = (guest: Guest): boolean => guest.from !== 'launcher' || guest.script.port !== null;

const metrics = (guest: Guest): string[] => [
  'metrics:',
  `  time-to-${hasPort(guest) ? 'ssh' : prompt}:`,
  '    limit: 5 % # a slowdown that is to be caught ...',
  '    floor: 50 ms # ... unless the difference is smaller than this',
];

function emulator(guest: Guest, tree: Tree, platform: NodeJS.Platform): string[] {
  if (tree === 'qemu') {
    const preset = platform === 'darwin' ? ['  preset: fork-macos # HVF, Cocoa, virglrenderer and 9p'] : [];
    return ['qemu:', '  source: . # both sides of a comparison are built from this repository', ...preset];
  }
  if (tree === 'virglrenderer' || tree === 'mesa') {
    const meson = tree === 'mesa' ? '[-Dvulkan-drivers=swrast, -Dgallium-drivers=]' : '[-Dvenus=true, -Dtests=false]';
    return [
      'qemu:',
      '  source: https://gitlab.com/qemu-project/qemu.git',
      '  ref: v10.0.0',
      '  configure: [--enable-virglrenderer, --enable-opengl]',
      '  dependencies: # built first',
      `    - { name: ${tree}, source: ., meson: ${meson} }`,
    ];
  }
  if (guest.from === 'launcher' && guest.script.binary === null)
    return [
      '# The launcher starts the QEMU that it finds on PATH. `binary` below would let Bootgauge put another one there.',
    ];
  return [];
}

function guestLines(guest: Guest): string[] {
  if (guest.from === 'reference') {
    return ['guest: reference # an Alpine-like arm64 guest, made from Debian packages on the first run'];
  }
  if (guest.from === 'kernel') {
    const initrd = guest.initrd === null ? [] : [`  initrd: ${quoted(guest.initrd)}`];
    return [
      'guest:',
      '  kind: custom',
      `  kernel: ${quoted(guest.kernel)}`,
      ...initrd,
      '  rest: reference # what is not given here',
    ];
  }
  if (guest.from === 'disk') return diskLines(guest.image);
  return launcherLines(guest.script);
}

function diskLines(image: string): string[] {
  const foreign = /x86[_-]64|amd64|x64/i.test(image);
  return [
    'deadlines: { total: 10 min } # a first boot of a cloud image takes its time',
    'guest:',
    '  kind: disk # booted as it is, through UEFI firmware; never written to',
    `  arch: ${foreign ? 'x86_64' : 'arm64'}`,
    `  image: ${quoted(image)}`,
    '  seed: nocloud # cloud-init lets in a key of Bootgauge; or ignition (Fedora CoreOS), or none',
  ];
}

function launcherLines({ path, shell, port, binary, accel, files, architecture }: LauncherScript): string[] {
  // A word without a slash would be looked for on PATH.
  const script = quoted(path.includes('/') ? path : `./${path}`);
  const chosen = port !== null && port.variable !== null;
  return [
    ...(accel === null ? [] : [`accel: ${accel} # what the launcher uses`]),
    'deadlines: { total: 10 min } # a boot that takes longer counts as hung',
    'guest:',
    '  kind: launcher # your own script, unchanged; each boot runs in a throw-away clone of this repository',
    ...(architecture === 'arm64' ? [] : [`  arch: ${architecture}`]),
    shell === null
      ? `  command: [${script}]`
      : `  command: [${shell}, ${script}] # the script itself may not be executed (chmod +x)`,
    ...(chosen ? [`  environment: { ${port.variable}: '{port}' } # a free port is chosen`] : []),
    ...(chosen || port === null ? [] : [`  port: ${port.number} # leads to the guest's SSH`]),
    ...(binary === null
      ? []
      : [`  binary: ${quoted(binary)} # here the launcher expects QEMU; the measured one is put there`]),
    ...(files.length === 0
      ? []
      : [
          '  # A clean checkout lacks what git ignores. Keep originals outside, and name them: place in the checkout: original',
          '  # assets:',
        ]),
    ...files.map((file) => `  #   ${quoted(file)}: /path/to/${file.split('/').at(-1)}`),
    ...(port === null
      ? [
          "  # port: 2222 # if a port of this machine leads to the guest's SSH: then take `ready` away, and judge time-to-ssh",
          'ready: # the script leads no port to the guest: it is ready when its console shows this',
          `  - { line: 'login: $', name: ${prompt} }`,
        ]
      : ['  # ssh: { key: /path/to/id_ed25519 } # lets the login and your own probes be measured, too']),
  ];
}

/** Plain where YAML reads it as text; else as JSON, which YAML reads too. */
function quoted(text: string): string {
  const plain = /^[A-Za-z_./][\w./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off)$/i.test(text);
  return plain ? text : JSON.stringify(text);
}
