/** The npm package raw-socket: there, built, and for this Node.js; or what is missing of that. */
import { loadRawSocket } from '../linux/port/raw-socket-module.js';
import type { Capability } from './capability.js';

export function rawSocketPackage(): Capability {
  const common = { name: 'npm raw-socket', needed: false };
  const loaded = loadRawSocket();
  if ('module' in loaded) return { ...common, ok: true, detail: { en: 'loads', zh: '可以加载' } };
  const { why, hint } = loaded;
  const detail = { en: `${why.en}; libc takes its place`, zh: `${why.zh}；改用 libc` };
  const costs = {
    en: 'nothing but --transport raw-socket',
    zh: '只是不能使用 --transport raw-socket',
  };
  return { ...common, ok: false, detail, costs, hint };
}
