// Which Node this needs. The oldest Node that people have reads this file, so it imports nothing and uses no new syntax.

/** Major version, as .node-version says it to tools. */
export const neededNode = 24;

/** What to tell somebody whose Node is too old; null when it is not. `version` as in process.versions.node. */
export function tooOldNode(version: string): string | null {
  if (Number.parseInt(version, 10) >= neededNode) return null;
  return `error: bootgauge needs Node ${neededNode} or later, and this is Node ${version}\ninstall it from https://nodejs.org, or with nvm install ${neededNode}\n`;
}
