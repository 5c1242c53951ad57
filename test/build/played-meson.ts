// Libraries that QEMU is built on: repositories of nearly nothing, and a meson that plays the building of them.
import { type Checkout, checkoutAt } from './little-qemu.ts';

/** Plays meson: what ninja installs is what the project's file `installs` lists, and what meson was told. */
export const playedMeson = `[ "$1" = setup ] || exit 1
mkdir -p "$2"; prefix=\${3#--prefix=}; here=$PWD
if [ -f broken ]; then echo 'ERROR: Dependency "epoxy" not found'; exit 1; fi
cat >"$2/build.ninja" <<EOF
rule place
  command = mkdir -p '$prefix' && cd '$prefix' && while read -r file; do mkdir -p "\\$\\$(dirname "\\$\\$file")"; echo '{}' >"\\$\\$file"; done <'$here/installs' && echo '$*' >words && echo '$PKG_CONFIG_PATH' >seen
build install: place
EOF`;

/** A repository of a library of this name that installs these files. */
export async function libraryAt(folder: string, name: string, installs: readonly string[]): Promise<Checkout> {
  const checkout = checkoutAt(folder);
  await checkout.write('meson.build', `project('${name}')\n`);
  await checkout.write('installs', `${installs.join('\n')}\n`);
  checkout.git('init', '--quiet', '-b', 'main', '.');
  checkout.commit(name);
  return checkout;
}
