// Every text of every stored file, and every key of its records, replaced by every attack: what is shown of it must hold none.
// `npm test` does the same with one place of each shape.
import { exampleReports } from '../report/example-reports.ts';
import { attackTexts, everything, leavesOf, shortAttack, storedKinds, tryAttack } from '../report/hostile-leaves.ts';

const reports = Object.values(exampleReports).map(everything);
const attacks = [shortAttack, ...attackTexts];
let leaks = 0;
for (const kind of await storedKinds(reports)) {
  const leaves = leavesOf(kind.document, true);
  let shown = 0;
  for (const leaf of leaves) {
    for (const text of attacks) {
      try {
        if (tryAttack(kind, leaf, text)) shown += 1;
      } catch (error) {
        leaks += 1;
        console.error((error as Error).message);
      }
    }
  }
  console.log(
    `${kind.name}: ${leaves.length} places, ${leaves.length * attacks.length} attacks, ${shown} shown, the others refused`,
  );
}
console.log(leaks === 0 ? 'nothing came through' : `${leaks} came through`);
process.exitCode = leaks === 0 ? 0 : 1;
