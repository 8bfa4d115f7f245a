/** What a hand-made server does with its connections: echo, one text, or just reading; files over HTTP are another file's. */
import type { RawConnection } from '../driver/raw-connection.js';

export type Service = (connection: RawConnection) => void;

/** A peer that resets its connection ends that connection's service, and nothing else. */
const ended = (): void => undefined;

/** Gives back what comes in. */
export const echo: Service = (connection) => {
  connection.on('error', ended).pipe(connection);
};

/** Sends one text and closes. */
export const sendText =
  (text: string): Service =>
  (connection) => {
    connection.on('error', ended).resume().end(text);
  };

/** Reads to the end. */
export const readOnly: Service = (connection) => {
  connection.on('error', ended).resume();
};
