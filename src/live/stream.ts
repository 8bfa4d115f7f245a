/** A connection's bytes, whoever has its machine: this process, or after `adopt` the kernel. */
import type { Socket } from 'node:net';
import type { RawConnection } from '../driver/raw-connection.js';

export type Stream = RawConnection | Socket;
