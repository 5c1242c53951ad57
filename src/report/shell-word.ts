// Words of a command line that a reader will paste into a shell.

/** A word that a shell, and the code fence around it, takes as it is; what might end either becomes `?`. */
export function shellWord(word: string): string {
  // The home folder is for the shell to put in, which it does at the beginning of a word and outside of quotes.
  const [, option = '', below] = /^(--[\w-]+=)?~\/(.*)$/s.exec(word) ?? [];
  if (below === undefined) return quoted(word);
  return `${option === '' ? '~/' : `${option}"$HOME"/`}${below === '' ? '' : quoted(below)}`;
}

const quoted = (word: string): string =>
  /^[\w.:/=,-]+$/.test(word) ? word : `'${word.replace(/[^\x20-\x7e]|['`]/g, '?')}'`;
