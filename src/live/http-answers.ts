/** What becomes of each request: told once the client has acknowledged all of its answer, else when its connection ends. */
import type { RawConnection } from '../driver/raw-connection.js';

/** A request and how it was answered. */
export interface Answered {
  readonly connection: RawConnection;
  /** As it was asked for, by whoever it was; undefined where it was no request that HTTP knows, or not the whole of one. */
  readonly asked: { readonly method: string; readonly url: string } | undefined;
  /** undefined: it was not. */
  readonly status: number | undefined;
  /** Whether the client has acknowledged all of the answer. */
  readonly whole: boolean;
}

interface UnderWay {
  readonly asked: Answered['asked'];
  readonly status: () => number | undefined;
  /** Bytes of the connection up to the end of the answer; undefined: it is not all written. */
  end?: number;
}

export class Answers {
  readonly #underWay = new WeakMap<RawConnection, UnderWay[]>();

  constructor(private readonly tell: (answered: Answered) => void) {}

  /** Whoever hears already when it ends is told of its requests first. */
  watch(connection: RawConnection): void {
    const end = (): void => {
      this.#settle(connection, true);
    };
    this.#underWay.set(connection, []);
    connection.on('acknowledged', () => {
      this.#settle(connection, false);
    });
    connection.prependOnceListener('ended', end).prependOnceListener('released', end);
  }

  /** One more was taken; `status` is asked for when it is told. What it gives is called once all of the answer is written. */
  begin(connection: RawConnection, asked: Answered['asked'], status: UnderWay['status']): () => void {
    const one: UnderWay = { asked, status };
    this.#underWay.get(connection)?.push(one);
    return () => {
      // What a stream still held when it was destroyed was never sent.
      if (!connection.destroyed) one.end = connection.bytesWritten;
      this.#settle(connection, false);
    };
  }

  #settle(connection: RawConnection, isOver: boolean): void {
    const all = this.#underWay.get(connection) ?? [];
    const isWhole = ({ end }: UnderWay): boolean => end !== undefined && end <= connection.bytesAcknowledged;
    const told = all.filter((one) => isOver || isWhole(one));
    this.#underWay.set(
      connection,
      all.filter((one) => !told.includes(one)),
    );
    for (const one of told) this.tell({ connection, asked: one.asked, status: one.status(), whole: isWhole(one) });
  }
}
