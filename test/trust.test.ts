// SECURITY.md says what the action does. Each of its sentences there is held by tests, which this table names: a sentence without one fails.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'node:test';

const root = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** How a sentence begins -> file below test, and what the title of a test in it begins with. */
const heldBy: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'The benchmark job holds': [['github/workflows', 'a job on the self-hosted Mac may only read']],
  'A second, small job on a hosted runner': [
    ['github/workflows', 'a workflow starts with no permission, and a job that may write runs on a machine of GitHub'],
    ['github/workflows', 'a job that posts may write comments of one kind and nothing else'],
  ],
  'It checks out nothing and treats': [
    ['github/workflows', 'a job that posts a stored report checks out nothing'],
    ['github/stored-report', 'a hostile report is refused'],
    ['report/hostile-leaves', ''],
  ],
  'Which pull request a comment belongs to': [
    ['github/stored-report', "a fork's run is commented on the pull request that GitHub names"],
    ['github/stored-report', 'nothing is posted when the pull request'],
  ],
  'A comment satisfies no check.': [
    ['github/workflows', 'a job that posts may write comments of one kind and nothing else'],
  ],
  'A slowdown is accepted by a label only where': [
    ['github/acceptance', 'a label that was set by'],
    ['github/acceptance', 'a label that was set for an earlier commit does not reach the run of a later one'],
    ['github/acceptance', 'a label that came while the first run was still going'],
  ],
  'A pull request cannot relax its own gate.': [['gate/attacks-on-rules', "the base's configuration holds where head"]],
  'Limits, probes, deadlines and the choice of scenarios': [
    ['gate/attacks-on-rules', "the base's configuration holds where head"],
    ['gate/attacks-on-rules', 'baselines of the base hold where head edits, deletes and adds some'],
    ['gate/attacks-on-files', 'a launcher that is started'],
  ],
  'What the pull request changes in them is shown': [
    ['github/action-sides', "a pull request's own limits and baselines are shown and not applied"],
    ['github/action-sides', 'a workflow file that the pull request changes is named as one that ran'],
  ],
  "They are read from the base's objects by their ids": [
    ['gate/attacks-on-rules', 'a replaced commit, tree or file is not read'],
    ['gate/attacks-on-rules', 'a submodule that head puts in place of the working directory does not decide'],
    ['gate/attacks-on-rules', "baselines hold although the base's attributes leave them out of archives"],
    ['gate/attacks-on-rules', "a configuration that is a link of the base is followed within the base's tree"],
    ['gate/attacks-on-rules', 'neither filters nor hooks nor what a configuration includes is run'],
  ],
  "A file of a launcher's command": [
    ['gate/attacks-on-files', 'a launcher that is started'],
    ['gate/attacks-on-files', "a folder of assets that git knows is the base's"],
  ],
  'What a launcher finds or calls by itself': [
    ['gate/attacks-on-files', 'what a text for a shell may find in another way is said to be not held'],
  ],
  'What is started (git, configure, ninja': [
    ['host/processes', 'tokens and inputs of a CI job do not reach a program'],
    ['github/action', 'the artifact holds the whole run byte for byte; no token is in it or in the environment'],
  ],
  'git runs with hooks': [['gate/base-files', 'hooks, monitors and external diffs of the repository are not run']],
  'Nothing from outside is handed to a shell.': [['github/workflows', 'nothing from outside is pasted into a script']],
  'Names of branches, titles and console text': [
    ['github/action', 'a console that speaks to the runner and to GitHub is neither obeyed nor linked'],
    ['report/leaks', 'no text leaks into markdown'],
  ],
  'Reports and artifacts hold allow-listed facts': [
    ['host/facts', 'the facts of the machine that runs this test are complete'],
  ],
  'No serial number, host name': [
    ['github/action', 'the artifact holds the whole run byte for byte; no token is in it'],
    ['store/publishable', 'paths below the home folder begin with ~'],
  ],
  'Runs for pull requests keep a cache of their own': [
    ['github/action-sides', 'a pull request that is tried again is judged with the run before it'],
  ],
  'With `share-builds` they read': [
    ['github/shared-builds', 'runners of a pull request share builds, which nobody else is given'],
    ['github/shared-builds', "what runs for a pull request in the main branch's cache writes nothing into it"],
  ],
  'A run that records a baseline reads no cache': [
    ['github/action-sides', 'a recording makes its guest anew, and leaves nothing to anybody'],
  ],
  'One measurement at a time per machine': [
    ['github/action-sides', 'two jobs on one machine measure one after the other'],
    ['faults/machine', 'a second run waits for the machine'],
  ],
};

function sentences(): string[] {
  const [, section = ''] = /^## What the action does\n([\s\S]*?)^## /m.exec(read('SECURITY.md')) ?? [];
  return section
    .split(/^- /m)
    .map((item) => item.replace(/\s+/g, ' ').replaceAll('**', '').trim())
    .filter(Boolean)
    .flatMap((item) => item.split(/(?<=[.;]) (?=[A-Z]|git )/))
    .map((sentence) => sentence.trim());
}

test('every sentence of SECURITY.md on what the action does is held by a test that is there', () => {
  const said = sentences();
  assert.ok(said.length >= 20, 'the section is found');
  const unheld = said.filter((sentence) => !Object.keys(heldBy).some((begin) => sentence.startsWith(begin)));
  assert.deepEqual(unheld, []);
  const unsaid = Object.keys(heldBy).filter((begin) => !said.some((sentence) => sentence.startsWith(begin)));
  assert.deepEqual(unsaid, [], 'tests are named for what SECURITY.md does not say');
  const missing = Object.values(heldBy)
    .flat()
    .filter(
      ([file, title]) =>
        !new RegExp(`test\\(\\s*['"\`]${title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`).test(
          read(`test/${file}.test.ts`),
        ),
    );
  assert.deepEqual(missing, []);
});
