/** What a kernel said and had, as documents hold it: its events and its socket tables, in seconds since the start. */
import type { KernelEvent } from '../evidence/kernel-event.js';
import type { SocketTableSnapshot } from '../evidence/socket-table.js';
import { secondsSince } from './seconds.js';

export function kernelEventJson({ atMs, host, event, ...rest }: KernelEvent, startMs: number) {
  return { at: secondsSince(startMs, atMs), host, event, ...rest, skb: undefined, socket: undefined, state: undefined };
}

export function socketTableJson({ atMs, ...table }: SocketTableSnapshot, startMs: number) {
  return { at: secondsSince(startMs, atMs), ...table };
}
