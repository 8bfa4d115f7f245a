/** The npm package raw-socket: there, built, and for this Node.js; or what is missing of that. */
import type { Text } from '../error.js';
import { loadRawSocket } from '../linux/raw-socket-module.js';
import type { Diagnosis } from './diagnosis.js';

const NAME = { name: 'npm raw-socket', needed: false } as const;

export function rawSocketPackage(): Diagnosis {
  const loaded = loadRawSocket();
  if ('module' in loaded) return { ...NAME, ok: true, detail: { en: 'loads', zh: '可以加载' } };
  const [why = ''] = loaded.error.message.split('\n');
  return { ...NAME, ok: false, ...(isAbsent(loaded.error) ? ABSENT : broken(why)) };
}

/** The package itself, not something that it wants to load: that is its native part. */
const isAbsent = (error: NodeJS.ErrnoException): boolean =>
  error.code === 'MODULE_NOT_FOUND' && error.message.startsWith("Cannot find module 'raw-socket'");

const ABSENT: { readonly detail: Text; readonly hint: Text } = {
  detail: { en: 'not installed; libc takes its place', zh: '未安装；改用 libc' },
  hint: {
    en: 'Only if you want it: install a C++ compiler, make and python3, then run npm ci (without --omit=optional)',
    zh: '如有需要：请安装 C++ 编译器、make 和 python3，然后运行 npm ci（不要加 --omit=optional）',
  },
};

const broken = (why: string): { readonly detail: Text; readonly hint: Text } => ({
  detail: {
    en: `installed, but its native part does not load (${why}); libc takes its place`,
    zh: `已安装，但本机模块无法加载（${why}）；改用 libc`,
  },
  hint: {
    en: 'Only if you want it: install a C++ compiler, make and python3, then run npm rebuild raw-socket',
    zh: '如有需要：请安装 C++ 编译器、make 和 python3，然后运行 npm rebuild raw-socket',
  },
});
