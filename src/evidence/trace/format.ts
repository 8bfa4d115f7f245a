/** What a kernel says of an event in its `format` file: which fields it has, and the names of the numbers in them. */

export interface EventFormat {
  /** Each field's type: `enum sk_rst_reason`, `__u8[28]`. */
  readonly fields: ReadonlyMap<string, string>;
  /** The numbers of the field `reason`, by their names. Empty where the file does not give them. */
  readonly reasons: ReadonlyMap<string, number>;
}

const FIELD = /^\s*field:(.*?)\s*(\w+)(\[\d*\])?;/;
const REASONS = /__print_symbolic\(REC->reason,(.*?)\}\s*\)/s;
const NAMED_NUMBER = /\{\s*(\d+),\s*"(\w+)"/g;

export function parseFormat(text: string): EventFormat {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, type = '', name, array = ''] = FIELD.exec(line) ?? [];
    if (name !== undefined) fields.set(name, type + array);
  }
  const named = (REASONS.exec(text)?.[1] ?? '').matchAll(NAMED_NUMBER);
  return { fields, reasons: new Map([...named].map(([, number = '', name = '']) => [name, Number(number)])) };
}
