// Finished builds in the cache of GitHub's service, for runners that start with nothing. What a run of a pull request saves has a name
// that no other run reads; a recording is given none of this. The client is large and is loaded only here, when it is needed.
import { cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SharedBuilds } from '../model/build.ts';
import type { Variables } from '../model/variables.ts';
import { withVariables } from './secrets.ts';

export interface BuildCacheRequest {
  /** What the runner told this step alone. */
  readonly secrets: Variables;
  /** A pull request reads what trusted runs have saved, and never the other way round. */
  readonly trust: 'pull-request' | 'own';
  /** Name of the event. Some run in the main branch's cache, which a pull request's commit must not write. */
  readonly event: string;
}

/** Whether this step is told of a cache: only JavaScript actions are. */
export const canShare = ({ ACTIONS_RUNTIME_TOKEN, ACTIONS_RESULTS_URL, ACTIONS_CACHE_URL }: Variables): boolean =>
  Boolean(ACTIONS_RUNTIME_TOKEN && (ACTIONS_RESULTS_URL || ACTIONS_CACHE_URL));

/** Those that run in a cache of the pull request's own or of its queue, and those that no stranger brings about. */
const saving = new Set([
  ...['pull_request', 'pull_request_review', 'pull_request_review_comment', 'merge_group'],
  ...['schedule', 'release'],
]);

/** Both reject or answer false when the service does not do what is asked: it costs a build, not a run. */
export function buildCache({ secrets, trust, event }: BuildCacheRequest): SharedBuilds {
  const saves = trust === 'own' || saving.has(event);
  const name = (by: BuildCacheRequest['trust'], key: string): string => `bootgauge-build-${by}-${key}`;
  return {
    restore: (key, beginning, folder) =>
      asInStep(secrets, async ({ restoreCache }, place) => {
        const alike = [...new Set([trust, 'own' as const])].map((by) => name(by, beginning));
        const others = trust === 'own' ? alike : [name('own', key), ...alike];
        const found = await restoreCache(content, name(trust, key), others);
        if (found !== undefined) await cp(place, folder, { recursive: true });
        return found !== undefined;
      }),
    save: async (key, folder) => {
      if (!saves) return;
      await asInStep(secrets, async ({ saveCache }, place) => {
        await cp(folder, place, { recursive: true });
        await saveCache(content, name(trust, key));
      });
    },
  };
}

/** Written so, the service finds it again from any folder of any runner. */
const content = ['.'];

/**
 * The client takes its place and its secrets from the process: they are put there for as long as it works. Nothing else is started
 * meanwhile, since sides are built one after the other. It cannot do with spaces in paths, so that it works in a folder of its own.
 */
async function asInStep<T>(
  secrets: Variables,
  work: (client: typeof import('@actions/cache'), place: string) => Promise<T>,
): Promise<T> {
  const client = await import('@actions/cache');
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'bootgauge-shared-')));
  const place = join(folder, 'content');
  const taken = Object.fromEntries(fromStep.map((name) => [name, secrets[name]]));
  const current = process.cwd();
  try {
    await mkdir(place);
    return await withVariables({ ...taken, GITHUB_WORKSPACE: place, RUNNER_TEMP: folder }, async () => {
      process.chdir(place);
      return work(client, place);
    });
  } finally {
    process.chdir(current);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

const fromStep: readonly string[] = [
  ...['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RESULTS_URL', 'ACTIONS_CACHE_URL', 'ACTIONS_CACHE_SERVICE_V2'],
  'ACTIONS_CACHE_MODE',
];
