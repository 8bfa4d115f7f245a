/** The moments of a run under way as sentences, as they come: the words that the finished report has. */
import type { Host } from '../evidence/host.js';
import type { Moment } from '../evidence/moment.js';
import { BulkUnderWay } from './bulk-summed.js';
import { sentences } from './moment-sentences.js';
import { ToldASecond } from './told-a-second.js';
import type { View } from './view.js';

export class LiveSentences {
  readonly #bulk = new BulkUnderWay();
  readonly #bounded = new ToldASecond();

  constructor(
    private readonly hosts: readonly Host[],
    private readonly view: View,
  ) {}

  /** What is to be said now that it has come: of what is no news, or too much, nothing yet. */
  see(moment: Moment): readonly string[] {
    return moment.isTelling ? this.#say(this.#bulk.see(moment)) : [];
  }

  /** What is left to say. */
  end(): readonly string[] {
    return [...this.#say(this.#bulk.end()), ...sentences(this.#bounded.end(), this.hosts, this.view)];
  }

  #say(moments: readonly Moment[]): readonly string[] {
    const bounded = moments.flatMap((moment) => this.#bounded.see(moment));
    return sentences(bounded, this.hosts, this.view);
  }
}
