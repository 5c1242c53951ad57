// How people name a git repository.

/** True for what git takes as the address of a repository elsewhere: `https://...`, `ssh://...`, `user@host:path`. Else it is a path. */
export function isRepositoryUrl(text: string): boolean {
  return /^[a-z][a-z+]*:\/\//.test(text) || /^[\w.-]+@[\w.-]+:/.test(text);
}
