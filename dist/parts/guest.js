import{n as measurementError,t as BootgaugeError}from"./errors.js";import{a as writeFileAtomically,i as workFolder,r as syncFile,t as publishFolder}from"./atomic2.js";import{d as strictObject,f as string,n as array,o as literal,t as _enum,u as record}from"./schemas.js";import{n as hashValue,t as hashFile}from"./digest2.js";import{t as acquireLock}from"./lock.js";import{t as runTool}from"./command.js";import{t as asTask}from"./options.js";import{t as _usingCtx}from"./usingCtx.js";import{n as unpackPackages,t as neverNeeded}from"./unpack.js";import{a as pointTo,n as entryFileSchema,r as findEntry,t as describeFile}from"./entry.js";import{i as writeCpio,r as padded,t as ensureKeys}from"./keys.js";import{existsSync}from"node:fs";import{basename,dirname,join}from"node:path";import{gunzipSync,gzipSync}from"node:zlib";import{createHash}from"node:crypto";import{chmod,copyFile,lstat,mkdir,readFile,readdir,rm,stat,symlink,writeFile}from"node:fs/promises";async function findArchive(wishes){let uri=wishes.mirror??chooseMirror(await configuredArchives(wishes.signal));if(uri===null||!/^[a-z+]+:[^\s[\]"]+$/.test(uri))throw measurementError(uri===null?`This machine's apt is not configured with a Debian archive.`:`${JSON.stringify(uri)} is not the address of a Debian archive.`,"Name one with `mirror` under `kit` in bootgauge.yml or with --mirror, for example https://mirror.example.org/debian.");let keyring=wishes.keyring??keyrings.find(file=>existsSync(file));if(keyring===void 0||!existsSync(keyring))throw measurementError(keyring===void 0?`The keys of Debian's archive are not on this machine.`:`The keyring ${keyring} is not there.`,"Install the package debian-archive-keyring, or name a file with `keyring` under `kit` in bootgauge.yml or with --keyring.");return{uri,keyring}}function chooseMirror(addresses){return addresses.filter(address=>/\/debian\/?$/.test(address)&&!address.startsWith(`cdrom:`))[0]??null}const keyrings=[`/usr/share/keyrings/debian-archive-keyring.gpg`,`/usr/share/keyrings/debian-archive-keyring.pgp`];async function configuredArchives(signal){return(await runTool(`apt-get`,[`indextargets`,`--format`,`$(REPO_URI)`,`Created-By: Packages`],{signal,hint:"The kit is assembled on Debian or Ubuntu; on another machine use `bootgauge guest import`."})).toString(`utf8`).split(`
`).filter(Boolean)}const suite=`trixie`;async function openAptWorld(architecture,options){try{var _usingCtx$3=_usingCtx();let archive=await findArchive(options),place=createHash(`sha256`).update(archive.uri).digest(`hex`).slice(0,8),folder=join(options.cache,`apt`,`${suite}-${architecture}-${place}`),archives=join(options.cache,`apt`,`archives`),lock={...options,what:`the package lists for ${architecture}`};_usingCtx$3.a(await acquireLock(`${folder}.lock`,lock));for(let part of[`lists/partial`,`empty/archives/partial`])await mkdir(join(folder,part),{recursive:!0});await mkdir(archives,{recursive:!0});let configuration=join(folder,`apt.conf`);await writeFile(configuration,await aptConfiguration(folder,architecture,archive,options.signal)),await writeFile(join(folder,`sources.list`),`deb ${archive.uri} ${suite} main\n`),await writeFile(join(folder,`status`),``);let settings={signal:options.signal,environment:{APT_CONFIG:configuration},hint:"The kit is assembled on Debian or Ubuntu; on another machine use `bootgauge guest import`."};return await areFresh(folder)||(await updateLists(architecture,archive,settings,options),await writeFile(join(folder,`updated`),``)),{resolve:async wanted=>{let parameters=[`-qq`,`-y`,`--print-uris`,`--no-install-recommends`,`install`,...wanted];return parseUris((await runTool(`apt-get`,parameters,settings)).toString(`utf8`))},download:packages=>download(architecture,packages,archives,settings,options)}}catch(_){_usingCtx$3.e=_}finally{await _usingCtx$3.d()}}async function areFresh(folder){let updated=await stat(join(folder,`updated`)).catch(()=>null);return updated!==null&&Math.abs(Date.now()-updated.mtimeMs)<3e5}function parseUris(text){return text.split(`
`).flatMap(line=>{let parts=/^'[^']+' (\S+_\S+\.deb) ([0-9]+)/.exec(line),file=parts?.[1];if(file===void 0)return[];let[name,version]=file.split(`_`);return[{name,version:decodeURIComponent(version),file,bytes:Number(parts?.[2])}]})}async function updateLists(architecture,archive,settings,options){await asTask(options,`package lists for ${architecture}`,async()=>{try{await runTool(`apt-get`,[`-qq`,`-o`,`APT::Update::Error-Mode=any`,`update`],settings)}catch(cause){throw cause instanceof BootgaugeError?measurementError(`The package lists of ${archive.uri} could not be loaded.`,"Look at the network and the proxy, or name another archive with `mirror` under `kit` in bootgauge.yml.",cause):cause}return``})}async function download(architecture,packages,archives,settings,options){try{var _usingCtx3=_usingCtx();_usingCtx3.a(await acquireLock(`${archives}.lock`,{...options,what:`the package cache`}));let missing=[];for(let entry of packages)(await stat(join(archives,entry.file)).catch(()=>null))?.size!==entry.bytes&&missing.push(entry);if(missing.length>0){let total=missing.reduce((sum,entry)=>sum+entry.bytes,0),task=`${architecture} packages`,names=new Set(missing.map(entry=>entry.file));await asTask(options,task,async()=>{let watch=setInterval(()=>{loadedBytes(archives,names).then(done=>options.progress({kind:`task-advanced`,task,done:Math.min(done,total),total,unit:`bytes`}))},500);try{let wanted=missing.map(entry=>`${entry.name}:${architecture}=${entry.version}`);await runTool(`apt-get`,[`-qq`,`download`,...wanted],{...settings,cwd:archives})}finally{clearInterval(watch)}return`${missing.length} packages, ${Math.round(total/1e6)} MB`})}return packages.map(entry=>join(archives,entry.file))}catch(_){_usingCtx3.e=_}finally{await _usingCtx3.d()}}async function loadedBytes(archives,names){let partial=join(archives,`partial`),files=[...(await readdir(archives)).filter(name=>names.has(name)).map(name=>join(archives,name)),...(await readdir(partial).catch(()=>[])).map(name=>join(partial,name))];return(await Promise.all(files.map(file=>stat(file).then(found=>found.size,()=>0)))).reduce((sum,size)=>sum+size,0)}async function aptConfiguration(folder,architecture,archive,signal){let dump=(await runTool(`apt-config`,[`dump`],{signal})).toString(`utf8`).split(`
`),access=/^Acquire::(?:https?|ftp|socks5h|Check-Date|Check-Valid-Until|Max-FutureTime|Force-?IPv[46])/i,quoted=value=>`"${value.replaceAll(`"`,`%22`)}"`,own=[[`Dir::Etc::Parts`,`/dev/null`],[`Dir::Etc::Main`,`/dev/null`],[`Dir::Etc::SourceList`,join(folder,`sources.list`)],[`Dir::Etc::SourceParts`,`/dev/null`],[`Dir::Etc::Preferences`,`/dev/null`],[`Dir::Etc::PreferencesParts`,`/dev/null`],[`Dir::Etc::Trusted`,archive.keyring],[`Dir::Etc::TrustedParts`,`/dev/null`],[`Dir::State`,folder],[`Dir::State::Lists`,join(folder,`lists`)],[`Dir::State::Status`,join(folder,`status`)],[`Dir::Cache`,join(folder,`empty`)],[`APT::Architecture`,architecture],[`APT::Architectures`,architecture],[`APT::Sandbox::User`,`root`],[`APT::Install-Recommends`,`false`],[`Acquire::Languages`,`none`],[`Acquire::GzipIndexes`,`true`],[`Acquire::PDiffs`,`false`],[`Acquire::Retries`,`2`],[`Acquire::http::Timeout`,`15`],[`Acquire::https::Timeout`,`15`],[`Acquire::AllowInsecureRepositories`,`false`],[`Debug::NoLocking`,`true`]];return[...dump.filter(line=>access.test(line)),...own.map(([key,value])=>`${key} ${quoted(value)};`),``].join(`
`)}const emulatorRecipe={version:1,wanted:[`qemu-system-arm`,`qemu-system-x86`,`qemu-system-modules-opengl`,`virgl-server`,`libvirglrenderer1`,`mesa-vulkan-drivers`,`libegl1`,`libegl-mesa0`,`libgbm1`,`libgl1-mesa-dri`,`libgles2`,`libgl1`],unwanted:/* @__PURE__ */ RegExp(`^(?:perl.*|libperl.*|python3.*|libpython.*|debconf|adduser|passwd|dpkg|tar|coreutils|ucf|sensible-utils|systemd.*|init-system-helpers|dbus.*|dmsetup|login.*|mount|util-linux|iproute2|openssl.*|gcc-.*|qemu-efi.*|ovmf|qemu-system-gui|gtk.*|dconf.*|gsettings.*|adwaita.*|hicolor.*|libicu.*dev)$`),exclude:[...neverNeeded,`./usr/lib/*/libvulkan_[!l]*`,`./usr/lib/*/gconv/*`,`./usr/bin/qemu-system-arm`,`./usr/bin/qemu-system-i386`,`./usr/bin/qemu-system-x86_64-microvm`,`./usr/share/qemu/openbios-*`,`./usr/share/qemu/skiboot*`,`./usr/share/X11/*`]};function hostNames(platform,architecture){return platform===`linux`?architecture===`x64`?{debian:`amd64`,triplet:`x86_64-linux-gnu`,loader:`usr/lib64/ld-linux-x86-64.so.2`}:architecture===`arm64`?{debian:`arm64`,triplet:`aarch64-linux-gnu`,loader:`usr/lib/ld-linux-aarch64.so.1`}:null:null}const programs={arm64:`H4sIAAAAAAACA71VS0wTURS9M6+FBhSrQCASaTVoWE0QjTbRxGFU1IgJHxfsxtJW2tgPTkcBWdiNCQkbKijRRCButI0rYyILE4mfhDUKO01BWbGQgJg0BkY7vQ9mHq2YmHiTzum99533Pe/d22ebGnmOA2oEXsKmByAiTlmNMRdYQYRdUKK3NaS22BQxI2DvmW+BKc+ZMIaTiHFmHr8NrxnbU7Qhu3lB9VoAQEUei2VgRgtiy4LqLYC/Nzsir+/l5jrtNrq/WXuv9C/+qZ9SANiTI74/T5zT4zZI8Vl/mCa6VL/ic3tlTyTslbvdARU8wYjnmtzpU9VAyGfO6ym9UTDQ4RGiEeEYnGu6IJ2W64UjRzf+Hj6ur5AABxzw4DKs+0X8fkFmlRLGRnSfh0uYd1nxHC1g1pkhzhviS32vE4MAg7sfSmn7m7K4k3fMOpxkhv703KiUts9nc7r/WErb+XLdX+t7lVgjEF8thfTqW4ivtHGJFQLJ74RLOiHWOkfKk980bWTeIaYt43emaw6NL6dOPZg+A5YBMfpkeQxg8RkHl786IP2FlCfnSFkyRUqTByDWuqBpI44J7vpKW0MC7GN7V0vF9Frfu6eTRJ5NjQ3dnXw+sSwBDKSqxDRYIJ4qJonfY1VwVeSEHc8sqGlarWH/uFutYOmp5qp2OCATrwSAk5qm6efZUCI+so0WSvcs0lDBsLW96POnmQ8fS6CheGMvXYir61okg+2YoHc0hT7VNL1fRei3IxYjVoJZt07r5j3MWB1zbwoRK6j8sGE1mO/jTy07PzrvdfRFbK8x+SX0XTz8F6PvST4b580IQtQfVRXV3QFCZ/iG4HdH/SB4e8PR3lAWVSWbuelTooFI2OTICgiKL+gWuoIqCKqvRwXB55evKu6QT/Z7lU1P78sdCnhA6Iyo+kcn/atlzvuHpkXocqhuKNYY3jXjOVIrxz54RlcUrxh0xBn4VF/7MMczOqXYnuO9M9pB1AzlU51QtDHzZ7EeNUh9qkOKdXnmT60Ba4bE6L6L4WfcnTnW32ioFbn0JeapM9QuMnxaB7bUA6a+UWtBPl1/vvqYjy8z/H5iRnb+7P4FcO4E2LpurueE4dN9UHB8mq/Ed6rSmns8G4PdDJ++c07k127DN3KNdh75sW30+wtqoKjwiAkAAA==`,x86_64:`H4sIAAAAAAACA7VVW2sTQRQ+O6np4oWmWtEXb5CAL13SegsK0tRapxjBYoVClXSbrE0wyZbNVtunKgXpIoKCVBAEH/0BPvmieHnwzX+ggkovIiJWioWOzO6ZdHfctT7o9/LlnDNn5pzZL2emTuZ6iaKAQAyOw5oF0IW83OT3ZaAJumALbHbXboBoJGJBhoRHPC/uj28L8oQSZJFH1sk7qwRZxfT+j3YxDn8PPM49L+avVxX35OGVNbP4p314WVtD/Psi/IrrV+Eh8eyKCIzZJcvQi/mCWSvmr+plGwoVs3A5P2rYdrlqBONuyF1UKY8UtLqpHYZTub7uE/lO7cDBxs+OI26HMVBAAQIZX9+P78zGeZfd6Lvn2gTOYHyizeNmrFngms9PQvpjh761ArDU91aAlj1dwFLcLvHQ/DvGGEstcJtvOf+GMZYdOE+dpXPUWXnKfXT6c6LP+ZBzPs09Z4zRmz1Jld66De0dCr3+k72+f2yqmToDSXWxhbbDg/JRypqS1OlJqjnn/RN3B+cLdd7O3WWMTS/XxknHMzr9MjF0MXvhBfh6ySAvrTKT814MCK0/QltoiqK9Ee1B5E3IOyGom+G2NX1xpJHR7d4fxw5RDy7cDUFdrzCvPlH3KtoqrmdS/CvaoR/nP0D8L2XcwPNnRR1avVS3LVsfAW20Nq6V9HoJtOJkrT5Z9di2vMgVw6qXzVrAyFugWUZF18YqNmi2MWGDZpTylyy9arjZerVcAG3UtN0V/wD8u/5gzBTlC30ITkLw+6pS/nbcg0j6ETzs04viyxc62oUxIulR8GDIXPEjhdpoyIAEWQ13N7gTtdbojwQ5HVG/QBYA+JPSLek7I+UTvCe5/17fTHbHIwlyOmKeCz4t5Yt5+9vcjbi/fvSRqHdOgtz/EJ4dk/4nIl+8XzEpX9RfxPPleTKM7/T+iPNVXz9hpc5gfnWd/n8BS3a6gjgIAAA=`},binaries={arm64:`qemu-system-aarch64`,x86_64:`qemu-system-x86_64`},programSchema=strictObject({version:string(),digest:string()}),manifestSchema=strictObject({schema:literal(1),recipe:string(),packages:record(string(),string()),programs:strictObject({arm64:programSchema,x86_64:programSchema}),files:array(entryFileSchema).min(1)});async function findEmulator(cache,architecture){let host=hostNames(process.platform,process.arch);if(host===null)return null;let found=await findEntry(room(cache),host.debian,manifestSchema);return found===null||typeof found==`string`?found:found.manifest.recipe===recipeOf(host)?emulatorAt(found.folder,host,architecture,found.manifest):null}async function buildEmulator(options,architecture){try{var _usingCtx$2=_usingCtx();let host=hostNames(process.platform,process.arch);if(host===null)throw measurementError(`The kit's own QEMU runs on Linux only, not on ${process.platform} ${process.arch}.`,"Name your own with `binary` under `qemu` in bootgauge.yml or with --qemu.");let lock={...options,what:`the kit's QEMU`};_usingCtx$2.a(await acquireLock(join(room(options.cache),`${host.debian}.lock`),lock));let meanwhile=await findEmulator(options.cache,architecture);if(meanwhile!==null&&typeof meanwhile!=`string`)return meanwhile;let world=await openAptWorld(host.debian,options),packages=(await world.resolve(emulatorRecipe.wanted)).filter(({name})=>!emulatorRecipe.unwanted.test(name)),debs=await world.download(packages),versions=Object.fromEntries(packages.map(({name,version})=>[name,version])),folder=`${host.debian}-${hashValue([recipeOf(host),versions]).slice(0,16)}`,work=_usingCtx$2.a(await workFolder(join(options.cache,`work`))),bundle=join(work.path,`emulator`);await asTask(options,`assembling the kit's QEMU`,async()=>{await unpackBundle(bundle,debs,host,options.signal);let programs={arm64:await describeProgram(bundle,host,`arm64`,options.signal),x86_64:await describeProgram(bundle,host,`x86_64`,options.signal)},files=await Promise.all((await listFiles(bundle)).map(path=>describeFile(bundle,path))),manifest={schema:1,recipe:recipeOf(host),packages:versions,programs,files};return await writeFileAtomically(join(bundle,`manifest.json`),JSON.stringify(manifest)),await publishFolder(bundle,join(room(options.cache),folder)),await pointTo(room(options.cache),host.debian,manifest.recipe,folder),`${debs.length} packages`});let built=await findEmulator(options.cache,architecture);if(built===null||typeof built==`string`)throw measurementError(`The kit's QEMU is not whole: ${built}.`);return built}catch(_){_usingCtx$2.e=_}finally{await _usingCtx$2.d()}}const room=cache=>join(cache,`emulator`);function recipeOf(host){let own=[renderServer(host),wakerFor(host)];return hashValue([{...emulatorRecipe,unwanted:emulatorRecipe.unwanted.source},host,...own])}async function unpackBundle(bundle,debs,host,signal){let root=join(bundle,`root`);await makeMergedRoot(root),await unpackPackages(debs,root,{exclude:emulatorRecipe.exclude,signal});let description={file_format_version:`1.0.1`,ICD:{library_path:`./${`root/usr/lib/${host.triplet}/libvulkan_lvp.so`}`,api_version:`1.4.305`}};await writeFile(join(bundle,`lvp_icd.json`),JSON.stringify(description)),await writeFile(join(bundle,`virgl_render_server`),renderServer(host)),await chmod(join(bundle,`virgl_render_server`),493),await writeFile(join(root,`usr/lib`,host.triplet,waker),gunzipSync(Buffer.from(wakerFor(host),`base64`)))}async function makeMergedRoot(root){for(let name of[`bin`,`sbin`,`lib`,`lib64`])await mkdir(join(root,`usr`,name),{recursive:!0}),await symlink(`usr/${name}`,join(root,name))}const waker=`bootgauge-waker.so`,wakerFor=({debian})=>programs[debian===`amd64`?`x86_64`:`arm64`];function renderServer(host){return`#!/bin/sh
here=\${0%/*}/root
exec "$here/${host.loader}" --preload ${waker} --library-path "$here/usr/lib/${host.triplet}:$here/usr/lib" "$here/usr/libexec/virgl_render_server" "$@"
`}function emulatorAt(folder,host,architecture,manifest){return{origin:`kit`,...invocation(folder,host,architecture),...manifest.programs[architecture]}}function invocation(folder,host,architecture){let usr=join(folder,`root/usr`),libraries=join(usr,`lib`,host.triplet),paths=[libraries,join(libraries,`pulseaudio`),join(usr,`lib`)].join(`:`),firmware=[`share/qemu`,`share/seabios`,`lib/ipxe/qemu`].flatMap(name=>[`-L`,join(usr,name)]);return{program:join(folder,`root`,host.loader),leadingArguments:[`--library-path`,paths,join(usr,`bin`,binaries[architecture]),...firmware],environment:{QEMU_MODULE_DIR:join(libraries,`qemu`),RENDER_SERVER_EXEC_PATH:join(folder,`virgl_render_server`),VK_DRIVER_FILES:join(folder,`lvp_icd.json`),GBM_ALWAYS_SOFTWARE:`1`,GBM_BACKENDS_PATH:join(libraries,`gbm`),LIBGL_DRIVERS_PATH:join(libraries,`dri`),__EGL_VENDOR_LIBRARY_FILENAMES:join(usr,`share/glvnd/egl_vendor.d/50_mesa.json`)}}}async function describeProgram(bundle,host,architecture,signal){let{program,leadingArguments,environment}=invocation(bundle,host,architecture),output=await runTool(program,[...leadingArguments,`--version`],{signal,environment}),binary=join(bundle,`root/usr/bin`,binaries[architecture]);return{version:output.toString(`utf8`).split(`
`)[0]??``,digest:await hashFile(binary)}}async function listFiles(folder){return(await readdir(folder,{recursive:!0,withFileTypes:!0})).filter(entry=>entry.isFile()).map(entry=>join(entry.parentPath,entry.name).slice(folder.length+1)).sort()}const toolPackages=[`e2fsprogs`,`libarchive13t64`],uuid=`6b6f6f74-6761-4567-a5e0-626f6f746761`;async function prepareImageTool(world,host,folder,signal){let debs=await world.download(await world.resolve(toolPackages));await mkdir(folder,{recursive:!0}),await makeMergedRoot(folder),await unpackPackages(debs,folder,{exclude:[...neverNeeded,`./usr/lib/*/gconv/*`],signal});let loader=join(folder,host.loader),libraries=`${join(folder,`usr/lib`,host.triplet)}:${join(folder,`usr/lib`)}`;return{async makeImage(root,image){let archive=`${image}.tar`;await runTool(`tar`,[`--owner=0`,`--group=0`,`--numeric-owner`,`--mtime=@1735689600`,`--sort=name`,`--format=gnu`,`-C`,root,`-cf`,archive,`.`],{signal});let mebibytes=Math.ceil((await stat(archive)).size/1048576*1.2)+48,layout=[`-b`,`4096`,`-I`,`256`,`-L`,`root`,`-U`,uuid,`-E`,`hash_seed=${uuid},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0`],parameters=[`--library-path`,libraries,join(folder,`usr/sbin/mke2fs`),`-q`,`-t`,`ext4`,...layout],environment={E2FSPROGS_FAKE_TIME:`1735689600`,SOURCE_DATE_EPOCH:`1735689600`,MKE2FS_CONFIG:join(folder,`etc/mke2fs.conf`)};await runTool(loader,[...parameters,`-d`,archive,image,`${mebibytes}M`],{signal,environment}),await rm(archive)}}}function writeInitramfs(busybox,modules){let entries=[...[`bin`,`dev`,`proc`,`sys`,`newroot`,`lib`,`lib/modules`].map(path=>({path,kind:`folder`,mode:493})),{path:`init`,kind:`file`,mode:493,content:initScript(modules.map(({path})=>basename(path)))},{path:`bin/busybox`,kind:`file`,mode:493,content:busybox},{path:`bin/sh`,kind:`link`,mode:511,content:`busybox`},...modules.map(({path,content})=>({path:`lib/modules/${basename(path)}`,kind:`file`,mode:420,content}))];return padded(gzipSync(writeCpio(entries),{level:9}),512)}function initScript(modules){return`#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs dev /dev
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
read -r commandline < /proc/cmdline
case " $commandline " in
	*" quiet "*) say() { :; } ;;
	*) say() { printf '%s' "$*" > /dev/console; } ;;
esac
say 'Bootgauge Init
 * Loading boot drivers: '
for module in ${modules.join(` `)}; do
	$b insmod "/lib/modules/$module"
done
say 'ok.
 * Mounting root: '
tries=0
while [ ! -e /dev/vda ] && [ $tries -lt 500 ]; do
	$b usleep 10000
	tries=$((tries + 1))
done
if ! $b mount -t ext4 -o rw /dev/vda /newroot; then
	echo 'failed.
Launching initramfs emergency recovery shell.' > /dev/console
	exec $b sh < /dev/console > /dev/console 2>&1
fi
say 'ok.
'
[ ! -d /keys ] || $b cp -a /keys/. /newroot/
$b umount /proc
$b umount /sys
$b mount -o move /dev /newroot/dev
exec $b switch_root /newroot /sbin/init
`}const service=text=>`#!/sbin/openrc-run\n${text}`,services={sysfs:service(`depend() {
	keyword -prefix
}
start() {
	mountinfo -q /sys && return 0
	ebegin "Mounting /sys"
	mount -n -t sysfs -o nodev,noexec,nosuid sysfs /sys
	eend $?
}
`),devfs:service(`depend() {
	provide dev-mount
	before dev
	keyword -prefix
}
start() {
	ebegin "Mounting /dev"
	mountinfo -q /dev || mount -n -t devtmpfs -o exec,nosuid,mode=0755 dev /dev
	mkdir -p /dev/pts /dev/shm
	mount -n -t devpts -o noexec,nosuid,gid=5,mode=0620 devpts /dev/pts
	mount -n -t tmpfs -o nodev,nosuid,mode=1777 shm /dev/shm
	[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
	eend 0
}
`),mdev:service(`depend() {
	provide dev
	need sysfs dev-mount
	keyword -prefix
}
start() {
	ebegin "Starting busybox mdev"
	[ ! -e /proc/sys/kernel/hotplug ] || echo /sbin/mdev > /proc/sys/kernel/hotplug
	eend $?
	ebegin "Scanning hardware for mdev"
	mdev -s
	eend $?
}
`),hwdrivers:service(`depend() {
	need dev
	keyword -prefix
}
load() {
	find /sys -name modalias -type f -print0 | xargs -0 sort -u | xargs modprobe -b -a 2> /dev/null
}
start() {
	ebegin "Loading hardware drivers"
	load
	load
	eend 0
}
`),root:service(`depend() {
	need dev
	keyword -prefix
}
start() {
	ebegin "Remounting root filesystem read/write"
	mount -o remount,rw /
	eend $?
}
`),modules:service(`depend() {
	need sysfs
	before networking
	keyword -prefix
}
start() {
	ebegin "Loading modules"
	while read -r module; do
		modprobe -q "$module"
	done < /etc/modules
	eend 0
}
`),sysctl:service(`depend() {
	after modules
	keyword -prefix
}
start() {
	ebegin "Configuring kernel parameters"
	sysctl -q -p /etc/sysctl.conf
	eend $?
}
`),hostname:service(`start() {
	ebegin "Setting hostname"
	hostname -F /etc/hostname
	eend $?
}
`),bootmisc:service(`depend() {
	need root
	before networking
	keyword -prefix
}
start() {
	ebegin "Creating user login records"
	: > /run/utmp
	mkdir -p -m 0755 /run/sshd
	eend $?
}
`),networking:service(`depend() {
	need root
	after bootmisc hostname modules dev
	provide net
	keyword -prefix
}
start() {
	ebegin "Starting networking"
	eindent
	for interface in lo eth0; do
		ebegin "$interface"
		# As on Alpine, what the DHCP client says is seen.
		ifup "$interface" > /dev/null
		eend $?
	done
	eoutdent
	return 0
}
`),swap:service(`depend() {
	after dev root
	keyword -prefix
}
start() {
	ebegin "Activating swap devices"
	swapon -a > /dev/null
	eend 0
}
`),dropbear:sshServer(`dropbear`,`--exec /usr/sbin/dropbear -- -s -P /run/dropbear.pid -r /etc/dropbear/dropbear_ed25519_host_key`),sshd:sshServer(`sshd`,`--exec /usr/sbin/sshd`),killprocs:service(`start() {
	ebegin "Terminating remaining processes"
	kill_all 15
	eend 0
}
`),"mount-ro":service(`depend() {
	after killprocs
}
start() {
	ebegin "Remounting / read only"
	mount -o remount,ro /
	eend $?
}
`)};function sshServer(name,startStop){return service(`depend() {
	need net
	after dev
	keyword -prefix
}
start() {
	read -r commandline < /proc/cmdline
	case " $commandline " in
		*" bootgauge.truth=1 "*) /usr/libexec/bootgauge/ssh-truth > /dev/null 2>&1 & ;;
	esac
	ebegin "Starting ${name}"
	start-stop-daemon --start --pidfile /run/${name}.pid ${startStop}
	eend $?
}
stop() {
	ebegin "Stopping ${name}"
	start-stop-daemon --stop --pidfile /run/${name}.pid
	eend $?
}
`)}function guestOverlay(recipe){let server=recipe.spec.sshd===`openssh`?`sshd`:`dropbear`,used=Object.entries(services).filter(([name])=>![`sshd`,`dropbear`].includes(name)||name===server),levels={sysinit:[`devfs`,`mdev`,`hwdrivers`],boot:[`root`,`modules`,`sysctl`,`hostname`,`bootmisc`,`networking`,`swap`],default:[server],shutdown:[`killprocs`,`mount-ro`]};return{folders:[...[`dev`,`proc`,`sys`,`run`,`mnt`,`etc/dropbear`,`etc/ssh`,`etc/conf.d`,`etc/insserv.conf.d`].map(plain),...[`up`,`down`,`pre-up`,`post-down`].map(when=>plain(`etc/network/if-${when}.d`)),...[`var`,`var/lib`,`var/log`,`var/empty`,`usr/libexec/bootgauge`,`etc/runlevels`].map(plain),...Object.keys(levels).map(level=>plain(`etc/runlevels/${level}`)),{path:`root`,mode:448},{path:`tmp`,mode:1023}],files:[...used.map(([name,text])=>({path:`etc/init.d/${name}`,mode:493,text})),...Object.entries(settings(recipe)).map(([path,text])=>({path,mode:420,text})),{path:`etc/shadow`,mode:384,text:accounts(name=>`${name}:${name===`root`?`*`:`!`}:19000:0:::::`)},{path:`etc/udhcpc/default.script`,mode:493,text:leaseScript},{path:`usr/libexec/bootgauge/ssh-truth`,mode:493,text:truthScript}],links:[...Object.entries(levels).flatMap(([level,members])=>members.map(name=>({path:`etc/runlevels/${level}/${name}`,target:`/etc/init.d/${name}`}))),{path:`var/run`,target:`/run`},{path:`var/lock`,target:`/run/lock`},{path:`var/tmp`,target:`/tmp`}]}}const plain=path=>({path,mode:493}),users=[[`root`,0,`/root`,`/bin/sh`],[`daemon`,2,`/`,`/sbin/nologin`],[`sshd`,22,`/run/sshd`,`/sbin/nologin`],[`nobody`,65534,`/`,`/sbin/nologin`]];function accounts(line){return users.map(user=>`${line(...user)}\n`).join(``)}function settings({tty}){return{"etc/fstab":`/dev/vda / ext4 rw,relatime 0 1
`,"etc/group":Object.entries({root:0,daemon:2,tty:5,disk:6,uucp:14,sshd:22,video:27,render:104,nobody:65534}).map(([name,id])=>`${name}:x:${id}:\n`).join(``),"etc/passwd":accounts((name,id,home,shell)=>`${name}:x:${id}:${id}:${name}:${home}:${shell}`),"etc/hostname":`localhost
`,"etc/hosts":`127.0.0.1 localhost
`,"etc/issue":`Bootgauge reference guest
Kernel \\r on \\m (\\l)

`,"etc/shells":`/bin/sh
/bin/bash
`,"etc/modules":`virtio_net
`,"etc/insserv.conf":``,"etc/sysctl.conf":`net.ipv4.tcp_syncookies = 1
kernel.panic = 10
`,"etc/rc.conf":`rc_logger="NO"
rc_parallel="NO"
rc_tty_number=0
unicode="YES"
`,"etc/profile":`export PATH=/usr/sbin:/usr/bin:/sbin:/bin
`,"etc/inittab":[`::sysinit:/sbin/openrc sysinit`,`::sysinit:/sbin/openrc boot`,`::wait:/sbin/openrc default`,`${tty}::respawn:/sbin/getty -L 0 ${tty} vt100`,`::ctrlaltdel:/sbin/reboot`,`::shutdown:/sbin/openrc shutdown`,``].join(`
`),"etc/mdev.conf":`$MODALIAS=.* root:root 0660 @modprobe -q -b "$MODALIAS"
(null|zero|full|random|urandom) root:root 0666
(tty|ptmx) root:tty 0666
tty.+ root:tty 0660
vd[a-z].* root:disk 0660
dri/card[0-9]+ root:video 0660
dri/renderD[0-9]+ root:render 0666
`,"etc/network/interfaces":`auto lo
iface lo inet loopback

auto eth0
iface eth0 inet dhcp
`,"etc/ssh/sshd_config":`HostKey /etc/ssh/ssh_host_ed25519_key
PidFile /run/sshd.pid
PermitRootLogin prohibit-password
PasswordAuthentication no
UsePAM no
UseDNS no
Subsystem sftp internal-sftp
`}}const leaseScript=`#!/bin/sh
case "$1" in
	deconfig)
		ip link set "$interface" up
		ip addr flush dev "$interface"
		;;
	bound | renew)
		ip addr add "$ip/\${mask:-24}" dev "$interface" 2> /dev/null
		[ -z "$router" ] || ip route replace default via "\${router%% *}" dev "$interface"
		for server in $dns; do
			echo "nameserver $server"
		done > /etc/resolv.conf
		;;
esac
exit 0
`,truthScript=`#!/bin/bash
# Says on the console when the first SSH banner can be had inside the guest.
mkfifo /run/ssh-truth && exec 9<> /run/ssh-truth
until { IFS= read -r -t 30 -n 4 banner <&3 && [ "$banner" = SSH- ]; } 3<> /dev/tcp/127.0.0.1/22; do
	read -r -t 0.01 -u 9
done
printf '\\nbootgauge: ssh-banner\\n' > /dev/console
`,guestParts=[`kernel`,`initrd`,`disk`],guestManifestSchema=strictObject({schema:literal(1),name:string().regex(/^[a-z0-9][a-z0-9_-]*$/),digest:string().regex(/^[0-9a-f]{64}$/),recipe:string().regex(/^[0-9a-f]{64}$/),architecture:_enum([`arm64`,`x86_64`]),packages:record(string(),string()),kernelRelease:string(),append:string(),contents:strictObject({kernel:string(),initrd:string(),disk:string()}),files:array(entryFileSchema).length(guestParts.length)}),guestRoom=cache=>join(cache,`guests`);function recipeDigest(recipe){return hashValue([recipe,guestOverlay(recipe),initScript([])])}function guestDigest(recipe,packages){let sorted=Object.entries(packages).sort(([one],[other])=>one<other?-1:1);return hashValue([recipe,sorted])}function guestFolderName(manifest){return`${manifest.name}-${manifest.digest.slice(0,16)}`}async function findGuest(cache,recipe){let found=await findEntry(guestRoom(cache),recipe.name,guestManifestSchema);return found===null||typeof found==`string`||found.manifest.recipe===recipeDigest(recipe)?found:null}async function unlockGuest(entry,options){let{folder,manifest}=entry,keys=await ensureKeys(options);return{identity:{name:manifest.name,digest:manifest.digest,packages:manifest.packages},kernel:join(folder,`kernel`),initrd:await initrdWithKeys(folder,keys),disk:join(folder,`disk`),ssh:{user:`root`,privateKeyPath:keys.privateKeyPath,hostKey:keys.hostKey},baseAppend:manifest.append}}async function initrdWithKeys(folder,keys){let name=`initrd+${keys.id}`,path=join(folder,name),[ramdisk,archive,whole]=await Promise.all([stat(join(folder,`initrd`)),stat(keys.archive),stat(path).catch(()=>null)]);if(whole?.size===ramdisk.size+archive.size)return path;for(let old of await readdir(folder))old.startsWith(`initrd+`)&&await rm(join(folder,old));let parts=[await readFile(join(folder,`initrd`)),await readFile(keys.archive)];return await writeFileAtomically(path,Buffer.concat(parts),384),path}async function collectModules(folder,wanted,decompress){let found=await readdir(folder,{recursive:!0}),files=new Map(found.filter(path=>/\.ko(\.xz)?$/.test(path)).map(path=>[nameOf(path),path])),builtin=new Set((await readFile(join(folder,`modules.builtin`),`utf8`)).split(`
`).map(nameOf)),modules=/* @__PURE__ */ new Map,visiting=/* @__PURE__ */ new Set,visit=async name=>{if(builtin.has(name)||visiting.has(name))return;visiting.add(name);let path=files.get(name);if(path===void 0)throw measurementError(`The kernel package has no module ${name}.`);let content=path.endsWith(`.xz`)?await decompress(join(folder,path)):await readFile(join(folder,path)),info=moduleInfo(content),needs=[...info.softdeps.filter(other=>files.has(other)&&!builtin.has(other)),...info.depends.filter(other=>!builtin.has(other))];for(let other of needs)await visit(other);modules.set(name,{name,path:path.replace(/\.xz$/,``),content,needs,aliases:info.aliases})};for(let name of wanted)await visit(nameOf(name));return[...modules.values()]}function dependencyIndex(modules){let byName=new Map(modules.map(module=>[module.name,module])),closure=(module,seen)=>{for(let name of module.needs){let other=byName.get(name);other&&!seen.includes(other)&&(closure(other,seen),seen.push(other))}return seen},paths=module=>closure(module,[]).reverse().map(({path})=>path).join(` `);return modules.map(module=>`${module.path}: ${paths(module)}`.trimEnd()).join(`
`).concat(`
`)}function aliasIndex(modules){return modules.flatMap(({name,aliases})=>aliases.map(alias=>`alias ${alias} ${name}\n`)).join(``)}function moduleInfo(content){let text=content.toString(`latin1`),values=key=>[...text.matchAll(RegExp(`(?<=\\0)${key}=([^\\0]*)\\0`,`g`))].map(match=>match[1]);return{depends:(values(`depends`)[0]??``).split(`,`).filter(Boolean).map(nameOf),softdeps:values(`softdep`).filter(value=>value.startsWith(`pre:`)).flatMap(value=>value.slice(4).split(` `).filter(Boolean).map(nameOf)),aliases:values(`alias`)}}function nameOf(path){return basename(path.trim()).replace(/\.ko(\.xz)?$/,``).replaceAll(`-`,`_`)}async function makeGuestRoot(root){for(let name of[`usr/bin`,`usr/lib`])await makePlainFolder(join(root,name));await symlink(`bin`,join(root,`usr/sbin`)),await symlink(`lib`,join(root,`usr/lib64`));for(let name of[`bin`,`sbin`,`lib`,`lib64`])await symlink(`usr/${name}`,join(root,name))}async function writeOverlay(root,overlay){for(let{path,mode}of overlay.folders)await makePlainFolder(join(root,path)),await chmod(join(root,path),mode);for(let{path,mode,text}of overlay.files)await writeWithMode(join(root,path),text,mode);for(let{path,target}of overlay.links)await symlink(target,join(root,path))}async function writeModules(root,release,modules){let folder=join(root,`usr/lib/modules`,release);for(let{path,content}of modules)await writeWithMode(join(folder,path),content,420);let indexes={"modules.dep":dependencyIndex(modules),"modules.alias":aliasIndex(modules),"modules.symbols":``,"modules.softdep":``};for(let[name,text]of Object.entries(indexes))await writeWithMode(join(folder,name),text,420)}async function linkApplets(root){for(let name of busyboxApplets(await readFile(join(root,`usr/bin/busybox`)))){let path=join(root,`usr/bin`,name);await lstat(path).catch(()=>null)||await symlink(`busybox`,path)}}function busyboxApplets(binary){let start=binary.indexOf(`[\0[[\0`),end=binary.indexOf(`\0\0`,start);if(start<0||end<0)throw measurementError(`The busybox package has no table of its programs.`);let names=binary.subarray(start,end).toString(`latin1`).split(`\0`),stop=names.findIndex((name,position)=>!/^[\w[.-]+$/.test(name)||name<(names[position-1]??``));return stop<0?names:names.slice(0,stop)}async function writeWithMode(path,content,mode){await makePlainFolder(dirname(path)),await writeFile(path,content),await chmod(path,mode)}async function makePlainFolder(path){let made=await mkdir(path,{recursive:!0});for(let folder=path;made!==void 0&&folder.length>=made.length;folder=dirname(folder))await chmod(folder,493)}async function decompressXz(path,draft,signal){await writeFile(draft,wrapAsPackage(await readFile(path)));try{return await runTool(`dpkg-deb`,[`--fsys-tarfile`,draft],{signal})}finally{await rm(draft,{force:!0})}}function wrapAsPackage(data){return Buffer.concat([Buffer.from(`!<arch>
`),...member(`debian-binary`,Buffer.from(`2.0
`)),...member(`control.tar.gz`,gzipSync(Buffer.alloc(1024))),...member(`data.tar.xz`,data)])}function member(name,content){let header=`${name.padEnd(16)}${`0`.padEnd(12)}${`0`.padEnd(6)}${`0`.padEnd(6)}${`100644`.padEnd(8)}${String(content.length).padEnd(10)}\`\n`;return[Buffer.from(header),content,Buffer.alloc(content.length%2,`
`)]}async function buildGuest(recipe,options){try{var _usingCtx$1=_usingCtx();let host=hostNames(process.platform,process.arch);if(host===null)throw measurementError(`The reference guest cannot be assembled on ${process.platform} ${process.arch}: it is made of Debian packages with apt.`,"Make it on a Debian machine with `bootgauge guest export`, and bring it here with `bootgauge guest import`.");let room=guestRoom(options.cache);_usingCtx$1.a(await acquireLock(join(room,`${recipe.name}.lock`),{...options,what:recipe.name}));let meanwhile=await findGuest(options.cache,recipe);if(options.when===`missing`&&meanwhile!==null&&typeof meanwhile!=`string`)return meanwhile;let work=_usingCtx$1.a(await workFolder(join(options.cache,`work`))),{world,tools}=await openWorlds(recipe,host,options),{packages,kernel}=choosePackages(recipe,await world.resolve([...recipe.packages,recipe.kernelPackage])),versions=Object.fromEntries([...packages,kernel].map(({name,version})=>[name,version])),digest=guestDigest(recipeDigest(recipe),versions),debs=await world.download([...packages,kernel]);await asTask(options,`assembling ${recipe.name}`,async()=>{let inputs={packages:debs.slice(0,-1),kernel:debs.at(-1)},whole={...await assemble(work.path,recipe,inputs,{tools,host,signal:options.signal}),digest,packages:versions},finished=join(work.path,`guest`);return await writeFileAtomically(join(finished,`manifest.json`),JSON.stringify(whole)),await publishFolder(finished,join(room,guestFolderName(whole))),await pointTo(room,recipe.name,whole.recipe,guestFolderName(whole)),`${debs.length} packages`});let built=await findGuest(options.cache,recipe);if(built===null||typeof built==`string`)throw measurementError(`The assembled guest is not whole: ${built}.`);return built}catch(_){_usingCtx$1.e=_}finally{await _usingCtx$1.d()}}async function openWorlds(recipe,host,options){let opened=openAptWorld(recipe.debian,options);if(recipe.debian===host.debian)return{world:await opened,tools:await opened};let[world,tools]=await Promise.all([opened,openAptWorld(host.debian,options)]);return{world,tools}}function choosePackages(recipe,resolved){let unwanted=RegExp(`^(?:${recipe.unwanted.join(`|`)})$`),kernel=resolved.find(({name})=>/^linux-image-[0-9]/.test(name));if(kernel===void 0)throw measurementError(`The archive has no kernel behind ${recipe.kernelPackage}.`);return{packages:resolved.filter(({name})=>!unwanted.test(name)),kernel}}async function assemble(work,recipe,debs,{tools,host,signal}){let[root,kernel,finished]=[`root`,`kernel`,`guest`].map(name=>join(work,name));await mkdir(kernel),await mkdir(finished),await makeGuestRoot(root);let[imageTool]=await Promise.all([prepareImageTool(tools,host,join(work,`tools`),signal),unpackPackages([debs.kernel],kernel,{exclude:[],include:[`./boot/vmlinuz-*`,`./*/modules.builtin`,...recipe.kernelMembers],signal}),unpackPackages(debs.packages,root,{exclude:recipe.exclude,signal})]),release=(await readdir(join(kernel,`boot`)))[0]?.replace(`vmlinuz-`,``)??``,modulesFolder=join(kernel,`usr/lib/modules`,release),decompress=path=>decompressXz(path,join(work,`module.deb`),signal),early=await collectModules(modulesFolder,recipe.earlyModules,decompress);await fillRoot(root,recipe,release,await collectModules(modulesFolder,[...recipe.earlyModules,...recipe.modules],decompress)),await writeFile(join(finished,`initrd`),writeInitramfs(await readFile(join(root,`usr/bin/busybox`)),early)),await copyFile(join(kernel,`boot`,`vmlinuz-${release}`),join(finished,`kernel`)),await imageTool.makeImage(root,join(finished,`disk`));for(let part of guestParts)await syncFile(join(finished,part));return{schema:1,name:recipe.name,recipe:recipeDigest(recipe),architecture:recipe.spec.architecture,kernelRelease:release,append:recipe.append,...await describeGuestParts(finished)}}async function fillRoot(root,recipe,release,modules){await linkApplets(root),await writeOverlay(root,guestOverlay(recipe)),await writeModules(root,release,modules)}async function describeGuestParts(folder){let[kernel,initrd,disk]=await Promise.all(guestParts.map(part=>hashFile(join(folder,part)))),files=await Promise.all(guestParts.map(part=>describeFile(folder,part)));return{contents:{kernel:kernel??``,initrd:initrd??``,disk:disk??``},files}}export{guestFolderName as a,guestRoom as c,findEmulator as d,suite as f,guestDigest as i,unlockGuest as l,describeGuestParts as n,guestManifestSchema as o,findArchive as p,findGuest as r,guestParts as s,buildGuest as t,buildEmulator as u};