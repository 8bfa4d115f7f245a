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

/** What else there may be to say of a field. */
type More = Pick<Field, 'meaning' | 'ok' | 'details'>;

/** A field that `size` bytes from `offset` on are. */
export const fieldAt = (offset: number, size: number, name: Text, value: string | number, meaning?: Text): Field => ({
  name,
  offset,
  size,
  value: String(value),
  meaning,
});

/** Makes fields of a header that starts at `offset` and is laid out so. */
export const fieldsOf = <Name extends string>(layout: Readonly<Record<Name | 'end', number>>, offset: number) => {
  const starts: readonly number[] = Object.values(layout);
  return (place: Exclude<Name, 'end'>, name: Text, value: string | number, meaning?: Text, more?: More): Field => {
    const at = layout[place];
    const end = starts[starts.indexOf(at) + 1] ?? at;
    return { ...fieldAt(offset + at, end - at, name, value, meaning), ...more };
  };
};
