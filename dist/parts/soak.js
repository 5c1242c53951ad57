import{r as usageError}from"./errors2.js";import{T as awaitsSsh}from"./vulkan.js";function soaked(scenario,{boots,timeMs},load){if(load===`gpu`&&scenario.head.machine.gpu!==`venus`)throw usageError(`--load gpu needs a guest with Vulkan, and ${scenario.id} has none`,`add --gpu venus`);if(load!==`none`&&!awaitsSsh(scenario))throw usageError(`--load ${load} is started over SSH, and ready of ${scenario.id} does not name ssh`,`add ssh to it`);let{deadlines,probes}=scenario;return{...scenario,soak:{load},deadlines:{...deadlines,totalMs:deadlines.totalMs+(load===`none`?0:loadLimitMs)},probes:load===`none`?probes:[...probes,loadProbe(load)],sampling:{warmup:0,boots:1,quietWaitMs:0,maxBoots:boots??Math.ceil((timeMs??0)/100),timeBudgetMs:timeMs??longestMs}}}const longestMs=31536e6,loadLimitMs=7e4,loadProbe=load=>({name:`load-${load}`,run:`end=$(($(date +%s) + 10))\nbusy() { [ "$(date +%s)" -lt "$end" ]; }\n${loads[load]}`,expect:null,timeoutMs:loadLimitMs,metric:null}),loads={cpu:`for processor in $(grep -c ^processor /proc/cpuinfo | xargs seq); do
	while busy; do i=0; while [ $i -lt 5000 ]; do i=$((i + 1)); done; done &
done
wait`,io:`file=/var/tmp/bootgauge-load.$$
trap 'rm -f "$file"' EXIT
while busy; do
	dd if=/dev/zero of="$file" bs=64k count=64 conv=fsync 2> /dev/null && cat "$file" > /dev/null || exit 1
done`,gpu:`driver=$(ls /usr/share/vulkan/icd.d/virtio*.json | head -n 1)
while busy; do VK_DRIVER_FILES=$driver vulkaninfo --summary > /dev/null || exit 1; done`};export{soaked as t};