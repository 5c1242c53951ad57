// Each text of each stored file, replaced by an attack: nothing that is shown of it holds one.
import assert from 'node:assert/strict';
import test from 'node:test';
import { exampleReports } from './example-reports.ts';
import { attackTexts, everything, leavesOf, shortAttack, storedKinds, tryAttack } from './hostile-leaves.ts';

const [slower, failed] = [exampleReports.slower, exampleReports.failed];
const boots = failed.scenarios[0]?.boots ?? [];
/** Slower, and with boots that failed. */
const reports = [everything({ ...slower, scenarios: slower.scenarios.map((entry) => ({ ...entry, boots })) })];

for (const kind of await storedKinds(reports)) {
  test(`no text of ${kind.name} leaves the format that it is shown in`, () => {
    const leaves = leavesOf(kind.document, false);
    // One attack that tries everything in the length of a name, and one of the longer ones in turn; `bench:hostile` tries each.
    const attacks = (index: number): readonly string[] => [shortAttack, attackTexts[index % attackTexts.length] ?? ''];
    const taken = leaves.filter(
      (leaf, index) => attacks(index).filter((text) => tryAttack(kind, leaf, text)).length > 0,
    );
    assert.ok(taken.length > 0, `none of ${leaves.length} texts can be chosen`);
  });
}
