/** Structures of the kernel's, each described once, by where its fields stand: written from that, and read. */
import { viewOf, viewOfLeast } from './bytes.js';

interface Field<T> {
  readonly get: (view: DataView) => T;
  readonly set: (view: DataView, value: T) => void;
}

export const u8 = (at: number): Field<number> => ({
  get: (view) => view.getUint8(at),
  set: (view, value) => view.setUint8(at, value),
});

export const u16 = (at: number): Field<number> => ({
  get: (view) => view.getUint16(at, true),
  set: (view, value) => view.setUint16(at, value, true),
});

export const u32 = (at: number): Field<number> => ({
  get: (view) => view.getUint32(at, true),
  set: (view, value) => view.setUint32(at, value, true),
});

export const i32 = (at: number): Field<number> => ({
  get: (view) => view.getInt32(at, true),
  set: (view, value) => view.setInt32(at, value, true),
});

/** In network order. */
export const be16 = (at: number): Field<number> => ({
  get: (view) => view.getUint16(at),
  set: (view, value) => view.setUint16(at, value),
});

/** An IP address: 16 bytes, of which one of IPv4 takes the first four. */
export const address = (at: number): Field<Uint8Array> => ({
  get: ({ buffer, byteOffset }) => new Uint8Array(buffer, byteOffset + at, 16),
  set: (view, value) => {
    for (let i = 0; i < 16; i++) view.setUint8(at + i, value[i] ?? 0);
  },
});

/** `V`: the values, by the names of their fields. */
export class Structure<V extends object> {
  constructor(
    readonly bytes: number,
    private readonly fields: { readonly [Name in keyof V]: Field<V[Name]> },
  ) {}

  /** Zeros where no value is given. */
  write(values: Partial<V>): Uint8Array {
    const bytes = new Uint8Array(this.bytes);
    this.set(viewOf(bytes), values);
    return bytes;
  }

  /** Changes these values of the one that is there. */
  set(view: DataView, values: Partial<V>): void {
    for (const name in values) {
      const value = values[name];
      if (value !== undefined) this.fields[name].set(view, value);
    }
  }

  /**
   * Gives the values of the one that `bytes` begins with.
   * @throws {RawshakeError} RS_NOT_UNDERSTOOD where there are fewer bytes
   */
  read(bytes: Uint8Array): <Name extends keyof V>(name: Name) => V[Name] {
    const view = viewOfLeast(this.bytes, bytes, 'body');
    return (name) => this.fields[name].get(view);
  }
}
