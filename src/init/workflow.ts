// The workflow that measures pull requests: the job on the machine may only read, and a second one, which checks out nothing, comments.
import type { Tree } from './look.ts';

/** Who boots the guests. */
export type Runner = 'self-hosted-mac' | 'self-hosted-linux' | 'hosted-linux';

/** The commits that the workflow names; a test holds them to what this repository's own workflows use. */
export const pins = {
  checkout: '3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
  download: '3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1',
  debian: 'debian:13@sha256:913f6706df59a68922d1dd08f78c2476560a8d367897200a6005b00e5f67c2d5',
  bootgauge: 'fd2e034daf45d28fd18ab4abcccbc26b47bdbf32 # v0.1.0',
} as const;

export function runnerWords(runner: Runner): string {
  if (runner === 'self-hosted-mac') return 'a Mac of your own with Apple silicon';
  return runner === 'self-hosted-linux' ? 'a Linux machine of your own' : "GitHub's Linux machines";
}

/** The text of `.github/workflows/bench.yml`. */
export function workflow(runner: Runner, tree: Tree): string {
  const source = tree === 'qemu' ? '          qemu-source: .\n' : baselines;
  return `# Boots the guest with and without the change of a pull request, and says what became slower. Before you connect a machine of your own
# to a public repository, read SECURITY.md of Bootgauge.
name: Bench
on:
  pull_request:
  workflow_dispatch:
permissions: {}
concurrency:
  group: bench-\${{ github.event.pull_request.number || github.run_id }}
  cancel-in-progress: true
jobs:
  bench:
    # Never a fork's code unasked.
    if: github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == github.repository
${place(runner)}    timeout-minutes: 90
    permissions:
      contents: read
    outputs:
      artifact-id: \${{ steps.bootgauge.outputs.artifact-id }}
      artifact-url: \${{ steps.bootgauge.outputs.artifact-url }}
      problem: \${{ steps.bootgauge.outputs.problem }}
    steps:
${preparation(runner)}      - uses: actions/checkout@${pins.checkout}
        with:
          ref: \${{ github.event.pull_request.head.sha || github.sha }}
          fetch-depth: 0
          persist-credentials: false
      - id: bootgauge
        uses: bootgauge/bootgauge@${pins.bootgauge}
        with:
${source}          comment: never
  comment:
    needs: bench
    if: always() && needs.bench.result != 'skipped' && github.event_name == 'pull_request'
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    permissions:
      actions: read
      pull-requests: write
    steps:
      - if: needs.bench.outputs.artifact-id != ''
        uses: actions/download-artifact@${pins.download}
        with:
          artifact-ids: \${{ needs.bench.outputs.artifact-id }}
          path: report
      - uses: bootgauge/bootgauge/.github/actions/comment@${pins.bootgauge}
        with:
          path: report
          result: \${{ needs.bench.result }}
          problem: \${{ needs.bench.outputs.problem }}
          artifact-url: \${{ needs.bench.outputs.artifact-url }}
`;
}

const baselines = `          # A scenario without \`base:\` is held to baselines/. On the machine that measures:
          #   bootgauge run, then bootgauge baseline accept, then commit baselines/
`;

function place(runner: Runner): string {
  if (runner === 'self-hosted-mac') return '    runs-on: [self-hosted, macOS, ARM64]\n';
  if (runner === 'self-hosted-linux') return '    runs-on: [self-hosted, Linux]\n';
  return `    runs-on: ubuntu-24.04
    # The reference QEMU and guest are assembled from Debian's packages.
    container: ${pins.debian}
`;
}

/** Without git in the container, checkout would leave no repository. */
function preparation(runner: Runner): string {
  if (runner !== 'hosted-linux') return '';
  return '      - run: apt-get update && apt-get install --yes --no-install-recommends ca-certificates git openssh-client\n';
}
