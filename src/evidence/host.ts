/** The two hosts of a lab. */
export type HostName = 'client' | 'server';

export const otherHost = (host: HostName): HostName => (host === 'client' ? 'server' : 'client');
