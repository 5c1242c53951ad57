import{t as loadConfig}from"./config.js";import{a as tryGit}from"./git.js";import{n as isThere}from"./files.js";import{n as baselineSessionSchema}from"./stored-json.js";import{t as reportSchema}from"./report.js";import{i as readBaseline,n as baselineFiles,r as baselinePath}from"./baseline-file.js";import{l as runsNewestFirst}from"./run-folder.js";import{U as summarize}from"./anchor.js";import{n as mainMetric,t as historyOf}from"./levels.js";import{r as usageError}from"./errors2.js";import{u as verdictSchema}from"./boot.js";import{At as object,Dt as literal,Ft as tuple,Mt as record,Pt as string,St as array,d as betterSchema,kt as number,st as formatCount,vt as unitSchema,xt as _enum,zt as toJSONSchema}from"./vulkan.js";import{a as formatInterval,d as scaleOf,l as formatValue,t as formatChange}from"./format.js";import{_ as linear,a as short,c as fold,g as ownSource,h as nothing,l as html,m as lines,p as jsonData,r as niceTicks}from"./picture.js";import{n as htmlStyle,t as _taggedTemplateLiteral}from"./taggedTemplateLiteral.js";import{a as writeFileAtomically,f as makeFolder}from"./atomic.js";import{basename,dirname,join,resolve}from"node:path";import{copyFile,readFile,readdir}from"node:fs/promises";function siteHistory(source){let{machine,scenario,page,sessions,runs,pages}=source,accepted=new Set(sessions.map(({run})=>run)),entries=[...sessions.map(session=>sessionEntry(session,source)),...runs.filter(({report})=>!accepted.has(report.run)).map(run=>runEntry(run,pages))].sort((one,other)=>one.point.recordedAt<other.point.recordedAt?-1:1),places=entries.flatMap(({session},index)=>session===null?[]:[index]),main=sessions.length>0?mainMetric(sessions):mainOfRuns(runs),{comparableFrom}=historyOf({file:``,metric:main,sessions});return{machine,scenario,page,points:entries.map(({point})=>point),comparableFrom:places[comparableFrom]??0,metrics:metricNames(main,source).map(name=>metricOf(name,entries,{sessions,places}))}}function mainOfRuns(runs){return runs.toSorted((one,other)=>one.report.startedAt<other.report.startedAt?1:-1)[0]?.scenario.summaries.head[0]?.metric??``}function metricNames(main,{sessions,runs}){let newest=sessions.at(-1)?.metrics??{},ofRuns=runs.flatMap(({scenario})=>scenario.summaries.head.map(({metric})=>metric));return[.../* @__PURE__ */ new Set([main,...Object.keys(newest),...ofRuns])].filter(name=>name!==``)}function metricOf(name,entries,{sessions,places}){let summaries=entries.map(({summary})=>summary(name)),newest=summaries.findLast(summary=>summary!==null),changes=historyOf({file:``,metric:name,sessions}).changes.map(({session,before,after})=>({from:places[session]??0,last:places[Math.max(0,session-1)]??0,before,after,commits:null}));return{name,unit:newest?.unit??`ms`,better:newest?.better??`lower`,values:summaries.map(figuresOf),changes}}function figuresOf(summary){if(summary===null)return null;let{median,interval,count,failures}=summary;return[rounded(median),rounded(interval?.low??null),rounded(interval?.high??null),count,failures]}const rounded=value=>value===null?null:Number(value.toPrecision(6));function sessionEntry(session,{acceptedBy,pages}){let{run,recordedAt,commit,intended,facts,vulkan,metrics}=session,driver=vulkan===void 0?{}:{Vulkan:`${vulkan.driverName} ${vulkan.driverInfo}`.trim()};return{point:{run,recordedAt,commit,word:`accepted`,intended,acceptedBy:acceptedBy.get(run)??``,stands:{QEMU:facts.emulator,...driver,system:facts.osVersion},page:pages.get(run)??``},session,summary(metric){let found=metrics[metric];return found===void 0?null:summarize({metric,...found,values:found.samples})}}}function runEntry({report,scenario},pages){let{head}=scenario.conditions,identity=scenario.vulkan?.head.identity,driver=identity===void 0?{}:{Vulkan:`${identity.driverName} ${identity.driverInfo}`.trim()};return{point:{run:report.run,recordedAt:report.startedAt,commit:report.commit,word:scenario.verdict.word,intended:``,acceptedBy:``,stands:{QEMU:head.emulator.version,...driver,system:head.host.osVersion},page:pages.get(report.run)??``},session:null,summary:metric=>scenario.summaries.head.find(one=>one.metric===metric)??null}}async function siteSources(request){let reports=await keptReports(request),pages=await pagesOf(reports),pageOf=new Map([...pages].map(([page,{run}])=>[run,page])),files=/* @__PURE__ */ new Set([...baselineFiles(request.folder),...reports.flatMap(({report})=>filesOf(report))]),histories=[];for(let file of[...files].sort()){let{sessions,acceptedBy}=await sessionsOf(file,request),runs=reports.flatMap(({report})=>report.scenarios.filter(one=>one.baseline.path===file).map(scenario=>({report,scenario})));if(sessions.length+runs.length===0)continue;let machine=basename(dirname(file)),scenario=basename(file,`.jsonl`),source={machine,scenario,page:`${machine}.${scenario}.html`,sessions,acceptedBy,runs,pages:pageOf};histories.push(await withCommits(siteHistory(source),request))}return{histories,pages:new Map([...pages].map(([page,{file}])=>[page,file]))}}async function keptReports({folder,signal}){let found=[];for await(let run of runsNewestFirst(folder)){if(signal.throwIfAborted(),found.length===500)break;let text=await readFile(join(run,`report.json`),`utf8`).catch(()=>null),parsed=text===null?null:reportSchema.safeParse(parsedJson(text));parsed?.success&&found.push({folder:run,report:parsed.data})}return found}function parsedJson(text){try{return JSON.parse(text)}catch{return null}}const filesOf=report=>report.scenarios.map(({baseline})=>baseline.path).filter(path=>path===baselinePath(basename(dirname(path)),basename(path,`.jsonl`)));async function pagesOf(reports){let pages=/* @__PURE__ */ new Map;for(let{folder,report}of reports){let file=join(folder,`report.html`);pages.size<100&&await isThere(file)&&pages.set(`runs/${basename(folder)}.html`,{run:report.run,file})}return pages}async function sessionsOf(file,{folder,signal}){let present=await readBaseline(join(folder,file)),acceptedBy=/* @__PURE__ */ new Map,older=/* @__PURE__ */ new Map,oldest=present[0]?.recordedAt??``,log=await tryGit(folder,[`log`,`--format=%x00%an`,`--no-color`,`--no-ext-diff`,`--no-textconv`,`--reverse`,`-p`,`-U0`,`--`,file],{signal,offline:!0,late:`tell`}).catch(()=>null);signal.throwIfAborted();let author=``;for(let line of log?.code===0?log.stdout.split(`
`):[]){line.startsWith(`\0`)&&(author=line.slice(1));let session=line.startsWith(`+{`)?baselineSessionSchema.safeParse(parsedJson(line.slice(1))).data:void 0;session!==void 0&&(acceptedBy.has(session.run)||acceptedBy.set(session.run,author),session.recordedAt<oldest&&older.set(session.run,session))}let sessions=[...[...older.values()].filter(({run})=>!present.some(one=>one.run===run)),...present];return sessions.sort((one,other)=>one.recordedAt<other.recordedAt?-1:1),{sessions,acceptedBy}}async function withCommits(history,request){let known=/* @__PURE__ */ new Map,metrics=[];for(let metric of history.metrics){let changes=[];for(let change of metric.changes){let[older=``,newer=``]=[history.points[change.last]?.commit,history.points[change.from]?.commit],range=`${older}..${newer}`;known.has(range)||known.set(range,await commitsBetween(older,newer,request)),changes.push({...change,commits:known.get(range)??null})}metrics.push({...metric,changes})}return{...history,metrics}}async function commitsBetween(older,newer,request){let{folder,signal}=request;if(![older,newer].every(commit=>/^[0-9a-f]{7,64}$/.test(commit))||older===newer)return null;let asked={signal,offline:!0,late:`tell`,timeoutMs:2e4},log=await tryGit(folder,[`log`,`--format=%h %s`,`--no-color`,`${older}..${newer}`,`--`],asked).catch(()=>null);if(signal.throwIfAborted(),log?.code!==0)return null;let lines=log.stdout.split(`
`).filter(line=>line!==``);return{count:lines.length,newest:lines.slice(0,20).map(line=>line.slice(0,120))}}const siteValueSchema=tuple([number().nullable(),number().nullable(),number().nullable(),number(),number()]).nullable(),sitePointSchema=object({run:string(),recordedAt:string(),commit:string(),word:_enum([`accepted`,...verdictSchema.shape.word.options]),intended:string(),acceptedBy:string(),stands:record(string(),string()),page:string()}),siteChangeSchema=object({from:number(),last:number(),before:number(),after:number(),commits:object({count:number(),newest:array(string())}).nullable()}),siteMetricSchema=object({name:string(),unit:unitSchema,better:betterSchema,values:array(siteValueSchema),changes:array(siteChangeSchema)}),siteHistorySchema=object({machine:string(),scenario:string(),page:string(),points:array(sitePointSchema),comparableFrom:number(),metrics:array(siteMetricSchema)}),siteSchema=object({schema:literal(1),title:string(),histories:array(siteHistorySchema)}),[width,height]=[1e3,200],looks={accepted:`accepted`,same:`well`,faster:`well`,recorded:`well`,undecided:`open`,incomparable:`open`,slower:`bad`,failed:`bad`};function metricSection(history,metric,index){let last=metric.values.flatMap((value,at)=>value?.[0]==null?[]:[{at,value,median:value[0]}]).at(-1);if(last===void 0)return nothing;let now=`${formatValue(last.median,metric.unit)} ${formatInterval(intervalOf(last.value),metric.unit)}`;return html`<section class="metric" data-metric="${index}">
<h3>${metric.name} <span class="soft">newest ${now}</span></h3>
${plot(history,metric)}
<p class="readout" aria-live="polite"></p>
${changeList(history,metric)}
</section>`}const intervalOf=([,low,high])=>low===null||high===null?null:{low,high};function plot(history,metric){let{points}=history,y=yScale(metric.values),x=at=>short(placeOf(at,points.length)*width),of=look=>metric.values.map((value,at)=>value?.[0]!=null&&looks[points[at]?.word??`recorded`]===look?dot(x(at),y(value[0])):``).join(``),ranges=metric.values.map((value,at)=>value?.[1]==null||value[2]==null?``:`M${x(at)} ${short(y(value[1]))}V${short(y(value[2]))}`),failed=metric.values.map((value,at)=>value!==null&&value[0]===null?dot(x(at),6):``),ticks=niceTicks(y.domain(),5),title=`${metric.name}: ${formatCount(points.length,`point`)}, ${formatCount(metric.changes.length,`change`)} of level`;return html`<div class="plot" tabindex="0" role="group" aria-label="${title}; arrow keys go from point to point">
${ticks.map(at=>html`<span class="y" style="top: ${share(y(at)/height)}">${formatValue(at,metric.unit)}</span>`)}
<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${title}">
${path(`grid`,ticks.map(at=>`M0 ${short(y(at))}H${width}`).join(``))}
${path(`range`,ranges.join(``))}
${path(`change`,metric.changes.map(({from})=>`M${x(from-.5)} 0V${height}`).join(``))}
${[`well`,`open`,`bad`,`accepted`].map(look=>path(`dot ${look}`,of(look)))}
${path(`dot bad`,failed.join(``))}
${path(`level`,levelsOf(history,metric).map(({from,to,value})=>`M${x(from)} ${short(y(value))}H${x(to)}`).join(``))}
</svg>
<span class="cursor" hidden></span>
</div>
${dates(points)}`}const dot=(x,y)=>`M${x} ${short(y)}h0`,path=(look,d)=>d===``?nothing:html`<path class="${look}" d="${ownSource(d)}"/>`,placeOf=(at,count)=>count<2?.5:.01+.98*Math.max(0,at)/(count-1),share=part=>`${short(part*100)}%`;function yScale(values){let medians=values.flatMap(value=>value?.[0]==null?[]:[value[0]]),[low,high]=[Math.min(...medians),Math.max(...medians)],room=Math.max((high-low)*.2,high*.02)||1;return linear([Math.max(0,low-room),high+room],[height,0]).clamp(!0)}function levelsOf({comparableFrom,points},{changes}){return changes.flatMap(({from,before,after},index)=>{let to=(changes[index+1]?.from??points.length)-1;return[...index===0?[{from:comparableFrom,to:from-1,value:before}]:[],{from,to,value:after}]})}function dates(points){let wanted=Math.min(5,points.length),shown=[...new Set(Array.from({length:wanted},(_,index)=>Math.round(index*(points.length-1)/Math.max(1,wanted-1))))].map(at=>html`<span style="left: ${share(placeOf(at,points.length))}">${points[at]?.recordedAt.slice(0,10)??``}</span>`);return html`<div class="dates" aria-hidden="true">${shown}</div>`}function changeList({points},{changes,unit}){let items=changes.map(({from,before,after,commits})=>{let text=`${points[from]?.recordedAt.slice(0,10)??``}: ${formatValue(before,unit)} to ${formatValue(after,unit)}, ${formatChange(after/before,null)}`;if(commits===null)return html`<li>${text}</li>`;let more=commits.count-commits.newest.length,listed=lines([...commits.newest.map(line=>html`<li><code>${line}</code></li>`),more>0?html`<li>and ${more} more</li>`:nothing]);return html`<li>${text}${fold(`${formatCount(commits.count,`commit`)} between`,html`<ul>${listed}</ul>`)}</li>`});return items.length===0?nothing:html`<p>New level:</p>\n<ul class="changes">${items}</ul>`}function bands({points}){let rows=[...new Set(points.flatMap(({stands})=>Object.keys(stands)))].map(kind=>html`<div class="band"><span class="kind">${kind}</span><span class="track">${segmentsOf(points,kind)}</span></div>`);return html`<div class="bands" role="group" aria-label="What stood under the measurements">${rows}</div>`}function segmentsOf(points,kind){let segments=[];for(let[at,{stands}]of points.entries()){let text=stands[kind]??``,last=segments.at(-1);last?.text===text?last.to=at:segments.push({from:at,to:at,text})}return segments.filter(({text})=>text!==``).map(({from,to,text})=>{let left=from===0?0:placeOf(from-.5,points.length),right=to===points.length-1?1:placeOf(to+.5,points.length);return html`<span style="left: ${share(left)}; width: ${share(right-left)}" title="${text}">${text}</span>`})}var _templateObject;function historyPage(history,title){let{machine,scenario,points,metrics}=history,sections=metrics.map((metric,index)=>metricSection(history,metric,index)),sessions=points.filter(({word})=>word===`accepted`).length,counts=`${formatCount(sessions,`accepted session`)} and ${formatCount(points.length-sessions,`other run`)}`,[first,last]=[points[0],points.at(-1)].map(point=>point?.recordedAt.slice(0,10)??``),body=lines([html`<p class="soft"><a href="index.html">${title}</a></p>
<h1>${scenario} on ${machine}</h1>
<p>${counts}, ${first===last?`of ${first}`:`from ${first} to ${last}`}.</p>`,legend(points),bands(history),html`<div class="${points.length>150?`dense`:`sparse`}">
${sections.slice(0,6)}
${fold(formatCount(Math.max(0,sections.length-6),`more metric`),lines(sections.slice(6)))}
</div>`,points.length>1?comparison():nothing]),data={points,metrics:metrics.map(forScript)},script=html(_templateObject||=_taggedTemplateLiteral([`<script type="application/json" id="data">`,`<\/script>
<script>`,`<\/script>`]),jsonData(data),ownSource(`
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
`));return sitePage(`${scenario} on ${machine} - ${title}`,body,script)}function sitePage(title,body,script=nothing){let policy=ownSource(`default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-ce6N6oL67hXM37eZO9XgDYgRjCeT1b2ms3fYy4FtO1U='; base-uri 'none'; form-action 'none'`);return`${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${ownSource(htmlStyle+`
.metric { margin: 24px 0; }
.plot { position: relative; height: 200px; margin-left: 72px; border-bottom: 1px solid var(--line); }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.plot path { fill: none; vector-effect: non-scaling-stroke; }
.plot .y { position: absolute; right: 100%; margin-right: 8px; transform: translateY(-50%); font-size: 0.75rem; color: var(--soft); white-space: nowrap; }
.plot .grid { stroke: var(--line); }
.plot .range { stroke: var(--range); stroke-width: 2; }
.plot .level { stroke: var(--level); stroke-width: 2; }
.plot .change { stroke: var(--level); stroke-dasharray: 3 4; }
.plot .dot { stroke-width: 7; stroke-linecap: round; }
.accepted { stroke: var(--accepted); }
.well { stroke: var(--well); }
.open { stroke: var(--yellow); }
.bad { stroke: var(--red); }
.dense .plot .dot { stroke-width: 4; }
.dense .plot .range { stroke-width: 1; }
.plot .cursor { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--ink); pointer-events: none; }
.dates { position: relative; height: 1.4em; margin-left: 72px; font-size: 0.75rem; color: var(--soft); }
.dates span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.dates span:first-child { transform: none; }
.dates span:last-child:not(:first-child) { transform: translateX(-100%); }
.readout { min-height: 1.5em; margin: 4px 0; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.changes { font-size: 0.875rem; }
.bands { margin: 8px 0 16px; font-size: 0.75rem; }
.band { display: flex; align-items: center; margin: 3px 0; }
.band .kind { flex: 0 0 72px; color: var(--soft); }
.band .track { position: relative; flex: 1; height: 1.7em; }
.band .track span { position: absolute; top: 0; bottom: 0; padding: 2px 4px; overflow: hidden; white-space: nowrap; text-overflow: ellipsis;
  background: var(--panel); border-left: 2px solid var(--level); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; list-style: none; font-size: 0.8rem; color: var(--soft); }
.legend svg { display: inline-block; width: 12px; height: 12px; vertical-align: -1px; }
.legend path { stroke-width: 8; stroke-linecap: round; }
.compare label { display: block; margin: 8px 0; }
.compare select { display: block; width: 100%; max-width: 100%; padding: 6px; font: inherit; font-size: 0.875rem; color: inherit; background: var(--page);
  border: 1px solid var(--soft); border-radius: 6px; }
body { --accepted: #0969da; --well: #6e7781; --range: #b6d4f5; --level: #8250df; }
@media screen and (prefers-color-scheme: dark) {
  body { --accepted: #4493f8; --well: #9198a1; --range: #1d3f6b; --level: #ab7df8; }
}
@media (max-width: 640px) {
  .dates span:nth-child(even) { display: none; }
}
@media print {
  .compare, .readout { display: none; }
}
`)}</style>
</head>
<body>
<main>
${body}
</main>
${script}
</body>
</html>`.text}\n`}function forScript({name,better,unit,values}){let largest=Math.max(0,...values.map(value=>value?.[0]??0));return{name,better,values,...scaleOf(largest,unit)}}function legend(points){let names={accepted:`accepted as a baseline`,well:`same, faster or only recorded`,open:`undecided`,bad:`slower or failed`},items=[...new Set(points.map(({word})=>looks[word]))].map(look=>html`<li><svg viewBox="0 0 12 12" aria-hidden="true"><path class="${look}" d="M6 6h0"/></svg> ${names[look]}</li>`);return html`<ul class="legend">${items}<li>Bars: 95 % interval of the median. Lines: levels.</li></ul>`}const comparison=()=>html`<section class="compare" hidden aria-labelledby="compare">
<h2 id="compare">Compare two</h2>
<label>Before <select></select></label>
<label>After <select></select></label>
<div class="wide-box" role="region" aria-label="Comparison" tabindex="0"><table>
<thead><tr><th scope="col">metric</th><th scope="col">before</th><th scope="col">after</th><th scope="col">change</th><th scope="col">95 % intervals</th></tr></thead>
<tbody></tbody>
</table></div>
<p class="soft">Medians side by side. Whether a commit is slower is judged by a run of both: <code>bootgauge run</code> with a base.</p>
</section>`;function siteIndex({title,histories}){return sitePage(title,lines([html`<h1>${title}</h1>
<p class="soft">Boot times over the commits, measured by Bootgauge. The same as data: <a href="site.json">site.json</a>, described by
<a href="site.schema.json">site.schema.json</a>.</p>
<div class="wide-box" role="region" aria-label="Histories" tabindex="0"><table>
<thead><tr><th scope="col">scenario</th><th scope="col">machine</th><th scope="col">metric</th><th scope="col" class="figure">newest</th>
<th scope="col">level</th><th scope="col">last run</th></tr></thead>
<tbody>
${histories.map(row)}
</tbody></table></div>`,accepted(histories)]))}function row({page,scenario,machine,points,metrics}){let[main]=metrics,newest=main?.values.findLast(value=>value?.[0]!=null)?.[0]??null,change=main?.changes.at(-1),last=points.at(-1),level=change===void 0?`no change`:`${formatChange(change.after/change.before,null)} on ${points[change.from]?.recordedAt.slice(0,10)??``}`;return html`<tr><th scope="row"><a href="${encodeURIComponent(page)}">${scenario}</a></th><td>${machine}</td><td>${main?.name??``}</td>
<td class="figure">${formatValue(newest,main?.unit??`ms`)}</td><td>${level}</td>
<td>${last?.recordedAt.slice(0,10)??``}, ${last?.word??``}</td></tr>`}function accepted(histories){let found=histories.flatMap(({scenario,machine,points})=>points.map(point=>({...point,scenario,machine}))).filter(({intended})=>intended!==``).sort((one,other)=>one.recordedAt<other.recordedAt?1:-1).slice(0,20);if(found.length===0)return nothing;let items=found.map(({recordedAt,scenario,machine,intended,acceptedBy,commit})=>{let what=[`${scenario} on ${machine}`,...commit===``?[]:[`at ${commit.slice(0,10)}`]].join(` `),who=acceptedBy===``?[]:[`by ${acceptedBy}`];return html`<li>${[recordedAt.slice(0,10),what,...who].join(`, `)}: ${intended}</li>`});return html`<h2>Accepted though slower</h2>\n<ul>${items}</ul>`}function defineSite(command,context){command.description(`Writes a static site of all baselines, what git remembers of them, and the runs kept in .bootgauge/runs: each metric over
the commits, changes of level with the commits between, who accepted what, and two commits side by side. It needs no server,
and its data lie beside it: site.json, described by site.schema.json.`).option(`-o, --output <folder>`,`where to write it: a new folder, or the site of an earlier time`,`.bootgauge/site`).option(`--title <text>`,`the site's name; default: the folder's`).option(`-c, --config <file>`,`configuration whose folder holds baselines/`).addHelpText(`after`,`
Example:
  bootgauge site --output public`).action(options=>writeSite(options,context))}async function writeSite(options,context){let{folder}=loadConfig(context.folder,options.config),output=resolve(context.folder,options.output),{histories,pages}=await siteSources({folder,signal:context.signal});if(histories.length===0)throw usageError(`there is nothing to show: no baseline in ${join(folder,`baselines`)}, and no run with a report`,"`bootgauge run` makes a run, `bootgauge baseline accept` a baseline of it");await prepareOutput(output,options.output);let site={schema:1,title:options.title??basename(folder),histories},files=[[`site.json`,`${JSON.stringify(site)}\n`],[`site.schema.json`,`${JSON.stringify(toJSONSchema(siteSchema),null,2)}\n`],...histories.map(history=>[history.page,historyPage(history,site.title)]),[`index.html`,siteIndex(site)]];for(let[name,text]of files)await writeFileAtomically(join(output,name),text);for(let[page,from]of pages)await copyFile(from,join(output,page));context.err(`wrote ${formatCount(histories.length,`history`,`histories`)} to ${options.output}\n`),context.out(`${join(output,`index.html`)}\n`)}async function prepareOutput(output,named){let present=await readdir(output).catch(error=>{if(error.code===`ENOENT`)return[];throw usageError(`cannot write a site to ${named}: ${error.message}`,`name a folder`,error)});if(present.length>0&&!present.includes(`site.json`))throw usageError(`${named} holds other files`,`name a new folder, or one that holds an earlier site`);await makeFolder(join(output,`runs`))}export{defineSite};