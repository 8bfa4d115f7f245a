/** The npm package raw-socket: an optional dependency with a native part, so it is asked for by trying. */
import { createRequire } from 'node:module';
import type { EventEmitter } from 'node:events';
import type { Text } from '../../error.js';
import { noExecHint } from '../libc/native-part.js';
import { isCheckout, packageFolder } from '../process/packages.js';

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

/** Why it does not load, and what to do if one wants it. */
export interface NotLoaded {
  readonly why: Text;
  readonly hint: Text;
  readonly cause?: Error;
}

let loaded: { readonly module: RawSocketModule } | NotLoaded | undefined;

/** The package, or the reason why it does not load. */
export function loadRawSocket(): { readonly module: RawSocketModule } | NotLoaded {
  loaded ??= tryToLoad();
  return loaded;
}

function tryToLoad(): { readonly module: RawSocketModule } | NotLoaded {
  const folder = packageFolder('raw-socket');
  if (folder === undefined) return absent();
  try {
    return { module: createRequire(import.meta.url)(folder) as RawSocketModule };
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    return { ...notLoadedBecause(cause), cause };
  }
}

function notLoadedBecause(error: NodeJS.ErrnoException): NotLoaded {
  const [, builtFor] = /NODE_MODULE_VERSION (\d+)/.exec(error.message) ?? [];
  if (builtFor !== undefined) {
    return {
      why: {
        en: `built for another Node.js (ABI ${builtFor}, this one has ${process.versions.modules})`,
        zh: `是为另一个 Node.js 编译的（ABI ${builtFor}，当前为 ${process.versions.modules}）`,
      },
      hint: BUILD,
    };
  }
  if (error.code === 'MODULE_NOT_FOUND')
    return { why: { en: 'installed, but not built', zh: '已安装，但未编译' }, hint: BUILD };
  const [first = ''] = error.message.split('\n');
  return {
    why: { en: `its native part does not load (${first})`, zh: `本机模块无法加载（${first}）` },
    hint: noExecHint(error) ?? BUILD,
  };
}

/** `npm rebuild` passes over packages that are bundled, as this one is. */
const BUILD: Text = {
  en: 'To build it for this Node.js, with a C++ compiler, make and python3: rawshake setup',
  zh: '如需为当前 Node.js 编译（需要 C++ 编译器、make 和 python3）：rawshake setup',
};

/** npm leaves an optional package out where it cannot be built, and brings it back only with a whole installation. */
function absent(): NotLoaded {
  return {
    why: { en: 'not installed', zh: '未安装' },
    hint: isCheckout()
      ? {
          en: 'To have it, install a C++ compiler, make and python3, then run npm ci (without --omit=optional)',
          zh: '如有需要：请安装 C++ 编译器、make 和 python3，然后运行 npm ci（不要加 --omit=optional）',
        }
      : {
          en: 'To have it, install a C++ compiler, make and python3, then uninstall rawshake with npm and install it again',
          zh: '如有需要：请安装 C++ 编译器、make 和 python3，然后用 npm 卸载并重新安装 rawshake',
        },
  };
}
