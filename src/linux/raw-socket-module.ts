/** The npm package raw-socket: an optional dependency with a native part, so it is asked for by trying. */
import { createRequire } from 'node:module';
import type { EventEmitter } from 'node:events';

/** What this project uses of raw-socket 1.8. https://github.com/nospaceships/node-raw-socket */
export interface RawSocketModule {
  createSocket(options: { addressFamily: number; protocol: number; bufferSize: number }): RawSocket;
  readonly AddressFamily: { readonly IPv4: number; readonly IPv6: number };
  readonly Protocol: { readonly TCP: number };
}

export interface RawSocket extends EventEmitter {
  send(
    buffer: Buffer,
    offset: number,
    length: number,
    address: string,
    done: (error: Error | null, bytes: number) => void,
  ): void;
  setOption(level: number, option: number, value: number): void;
  setOption(level: number, option: number, value: Buffer, length: number): void;
  pauseRecv(): void;
  resumeRecv(): void;
  close(): void;
}

let loaded: { module: RawSocketModule } | { error: Error } | undefined;

/** The package, or the reason why it does not load. */
export function loadRawSocket(): { module: RawSocketModule } | { error: Error } {
  loaded ??= tryToLoad();
  return loaded;
}

function tryToLoad(): { module: RawSocketModule } | { error: Error } {
  try {
    return { module: createRequire(import.meta.url)('raw-socket') as RawSocketModule };
  } catch (error) {
    return { error: error as Error };
  }
}
