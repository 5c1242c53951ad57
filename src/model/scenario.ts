// What is to be measured: a scenario and the words it is made of. Plain data; nothing here starts anything.
import type { BuildSpec } from './build.ts';

export type Side = 'base' | 'head';
export type Architecture = 'arm64' | 'x86_64';
export type Accelerator = 'hvf' | 'kvm' | 'tcg';
export type AcceleratorChoice = 'auto' | Accelerator;
/** none: no GPU device; plain: virtio-gpu without acceleration; venus: virtio-gpu-gl with the Venus capset. */
export type Gpu = 'none' | 'plain' | 'venus';
/** timing: quiet console, the only profile that decides. attribution: verbose console, explains. Their numbers never mix. */
export type Profile = 'timing' | 'attribution';

/** The guest that Bootgauge assembles itself from distribution packages. */
export interface ReferenceGuest {
  readonly kind: 'reference';
  readonly architecture: Architecture;
  readonly sshd: 'dropbear' | 'openssh';
  /** Page size of the guest kernel; 16k exists for arm64 only. */
  readonly pages: '4k' | '16k';
}
/** Alpine itself, installed once from a mirror by booting its network installer. */
export interface AlpineGuest {
  readonly kind: 'alpine';
  readonly architecture: Architecture;
  /** `3.22` (the newest of it), `3.22.1`, or `edge`. */
  readonly release: string;
  readonly flavor: 'virt' | 'lts';
  /** URL of the folder that holds `v3.22` and `edge`; empty: only what is in the cache. */
  readonly mirror: string;
  /** Absolute path of the keyring that signs releases; null: checksums only. */
  readonly keyring: string | null;
  /** Installed besides what a boot, SSH and Vulkan need. */
  readonly packages: readonly string[];
  /** Absolute path of a shell script that runs in the new system at the end of the installation. */
  readonly script: string | null;
  readonly diskMiB: number;
}

/** How to log in to a guest that Bootgauge did not make. */
export interface GuestAccess {
  readonly user: string;
  /** Absolute path of the private key that is authorized; null: only the banner is timed. `cache`: the key of this cache. */
  readonly key: string | null;
}

/** A user's own files. What is null comes from `rest`. */
export interface CustomGuest {
  readonly kind: 'custom';
  readonly architecture: Architecture;
  readonly kernel: string | null;
  readonly initrd: string | null;
  readonly disk: string | null;
  /** The whole kernel command line but what the profile adds; null: that of `rest`. */
  readonly append: string | null;
  readonly rest: ReferenceGuest | AlpineGuest | null;
  /** null: that of `rest`. */
  readonly access: GuestAccess | null;
}

/** A file or folder that is put into the launcher's tree for each boot, as a clone. */
export interface Asset {
  /** Absolute path of the original, which is never changed. */
  readonly from: string;
  /** Path below the launcher's folder. */
  readonly to: string;
}

/** A user's own command that starts the guest. It is run as it is. */
export interface LauncherGuest {
  readonly kind: 'launcher';
  readonly architecture: Architecture;
  /** The words of the command; a relative program is looked for in `folder`. `{port}` stands for a port that Bootgauge chooses. */
  readonly command: readonly string[];
  /** Absolute path of the folder that it is started in. */
  readonly folder: string;
  /** On top of the allow-listed environment; `{port}` as in the command. */
  readonly environment: Readonly<Record<string, string>>;
  /** TCP port of the host that reaches the guest's SSH server; null: the chosen one. */
  readonly port: number | null;
  readonly console: { readonly from: 'stdout' } | { readonly from: 'socket'; readonly path: string };
  /** Unix socket on which its QEMU offers QMP; null: none. */
  readonly qmp: string | null;
  readonly assets: readonly Asset[];
  /** Where, below `folder`, the command expects the QEMU that is measured; null: it brings its own. */
  readonly binary: string | null;
  readonly access: GuestAccess;
}

/** One member per kind of guest. */
export type GuestSpec = ReferenceGuest | AlpineGuest | CustomGuest | LauncherGuest;

/** Which QEMU runs the guest: the kit's own (default), the one that PATH finds, a given file, or one built from source. */
export type QemuChoice =
  | { readonly from: 'kit' }
  | { readonly from: 'path' }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'build'; readonly build: BuildSpec };

export interface MachineSpec {
  readonly accel: AcceleratorChoice;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly gpu: Gpu;
  /** Added to the guest kernel's command line after what the guest and the profile need. */
  readonly append: string;
  /** Added to QEMU's command line, one argument each. */
  readonly qemuArguments: readonly string[];
}

/** Everything that may differ between the two sides of one run. */
export interface SideSpec {
  readonly guest: GuestSpec;
  readonly machine: MachineSpec;
  readonly qemu: QemuChoice;
}

export interface ProbeSpec {
  readonly name: string;
  /** A shell command that runs in the guest once login works. */
  readonly run: string;
  /** A regular expression that standard output must match; null: exit status 0 is enough. */
  readonly expect: string | null;
  readonly timeoutMs: number;
  /** Name of the metric that its first success is reported as, or null for a check without a metric. */
  readonly metric: string | null;
}

export interface Deadlines {
  /** From the spawn to the end of the last probe. */
  readonly totalMs: number;
  /** Longest time a phase may last, by phase name. */
  readonly phasesMs: Readonly<Record<string, number>>;
}

/** One marker of a profile that the configuration brings along. */
export interface CustomMarker {
  readonly name: string;
  /** Source of a regular expression without flags, looked for anywhere in a console line. */
  readonly pattern: string;
  /** starts: the phase of this name begins; ends: it ends; mark: a notable moment. */
  readonly kind: 'starts' | 'ends' | 'mark';
}

export interface CustomMarkerProfile {
  /** Whose service messages are read besides the markers. */
  readonly services: 'openrc' | 'systemd' | 'none';
  /** In the order in which a boot passes them. */
  readonly markers: readonly CustomMarker[];
}

/** How one metric is judged. Ratios are fractions: 0.05 is 5 %. Absolute values are in the metric's own unit. */
export interface MetricRule {
  readonly gate: boolean;
  /** Slowdown that false alarms are bounded against. */
  readonly tolerate: number;
  /** Slowdown that is to be caught with 95 % power. */
  readonly limit: number;
  /** Smallest difference that counts, in the metric's unit. */
  readonly floor: number;
  /** Hard ceiling of head's median in the metric's unit; null: none. */
  readonly max: number | null;
}

export interface SamplingSpec {
  readonly warmup: number;
  /** Measured boots per side at least. */
  readonly boots: number;
  /** Measured boots per side at most. */
  readonly maxBoots: number;
  readonly timeBudgetMs: number;
  /** Longest wait for a cool and quiet machine; not there: 2 min on a Mac, none elsewhere. */
  readonly quietWaitMs?: number;
}

export interface Scenario {
  readonly id: string;
  readonly description: string;
  readonly profile: Profile;
  /** Name of the marker profile that reads the console. */
  readonly markers: string;
  /** That profile when it is the configuration's own; absent for a built-in one. */
  readonly customMarkers?: CustomMarkerProfile;
  readonly head: SideSpec;
  /** null: head is judged against the stored baseline; otherwise both sides are booted interleaved. */
  readonly base: SideSpec | null;
  readonly probes: readonly ProbeSpec[];
  readonly deadlines: Deadlines;
  readonly metrics: Readonly<Record<string, MetricRule>>;
  readonly sampling: SamplingSpec;
}
