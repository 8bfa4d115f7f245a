/** What `listen --http` was asked: told as it is answered, or kept for the line of its connection. */
import type { RawConnection } from '../driver/raw-connection.js';
import type { Answered } from '../live/http-answers.js';
import { beginning } from '../printable.js';

/** Of an address this much is kept and shown. */
const MOST_URL = 200;

export class RequestLog {
  readonly #kept = new WeakMap<RawConnection, Answered[]>();

  /** `tell`: left out, they are kept. */
  constructor(private readonly tell?: (answered: Answered) => void) {}

  /** As `onAnswered` of the server. */
  readonly answered = ({ asked, ...answered }: Answered): void => {
    const short = asked && { method: asked.method, url: beginning(asked.url, MOST_URL) };
    const entry = { ...answered, asked: short };
    if (this.tell !== undefined) this.tell(entry);
    else this.#kept.set(answered.connection, [...this.of(answered.connection), entry]);
  };

  of(connection: RawConnection): readonly Answered[] {
    return this.#kept.get(connection) ?? [];
  }
}
