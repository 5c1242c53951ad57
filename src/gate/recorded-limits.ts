// Runs that other jobs recorded, judged as one: their limits must be the base's, since those jobs ran the code under test.
import { scenariosOf } from '../config/scenarios.ts';
import { measurementError } from '../model/errors.ts';
import type { Report } from '../model/report.ts';
import type { Scenario } from '../model/scenario.ts';
import { repositoryOf } from './git.ts';
import { type RulesRequest, rulesFor } from './rules.ts';

/** Throws a measurementError where a limit is not the base's. A sentence for the reader where nobody can tell; empty: all is well. */
export async function requireBaseLimits(report: Pick<Report, 'scenarios'>, request: RulesRequest): Promise<string> {
  if (request.gateRef === '') return '';
  if ((await repositoryOf(request.folder, request.workspace)) === null) {
    return 'The limits are as the shards recorded them: this job has no checkout to compare them with those of the base.';
  }
  const { config } = await rulesFor(request);
  for (const { scenario } of report.scenarios) {
    const [base] = scenariosOf(config, [scenario.id]);
    if (base === undefined || judgedBy(base) === judgedBy(scenario)) continue;
    throw measurementError(
      `the shards of ${scenario.id} were recorded with other limits than the base has`,
      'a pull request that changes its limits is measured with those of the base; a job that recorded others is not to be believed',
    );
  }
  return '';
}

const judgedBy = ({ metrics, phases = 'gate', crashes = 'fail' }: Scenario): string =>
  JSON.stringify([Object.entries(metrics).toSorted(([one], [other]) => (one < other ? -1 : 1)), phases, crashes]);
