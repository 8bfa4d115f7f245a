/** What a report says beside the runs that it is of. */
import type { Language } from '../error.js';

export interface ReportContext {
  /** The kernel's release: `6.18.44`. */
  readonly kernel: string;
  /** Whether it ran in a user namespace, without root. */
  readonly rootless: boolean;
  readonly language: Language;
  /** The command that made the runs and makes them again; left out where a program of one's own did. */
  readonly command?: 'lab run';
}
