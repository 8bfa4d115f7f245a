/** One field of a header, as it is explained: where it lies, its value, what that means. */
import type { Text } from '../../error.js';

/** A bit, or another piece of a field, with a line of its own. */
export interface Detail {
  readonly name: Text;
  readonly value: string;
  readonly meaning: Text;
  /** Whether it says something here; a flag that is clear does not. */
  readonly active: boolean;
}

export interface Field {
  readonly name: Text;
  /** First byte, from the start of the frame. Fields that share bytes name the same ones. */
  readonly offset: number;
  readonly size: number;
  readonly value: string;
  readonly meaning?: Text | undefined;
  /** Whether the value is right, where that can be judged. */
  readonly ok?: boolean | undefined;
  readonly details?: readonly Detail[];
}

/** A layer, explained. */
export interface Section {
  readonly title: Text;
  /** Where it is defined. */
  readonly source: string;
  readonly offset: number;
  readonly size: number;
  readonly fields: readonly Field[];
}
