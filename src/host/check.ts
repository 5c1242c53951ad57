// One line of what `bootgauge doctor` found out.

export interface Check {
  /** Short and stable, for scripts: `qemu`, `ssh`, `disk`. */
  readonly id: string;
  readonly title: string;
  /** problem: no run can be made before it is mended. warning: a run can be made, but knows less or is noisier. */
  readonly level: 'ok' | 'warning' | 'problem';
  /** What was found, with units. */
  readonly found: string;
  /** The one thing to do about it; empty when there is nothing to do. */
  readonly todo: string;
}

export const ok = (id: string, title: string, found: string): Check => ({ id, title, level: 'ok', found, todo: '' });
export const warning = (id: string, title: string, found: string, todo: string): Check => ({
  id,
  title,
  level: 'warning',
  found,
  todo,
});
export const problem = (id: string, title: string, found: string, todo: string): Check => ({
  id,
  title,
  level: 'problem',
  found,
  todo,
});
