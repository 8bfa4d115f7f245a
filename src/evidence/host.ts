/** The two hosts of a lab. */
import type { Text } from '../error.js';

export type HostName = 'client' | 'server';

export const otherHost = (host: HostName): HostName => (host === 'client' ? 'server' : 'client');

/** How each is called. */
export const HOSTS: Readonly<Record<HostName, Text>> = {
  client: { en: 'client', zh: '客户端' },
  server: { en: 'server', zh: '服务器' },
};
