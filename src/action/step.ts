// One step of a workflow: inputs in; one measurement, or several runs judged as one; then everything that is published, and the exit code.
import { join, resolve } from 'node:path';
import { describeError } from '../cli/error-text.ts';
import { exitCodeOf } from '../cli/exit-code.ts';
import { createOutput } from '../cli/output.ts';
import { terminalStyle } from '../cli/terminal-style.ts';
import { type GateCommits, type GateRequest, type GateResult, measureGate } from '../gate/gate.ts';
import { realBelow } from '../gate/git.ts';
import { requireBaseLimits } from '../gate/recorded-limits.ts';
import { acceptedSlowdown } from '../github/acceptance.ts';
import { nothingCompared } from '../github/annotations.ts';
import { readEvent } from '../github/event.ts';
import { type ActionInputs, readActionInputs } from '../github/inputs.ts';
import { restFor } from '../github/publish.ts';
import { harmlessLog, maskSecret, writeAnnotation } from '../github/runner.ts';
import { takeSecrets } from '../github/secrets.ts';
import { buildCache, canShare } from '../github/shared-builds.ts';
import { mergeStoredGates, readStoredGate } from '../github/stored-report.ts';
import { mergeRunFolders, shardFolders } from '../measure/merge.ts';
import { BootgaugeError, type ExitCode } from '../model/errors.ts';
import type { Variables } from '../model/variables.ts';
import { terminalReport } from '../report/terminal.ts';
import { lockMachine } from '../store/machine-lock.ts';
import type { Entered } from './door.ts';
import { ruleFor } from './events.ts';
import { type Job, type Judged, keepInterrupted, publish, publishFailure, withoutPlaces } from './publish.ts';

/** Mistakes, and what keeps a run from a verdict, become an annotation and an exit code; what is thrown is a fault of ours. */
export async function runStep({ version, signal }: Entered): Promise<ExitCode> {
  const shown = createOutput(process.stdout, process.stdout, process.env);
  const log = (text: string): void => shown.out(harmlessLog(text));
  let job: Job | null = null;
  try {
    const inputs = readActionInputs();
    const secrets = takeSecrets();
    maskSecret(inputs.token);
    const environment = { ...process.env };
    const context = {
      ...shown,
      out: log,
      err: log,
      environment,
      folder: resolve(workspaceOf(environment), inputs.workingDirectory),
      signal,
      terminal: { isTerminal: false, columns: 120, colour: false },
      version,
      finish: () => {},
    };
    const event = readEvent(environment);
    // A row of zeros stands before the first commit of a branch.
    const rule = ruleFor(event, inputs.baseRef.replace(/^0+$/, ''));
    const temporary = environment.RUNNER_TEMP || context.folder;
    const output = join(temporary, `bootgauge-${environment.GITHUB_RUN_ID || 'run'}-${process.pid}`);
    job = { inputs, event, rule, context, secrets, output };
    return await measureAndPublish(job);
  } catch (error) {
    if (signal.aborted) {
      if (job !== null) await keepInterrupted(job);
      return (signal.reason as BootgaugeError).exitCode;
    }
    if (!(error instanceof BootgaugeError)) {
      if (job !== null) await publishFailure(job, unexpected).catch(() => {});
      throw error;
    }
    log(describeError(error, { colour: false }, 'with causes'));
    const text = job === null ? error.message : withoutPlaces(job, error.message);
    writeAnnotation({ level: 'error', title: 'Bootgauge', text });
    if (job !== null) await publishFailure(job, error);
    return error.exitCode;
  } finally {
    shown.close();
  }
}

const workspaceOf = (environment: Variables): string => environment.GITHUB_WORKSPACE || process.cwd();

async function measureAndPublish(job: Job): Promise<ExitCode> {
  const { inputs, context } = job;
  const result = inputs.merge ? await merge(job) : await measure(job);
  context.out(terminalReport(result.report, { ...terminalStyle(context), files: [result.folder] }));
  const judged = { ...result, ...(await accepted(job, result)) };
  await publish(job, judged);
  return judged.code;
}

/** The exit code, which a label may turn from slower to passed, and what is to be said of that label. */
async function accepted(job: Job, result: GateResult): Promise<Pick<Judged, 'code' | 'accepted'>> {
  const { inputs, event, context } = job;
  const code = endsWith(inputs, result);
  if (code !== 1) return { code, accepted: '' };
  const report = { ...result.report, onUndecided: result.onUndecided };
  const { passes, text } = await acceptedSlowdown(report, {
    rest: () => restFor({ event, token: inputs.token, signal: context.signal }),
    label: inputs.acceptLabel,
    failOn: inputs.failOn,
    event,
    run: event.run,
    number: event.pullRequest?.number ?? null,
  });
  return { code: passes ? 0 : code, accepted: text };
}

const unexpected = {
  message: 'Bootgauge ended with an error that it does not know',
  hint: 'the job log has it. Whether Bootgauge or this change brings it about is not known.',
};

async function measure(job: Job): Promise<GateResult> {
  const { inputs, context, event, output } = job;
  await using _machine = await lockMachine(context);
  const { comment: _, ...commits } = job.rule;
  const shared = inputs.shareBuilds ? sharedBuilds(job, commits.trust) : null;
  // Awaited here: the machine is free again only when the measurement has ended.
  return await measureGate(
    {
      ...{ inputs, commits, shared, output, workflow: event.workflow },
      ...{ folder: context.folder, workspace: workspaceOf(context.environment) },
    },
    context,
  );
}

function sharedBuilds({ context, secrets, event }: Job, trust: GateCommits['trust']): GateRequest['shared'] {
  if (canShare(secrets)) return buildCache({ secrets, trust, event: event.name });
  context.out('`share-builds`: the runner gave this step no cache, so every side is built here.\n');
  return null;
}

/** The limits are those that the shards were recorded with; the strictest word on undecided holds. */
async function merge({ inputs, context, output, rule }: Job): Promise<GateResult> {
  const folders = await shardFolders(resolve(context.folder, inputs.shards));
  const merged = await mergeRunFolders(folders, output, new Date());
  const gate = mergeStoredGates(folders.map(readStoredGate));
  const workspace = workspaceOf(context.environment);
  const unknown = await requireBaseLimits(merged.report, {
    ...{ folder: realBelow(context.folder, workspace), workspace, gateRef: rule.gateRef },
    ...{ file: inputs.config, output: join(output, 'base') },
  });
  const notes = unknown === '' ? gate.notes : [...gate.notes, unknown];
  return { ...merged, ...gate, notes, onUndecided: inputs.onUndecided ?? merged.report.onUndecided };
}

/** What the verdict asks for, as far as this step is to fail on it. */
function endsWith({ failOn, mode }: ActionInputs, { report, onUndecided }: GateResult): ExitCode {
  const code = exitCodeOf(report.verdict, onUndecided);
  if (code === 3) return code;
  switch (failOn) {
    case 'regression':
      return code;
    case 'nothing-compared':
      return mode !== 'record' && nothingCompared(report).length > 0 ? 1 : code;
    case 'failure':
      return report.verdict.word === 'failed' ? code : 0;
    case 'nothing':
      return 0;
  }
}
