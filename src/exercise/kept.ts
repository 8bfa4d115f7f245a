/** What is kept of what an exercise makes: no text longer than anybody reads, and all of a run together bounded. */
import { RawshakeError, type Text } from '../error.js';
import { type Check, type ExerciseRun, isOwnCheck } from '../evidence/exercise.js';
import { beginning } from '../printable.js';

/** Characters of one text: more than a packet in notation has. */
const LONGEST = 2000;
/** Of all texts of a run. */
const MOST_CHARACTERS = 4 << 20;
/** Of a run among the hundreds of a class, as JSON. */
const MOST_OF_A_GRADE = 256 << 10;
/** Packets that a check names as received. */
const MOST_RECEIVED = 20;
/** What else there is to a check. */
const CHARACTERS_OF_A_CHECK = 100;

/** A text as it is kept; of one that was cut its beginning, and how much of it that is: `… (2000/65536)`. */
export const kept = (text: string): string =>
  text.length <= LONGEST ? text : `${beginning(text, LONGEST, '')}… (${String(LONGEST)}/${String(text.length)})`;

export const keptText = ({ en, zh }: Text): Text => ({ en: kept(en), zh: kept(zh) });

/** The room for the texts of a run, or of what there is to read before it: less with each. */
export class Room {
  #left: number;

  constructor(private readonly most = MOST_CHARACTERS) {
    this.#left = most;
  }

  /**
   * A check as it is kept.
   * @throws {RawshakeError} RS_SCRIPT where there is no room for it
   */
  check(check: Check): Check {
    const { what, expected, observed, label, received = [] } = check;
    const more = received.length - MOST_RECEIVED;
    const named = received.slice(0, MOST_RECEIVED).map(kept);
    if (more > 0) named.push(`… +${String(more)}`);
    const cut: Check = {
      ...check,
      what: keptText(what),
      expected: kept(expected),
      observed: kept(observed),
      ...(label !== undefined && { label: keptText(label) }),
      ...(named.length > 0 && { received: named }),
    };
    this.#take([cut.expected, cut.observed, ...named, ...textsOf(cut.what), ...textsOf(cut.label)]);
    this.#left -= CHARACTERS_OF_A_CHECK;
    return cut;
  }

  /**
   * What is asked, and said about it, which is kept whole.
   * @throws {RawshakeError} RS_SCRIPT where there is no room for it
   */
  prose(text: Text): Text {
    this.#take(textsOf(text));
    return text;
  }

  #take(texts: readonly string[]): void {
    for (const { length } of texts) this.#left -= length;
    if (this.#left < 0) throw tooMuch(this.most);
  }
}

/**
 * A run as its grade keeps it: of the checks the exercise's own, for those that decide a question are told by its objections.
 * @throws {RawshakeError} RS_SCRIPT where it is more than is kept for each of many
 */
export function forGrade(run: ExerciseRun): ExerciseRun {
  const cases = run.cases.map(({ name, family, checks, missing, durationMs }) => ({
    ...{ name, family, missing, durationMs },
    checks: checks.filter(isOwnCheck),
  }));
  const grade = { ...run, cases };
  if (JSON.stringify(grade).length > MOST_OF_A_GRADE) throw tooMuch(MOST_OF_A_GRADE);
  return grade;
}

const textsOf = (text: Text | undefined): readonly string[] => (text === undefined ? [] : [text.en, text.zh]);

const tooMuch = (most: number): RawshakeError =>
  new RawshakeError(
    'RS_SCRIPT',
    {
      en: `a run has more than ${String(most)} characters to say`,
      zh: `一次运行要说的内容超过 ${String(most)} 个字符`,
    },
    {
      hint: {
        en: 'Let the exercise check less often, or shorten its texts.',
        zh: '请减少练习中的核对次数，或缩短其文字。',
      },
    },
  );
