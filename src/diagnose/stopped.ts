// A boot that never came up: where it stood, what it said last, and whether it computed or waited. Made from what every boot records, so
// that there is a finding even where no rule knows the cause.
import { busyCpus, idleCpus, type ProbeEvent } from '../model/boot.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Finding } from '../model/report.ts';
import { lastLines } from '../timeline/last-lines.ts';
import { nothingSeen, readAutopsy, type Story } from './autopsy.ts';
import { cpusBetween } from './idle.ts';
import { neverReady } from './never-ready.ts';
import type { Context } from './search.ts';

/** One finding for a boot that hung, and one for an emulator that ended for a reason that no finding in `known` tells. */
export function stoppedBoot(context: Context, known: readonly Finding[]): Finding[] {
  const { outcome } = context.boot;
  if (outcome.kind === 'hung') return [hung(context, outcome)];
  const isExplained = known.some(({ severity }) => severity === 'error');
  return outcome.kind === 'exited' && !isExplained ? [ended(context, outcome)] : [];
}

function hung(
  context: Context,
  { phase, deadlineMs }: { readonly phase: string; readonly deadlineMs: number },
): Finding {
  const { boot } = context;
  const endNs = Math.max(deadlineMs * 1e6, context.timeline.endNs);
  const lastNs = Math.min(boot.console.reads.at(-1)?.atNs ?? 0, endNs);
  const cpus = cpusBetween(boot.usage, lastNs, endNs);
  const words = lastLines(context.lines, 3, 120);
  const seen = boot.autopsy === undefined ? nothingSeen : readAutopsy(boot.autopsy, words.length === 0);
  const stood = neverReady(boot, storyOf(context, cpus, endNs - stillMoving * deadlineMs * 1e6));
  const story = seen.story ?? refined(stood, seen.suspect);
  const silentS = ((endNs - lastNs) / 1e9).toFixed(0);
  return {
    ...story,
    severity: 'error',
    evidence: [
      ...seen.evidence,
      words.length === 0 ? 'the console stayed empty' : `last words in ${plainLine(phase, 40)}: ${words.join(' / ')}`,
      `${words.length === 0 ? 'nothing' : 'then nothing more'} for ${silentS} s${whileText(cpus)}`,
      ...(boot.ready === undefined ? portText(boot.probes) : []),
      ...emulatorText(boot.stderr),
    ],
    boots: [boot.number],
    costMs: (endNs - lastNs) / 1e6,
  };
}

/** Where the console does not tell who is waited for, the kernel's own list of tasks does. */
function refined(story: Story, suspect: Story | null): Story {
  const isVague =
    story.id === 'hung-in-user-space' || story.id === 'hung-in-kernel-idle' || story.id === 'hung-no-network';
  return isVague && suspect !== null ? suspect : story;
}

function whileText(cpus: number | null): string {
  if (cpus === null) return '';
  const does = cpus >= busyCpus ? 'computed' : cpus <= idleCpus ? 'waited' : 'computed now and then';
  return `, while QEMU ${does} (${cpus.toFixed(2)} CPUs busy)`;
}

