/** How a text is to be laid out, and in which language. */
import type { Language } from '../error.js';

export interface View {
  readonly language: Language;
  /** Width of the terminal, in characters. */
  readonly columns: number;
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean;
  /** Whether packets show their sequence and acknowledgment numbers. */
  readonly numbers?: boolean;
  /** A sentence for each moment, and nothing drawn: for screen readers. */
  readonly plain?: boolean;
}
