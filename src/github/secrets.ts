// What only this process may know. A child inherits process.env, so that tokens and inputs are taken out of it before anything is
// started, and are put back only while one of GitHub's clients, which look nowhere else, works.
import type { Variables } from '../model/variables.ts';

const isSecret = (name: string): boolean =>
  name.startsWith('INPUT_') || /^ACTIONS_(RUNTIME|RESULTS|ID_TOKEN|CACHE)_|^GITHUB_TOKEN$/.test(name);

/** Takes them out of process.env. Inputs must have been read: core reads them there. */
export function takeSecrets(): Variables {
  const secrets = Object.fromEntries(Object.entries(process.env).filter(([name]) => isSecret(name)));
  for (const name of Object.keys(secrets)) delete process.env[name];
  return secrets;
}

/** process.env has these variables until `work` has ended; undefined takes one out. Nothing else may be started meanwhile. */
export async function withVariables<T>(variables: Variables, work: () => Promise<T>): Promise<T> {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  setVariables(variables);
  try {
    return await work();
  } finally {
    setVariables(before);
  }
}

function setVariables(variables: Variables): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
