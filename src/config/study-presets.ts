// Studies that come with Bootgauge, written as a person would write them: `bootgauge study --preset NAME --print` shows the text.

export const studyPresets: Readonly<Record<string, string>> = {
  seed: `# Which of the usual suspects makes a boot slow? Each one alone against the default; runs on the reference kit as it is.
version: 1
name: seed
common: { accel: auto, cpus: 4, memory: 1 GiB }
factors:
  cpus: [4, 2, 1]
  console:
    quiet: {}
    loglevel-7: { append: loglevel=7 }
  initramfs: [gzip, zstd, none]
  kernel:
    pages-4k: { pages: 4k }
    pages-16k: { pages: 16k }
  accel: [auto, tcg] # where nothing better than tcg works, these are the same, and that is told
  wfi: # microseconds; read by hvf alone and told as not reachable elsewhere. Nothing sleeps in a VM's first 15 s
    default: {}
    'off': { environment: { HVF_WFI_SLEEP: '0' } }
    us-1000: { environment: { HVF_WFI_SLEEP: '1000' } }
sampling: { warmup: 1, blocks: 4, max-blocks: 8, time-budget: 23 min }
`,
  cpus: `# How many processors should the guest have?
version: 1
name: cpus
factors:
  cpus: [4, 3, 2, 1]
`,
  console: `# What does a talkative console cost?
version: 1
name: console
factors:
  console:
    quiet: {}
    loglevel-7: { append: loglevel=7 }
`,
  initramfs: `# How should the initial ramdisk be compressed?
version: 1
name: initramfs
factors:
  initramfs: [gzip, zstd, none]
`,
  accel: `# The best accelerator of this machine (hvf, kvm) against emulation.
version: 1
name: accel
factors:
  accel: [auto, tcg]
`,
  kernel: `# A kernel with pages of 16 KiB against the stock one.
version: 1
name: kernel
factors:
  kernel:
    pages-4k: { pages: 4k }
    pages-16k: { pages: 16k }
`,
  wfi: `# Does a sleep in HVF's WFI handler help, and does that depend on the number of processors? The fork's switch is in microseconds:
# unset it is 100, 0 switches it off. Nothing sleeps in a VM's first 15 s: a guest that is ready sooner shows it in idle-cpu alone,
# which is measured from 15 s on for 20 s, so that each boot takes 35 s at least.
version: 1
name: wfi
design: full
common: { accel: auto }
metrics: [idle-cpu]
factors:
  wfi:
    default: {}
    'off': { environment: { HVF_WFI_SLEEP: '0' } }
    us-1000: { environment: { HVF_WFI_SLEEP: '1000' } }
  cpus: [4, 1]
`,
};
