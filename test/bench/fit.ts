// How long it takes to lay out a report of many scenarios, and to make it fit into a comment.
import { commentLimit, fitSections } from '../../src/github/fit.ts';
import { markdownSections } from '../../src/report/markdown.ts';
import { reportView } from '../../src/report/view.ts';
import { exampleReports } from '../report/example-reports.ts';

const [slower, same] = [exampleReports.slower.scenarios[0], exampleReports.same.scenarios[0]];
if (slower === undefined || same === undefined) throw new Error('no example');
for (const count of [50, 100, 200, 400]) {
  const scenarios = Array.from({ length: count }, (_, index) => {
    const of = index % 4 === 0 ? slower : same;
    return { ...of, scenario: { ...of.scenario, id: `scenario-${index}` } };
  });
  const begin = performance.now();
  const sections = markdownSections(reportView({ ...exampleReports.slower, scenarios }));
  const laidOut = performance.now();
  const text = fitSections(sections, commentLimit, '');
  const end = performance.now();
  console.log(
    `${count} scenarios: ${sections.length} parts laid out in ${(laidOut - begin).toFixed(0)} ms, fitted in ${(end - laidOut).toFixed(0)} ms to ${text.length} characters`,
  );
}
