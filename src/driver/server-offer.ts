/** What a server opens connections with: Linux's offer by the MTU of the way to each, and what its user has set. */
import type { OpenOptions } from '../tcp/index.js';
import type { Flow } from '../wire/flow.js';
import { timestampOffset } from './iss.js';
import type { ListenOptions } from './listen-options.js';
import { linuxOffer } from './offer.js';
import { RateLimit } from './rate-limit.js';

/** Linux's tcp_synack_retries. */
const SYN_ACK_RETRIES = 5;
/** A flood from addresses that are made up is not to ask for each; a wrong guess is mended as a path that has changed. */
const MTU_QUESTIONS_PER_SECOND = 1000;

/** What each may keep of text, either way, where a good part of the places is taken: so that all of them together are bounded. */
export const CROWDED_BYTES = 16 * 1024;

type Offer = Omit<OpenOptions, 'iss'>;

interface LastOffer {
  readonly mtu: number | undefined;
  readonly isCrowded: boolean;
  readonly offer: Offer;
}

export class ServerOffer {
  /** Where a connection's timestamps begin, if that is left to us. */
  readonly offsetOf: ((flow: Flow) => number) | undefined;
  readonly #questions: RateLimit;
  /** What the routing table has said of the way to whoever it was last asked about, and what comes of it. */
  #last: LastOffer | undefined;

  constructor(
    private readonly options: Pick<ListenOptions, 'port' | 'clock' | 'address' | 'tcp'>,
    private readonly isCrowded: () => boolean,
  ) {
    this.offsetOf = options.tcp?.timestamps === undefined ? timestampOffset : undefined;
    this.#questions = new RateLimit(MTU_QUESTIONS_PER_SECOND, options.clock);
  }

  /** But for the timestamps. One object while these are the same, so that in a flood what is made of it is made once. */
  readonly common = (flow: Flow): Offer => {
    const { port, address, tcp } = this.options;
    const mtu = this.#questions.take() ? port.pathMtu?.(flow.dst) : this.#last?.mtu;
    const isCrowded = this.isCrowded();
    if (this.#last === undefined || this.#last.mtu !== mtu || this.#last.isCrowded !== isCrowded) {
      const offer = { ...linuxOffer(address, mtu), synRetries: SYN_ACK_RETRIES, ...tcp };
      const window = isCrowded ? Math.min(offer.window, CROWDED_BYTES) : offer.window;
      this.#last = { mtu, isCrowded, offer: { ...offer, window } };
    }
    return this.#last.offer;
  };

  for(flow: Flow): Offer {
    const offset = this.offsetOf?.(flow);
    return { ...this.common(flow), ...(offset !== undefined && { timestamps: { offset } }) };
  }
}