/** Where it stood: the later in a boot, the more is known. */
function storyOf(context: Context, cpus: number | null, nearlyOverNs: number): Story {
  const { boot, timeline, lines } = context;
  const last = lastLines(lines, 5);
  if (boot.probes.some(({ probe, outcome }) => probe === 'ssh-banner' && outcome === 'banner')) return stories.afterSsh;
  if (last.length === 0) return cpus !== null && cpus <= idleCpus ? stories.silentIdle : stories.silent;
  if (timeline.marks.some(({ name }) => name === 'login-prompt' || name === 'multi-user'))
    return portStory(boot.probes);
  if (last.some((line) => /generating .{0,60}key|ssh-keygen/i.test(line))) return stories.hostKeys;
  if (isGettingOn(timeline, nearlyOverNs)) return stories.gettingOn;
  const service = timeline.services.findLast(({ outcome }) => outcome === 'unfinished')?.name;
  const job = /A start job is running for (.{1,100}?) \(/.exec(last.at(-1) ?? '')?.[1];
  const waited = job ?? service;
  if (waited !== undefined) return inService(plainLine(waited, 60));
  if (last.some((line) => /login: ?$/.test(line))) return portStory(boot.probes);
  if (kernelLine.test(last.at(-1) ?? ''))
    return cpus !== null && cpus <= idleCpus ? stories.kernelIdle : stories.kernel;
  if (timeline.phases.some(({ name }) => /^(?:openrc|userspace|procd|init)$/.test(name))) return stories.userSpace;
  return last.some((line) => kernelLine.test(line)) ? stories.kernel : stories.beforeKernel;
}

/** Something began or ended when its time was nearly over. */
function isGettingOn({ phases, services }: Context['timeline'], nearlyOverNs: number): boolean {
  const starts = phases.flatMap(({ spans }) => spans.map(({ startNs }) => startNs));
  const moments = services.flatMap((one) => (one.outcome === 'unfinished' ? one.startNs : [one.startNs, one.endNs]));
  return starts.length > 2 && Math.max(...starts, ...moments) > nearlyOverNs;
}

/** The share of its time in which something must have moved. */
const stillMoving = 0.1;
const kernelLine = /^\[ *\d+\.\d+\]/;

/** The guest is up: what its ports say tells what is missing. */
function portStory(probes: readonly ProbeEvent[]): Story {
  const { network, ssh } = ports(probes);
  if (network === 'unknown') return stories.noSsh;
  if (network === 'none') return stories.noNetwork;
  return ssh === 'silent' ? stories.sshSilent : stories.noSsh;
}

interface Ports {
  /** none: no connection was ever answered. */
  readonly network: 'up' | 'none' | 'unknown';
  readonly ssh: 'silent' | 'closed' | 'unknown';
}

function ports(probes: readonly ProbeEvent[]): Ports {
  const asked = probes.filter(({ probe }) => probe === 'guest-network' || probe === 'ssh-banner');
  const answered = asked.some(({ outcome }) => outcome === 'eof' || outcome === 'reset' || outcome === 'not-ssh');
  const last = asked.findLast(({ probe }) => probe === 'ssh-banner')?.outcome;
  const ssh = last === undefined ? 'unknown' : last === 'timeout' && answered ? 'silent' : 'closed';
  return { network: asked.length === 0 ? 'unknown' : answered ? 'up' : 'none', ssh };
}

function portText(probes: readonly ProbeEvent[]): string[] {
  const { network, ssh } = ports(probes);
  if (network === 'unknown') return [];
  if (network === 'none') return ["the guest's network never answered a connection"];
  if (ssh === 'silent')
    return ['the network of the guest answers; its SSH port accepts a connection and sends nothing'];
  return ["the guest's network answers, nobody listens on its SSH port"];
}

function emulatorText(stderr: string): string[] {
  const line = plainLine(stderr.trimEnd().split('\n').at(-1) ?? '', 160);
  return line === '' ? [] : [`QEMU said last: ${line}`];
}

const inService = (name: string): Story => ({
  id: `hung-in-service:${name}`,
  cause: `The boot hung while ${name} was starting.`,
  advice: `Look at what ${name} waits for, or boot once without it; --profile attribution shows what the kernel says meanwhile.`,
});

const stories = {
  silent: {
    id: 'hung-silent',
    cause: 'The guest never said anything on its console.',
    advice:
      'Check console= on the kernel command line (ttyAMA0 on arm64, ttyS0 on x86) and that the kernel is for this architecture; boot once with earlycon.',
  },
  silentIdle: {
    id: 'hung-silent-idle',
    cause: 'The guest never said anything on its console, and did nothing: its CPUs waited.',
    advice:
      'Look whether there is anything to boot (-kernel, a disk with a boot loader), and whether QEMU itself waits: its last words on standard error.',
  },
  beforeKernel: {
    id: 'hung-before-kernel',
    cause: 'The boot hung before the kernel spoke: in the firmware, a boot loader or the begin of the kernel.',
    advice:
      'Boot once with earlycon on the kernel command line: if the kernel then speaks, only its console was missing; else look at accelerator, CPU model and firmware.',
  },
  kernel: {
    id: 'hung-in-kernel',
    cause: 'The boot hung in the kernel.',
    advice:
      'Boot once with initcall_debug (--profile attribution): the last initcall that did not return names the driver.',
  },
  kernelIdle: {
    id: 'hung-in-kernel-idle',
    cause: 'The boot hung in the kernel, while all its CPUs waited: an interrupt or a wake-up never came.',
    advice: 'Compare with one virtual CPU and with accel: tcg; the last line names what was being started.',
  },
  userSpace: {
    id: 'hung-in-user-space',
    cause: "The boot hung among the guest's services, and no service says that it is the one.",
    advice: 'Read the last words; boot once with --profile attribution to see more of them.',
  },
  gettingOn: {
    id: 'hung-still-getting-on',
    cause: 'The boot was still getting on when its time was over: this guest is slow rather than stuck.',
    advice: 'Give it more time (--timeout, or deadlines.total in bootgauge.yml); blame then shows where the time goes.',
  },
  hostKeys: {
    id: 'hung-host-keys',
    cause:
      'The boot hung while the guest made its SSH host keys: that takes long on a slow CPU, and waits for random numbers.',
    advice: 'Boot the image once and keep its keys; add -device virtio-rng-pci.',
  },
  noNetwork: {
    id: 'hung-no-network',
    cause: 'The guest came up to its login prompt, but its network never answered.',
    advice:
      'Log in at the console and look at ip addr: check the driver of the network device, its name in the configuration, and DHCP.',
  },
  noSsh: {
    id: 'hung-no-ssh',
    cause: 'The guest came up, but no SSH server listens on port 22.',
    advice: 'Install sshd or dropbear in the guest and start it at boot (rc-update add sshd, systemctl enable ssh).',
  },
  sshSilent: {
    id: 'hung-ssh-silent',
    cause: 'The SSH port of the guest accepts connections, but no SSH server ever sent its banner.',
    advice:
      'Look at the SSH server in the guest: it may wait for random numbers, for a name server, or for host keys that are not there.',
  },
  afterSsh: {
    id: 'hung-after-ssh',
    cause: 'The SSH server answered, but the boot did not get ready after that: the login or a probe took too long.',
    advice: 'Log in by hand and run what is asked there; if it is slow and well, raise deadlines.total.',
  },
} satisfies Readonly<Record<string, Story>>;

function ended(context: Context, outcome: { readonly code: number | null; readonly signal: string | null }): Finding {
  const { boot, lines } = context;
  const words = lastLines(lines, 3, 120);
  const how = outcome.signal === null ? `with status ${outcome.code}` : `by ${outcome.signal}`;
  const isOrderly = outcome.code === 0 && outcome.signal === null;
  return {
    id: isOrderly ? 'guest-went-away' : 'emulator-ended',
    severity: 'error',
    cause: isOrderly
      ? 'The guest shut down or restarted before it was ready, which ends QEMU.'
      : `QEMU ended ${how} before the guest was ready, for a reason that is not known here.`,
    advice: isOrderly
      ? 'The last words of the console tell why; a panic that restarts the machine looks like this, too.'
      : 'Read what QEMU said last; run the command of the report by hand, and look into the log of the host for a crash.',
    evidence: [
      ...emulatorText(boot.stderr),
      words.length === 0 ? 'the console stayed empty' : `last words of the console: ${words.join(' / ')}`,
    ],
    boots: [boot.number],
  };
}
