// The only script of a trend site's pages: reads a point out, and puts two of them side by side. Without it the pictures and lists are there.
// What it shows of foreign texts it sets as text, never as HTML.

/** No `</script>`, no foreign text. Its hash stands in the page's content security policy, so no other script can run. */
export const siteScript = `
const { points, metrics } = JSON.parse(document.getElementById('data').textContent);
const digits = (value, { divisor, decimals }) => (value / divisor).toFixed(decimals);
const range = (value, metric) => value[1] === null ? '' : ' [' + digits(value[1], metric) + ', ' + digits(value[2], metric) + ']';
const name = (point) => point.recordedAt.slice(0, 16).replace('T', ' ') + (point.commit === '' ? '' : ', ' + point.commit.slice(0, 10)) + ', ' + point.word;
const shownValue = (value, metric) => {
  if (value === null) return 'not measured';
  const failed = value[4] > 0 ? ', ' + value[4] + ' of ' + value[3] + ' failed' : '';
  return (value[0] === null ? 'no median' : digits(value[0], metric) + range(value, metric) + ' ' + metric.unit) + failed;
};
for (const section of document.querySelectorAll('.metric')) {
  const metric = metrics[Number(section.dataset.metric)];
  const plot = section.querySelector('.plot');
  const cursor = section.querySelector('.cursor');
  const readout = section.querySelector('.readout');
  let at = points.length - 1;
  const place = (index) => points.length < 2 ? 0.5 : 0.01 + 0.98 * index / (points.length - 1);
  const show = (index) => {
    at = Math.min(points.length - 1, Math.max(0, index));
    const point = points[at];
    cursor.hidden = false;
    cursor.style.left = 100 * place(at) + '%';
    const why = point.intended === '' ? '' : '; intended: ' + point.intended;
    const who = point.acceptedBy === '' ? '' : '; accepted by ' + point.acceptedBy;
    readout.textContent = name(point) + ': ' + shownValue(metric.values[at], metric) + (metric.values[at] === null ? '' : ', ' + metric.values[at][3] + ' boots') + why + who + ' ';
    if (point.page === '') return;
    const link = document.createElement('a');
    link.href = point.page;
    link.textContent = 'report';
    readout.append(link);
  };
  plot.addEventListener('pointermove', (event) => {
    const box = plot.getBoundingClientRect();
    const part = ((event.clientX - box.left) / box.width - 0.01) / 0.98;
    show(Math.round(part * (points.length - 1)));
  });
  plot.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -points.length, End: points.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(at + step);
  });
}
const box = document.querySelector('.compare');
if (points.length > 1) {
  box.hidden = false;
  const [before, after] = box.querySelectorAll('select');
  for (const list of [before, after])
    for (const [index, point] of [...points.entries()].reverse()) list.append(new Option(name(point), String(index)));
  before.value = String(points.length - 2);
  after.value = String(points.length - 1);
  const rows = box.querySelector('tbody');
  const compare = () => {
    rows.replaceChildren(...metrics.map((metric) => {
      const [one, other] = [before, after].map((list) => metric.values[Number(list.value)]);
      const row = document.createElement('tr');
      const head = document.createElement('th');
      head.scope = 'row';
      head.textContent = metric.name;
      const known = one !== null && other !== null && one[0] !== null && other[0] !== null;
      const percent = known && one[0] > 0 ? 100 * (other[0] / one[0] - 1) : null;
      const apart = known && one[1] !== null && other[1] !== null && (one[2] < other[1] || other[2] < one[1]);
      const worse = known && (other[0] > one[0]) === (metric.better === 'lower');
      const change = percent === null ? '-' : (percent < 0 ? '' : '+') + percent.toFixed(1) + ' %';
      const word = known ? apart ? 'intervals apart' : 'intervals overlap' : '';
      row.append(head, ...[shownValue(one, metric), shownValue(other, metric), change, word].map((text, column) => {
        const cell = document.createElement('td');
        cell.textContent = text;
        if (column === 2 && apart) cell.className = worse ? 'bad-text' : 'good';
        return cell;
      }));
      return row;
    }));
  };
  before.addEventListener('change', compare);
  after.addEventListener('change', compare);
  compare();
}
`;

/** sha256 of the script in base64; a test holds it to the text above. */
export const siteScriptHash = 'ce6N6oL67hXM37eZO9XgDYgRjCeT1b2ms3fYy4FtO1U=';
