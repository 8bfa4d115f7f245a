/** The one exception class of the project: misuse and the system. Protocol outcomes are values, bytes from outside give a `Result`. */

/** The languages in which explanations and hints are written. */
export type Language = 'en' | 'zh';

/** The same text in every language. */
export type Text = Readonly<Record<Language, string>>;

/** Chinese words behind other Chinese ones, parted from them where they begin with none. */
export const spaced = (zh: string): string => (/^[\x21-\x7e]/.test(zh) ? ` ${zh}` : zh);

/** Words that are the same in every language: a name, or what another program has said. */
export const verbatim = (words: string): Text => ({ en: words, zh: words });

/** `WHAT: WHY`, as messages are; `what` is mostly a name. */
export function about(what: string | Text, why: Text): Text {
  const { en, zh } = typeof what === 'string' ? verbatim(what) : what;
  return { en: `${en}: ${why.en}`, zh: `${zh}：${why.zh}` };
}

/** What nobody has foreseen. */
export const DEFECT: Text = { en: 'defect', zh: '程序缺陷' };

/** Why it did not come to its end. */
export const INTERRUPTED: Text = { en: 'interrupted', zh: '已中断' };

/** What a program may rely on to tell errors apart. */
export type RawshakeErrorCode =
  /** An option or argument is not of the form that is asked for. */
  | 'RS_USAGE'
  /** The operating system is not Linux, or not one with the calls that are needed. */
  | 'RS_NOT_LINUX'
  /** The kernel refused for want of a capability, and a user namespace is refused too. */
  | 'RS_NO_PRIVILEGE'
  /** A setting of the kernel may not be changed: `/proc/sys` is read-only, as it is in many containers. */
  | 'RS_READ_ONLY'
  /** A program or library is not installed. */
  | 'RS_MISSING_TOOL'
  /** The running kernel has it not: IPv6, or a setting for each network namespace. */
  | 'RS_NOT_IN_KERNEL'
  /** No raw socket could be opened. */
  | 'RS_NO_RAW_SOCKET'
  /** The npm package raw-socket was asked for and does not load. */
  | 'RS_NO_TRANSPORT'
  /** SOCK_RAW would rewrite a field that the user gave. */
  | 'RS_FIELD_REWRITTEN'
  /** A program that was run ended with an error. */
  | 'RS_COMMAND_FAILED'
  /** The filter was applied and reading it back does not show it. */
  | 'RS_FILTER_NOT_APPLIED'
  /** A connection could not be given to the kernel: not established, nobody to take it, or the kernel refused. */
  | 'RS_NOT_ADOPTED'
  /** A system call failed where none is expected to. */
  | 'RS_SYSTEM_CALL'
  /** The routing table knows no way to the address. */
  | 'RS_NO_ROUTE'
  /** The kernel would not send a packet: a rule of this host forbids it, it is too long, or there is no room for it. */
  | 'RS_NOT_SENT'
  /** No ephemeral source port is free. */
  | 'RS_NO_PORT'
  /** What is used was closed before: a lab, a network namespace. */
  | 'RS_CLOSED'
  /** A socket of this host's kernel has the port or the four-tuple: it would answer as well. */
  | 'RS_PORT_IN_USE'
  /** The bulk engine was pointed at what is no open lab of this process. */
  | 'RS_NOT_A_LAB'
  /** The kernel or a program has said what cannot be understood: damaged, cut off, or of a form that is not known. */
  | 'RS_NOT_UNDERSTOOD'
  /** Something that should have happened by now has not. */
  | 'RS_TIMED_OUT'
  /** An end made by hand has received another segment than it expected, or none. */
  | 'RS_UNEXPECTED'
  /** A signal or an AbortSignal ended the run; everything was undone, or the hint says what may not be. */
  | 'RS_INTERRUPTED'
  /** A file could not be read or written. */
  | 'RS_FILE'
  /** A limit of the system was met: open files, processes, memory, namespaces. */
  | 'RS_LIMIT'
  /** A mistake of our own, which nobody has foreseen. */
  | 'RS_DEFECT'
  /** An exercise, or answers to one, are not as the format asks: line and column of each problem. */
  | 'RS_SCRIPT';

export interface RawshakeErrorDetails {
  /** What to do about it: one line, to be pasted where it is a command. */
  readonly hint: Text;
  readonly cause?: unknown;
  /** The program that failed, as argv. */
  readonly command?: readonly string[];
  /** What that program wrote to stderr. */
  readonly stderr?: string;
}

/**
 * Message in the form `WHAT: WHY`, a stable `code`, and a hint that says what to do. It says what it says exactly, names
 * of files and words of other programs as they are: whoever shows it makes it printable, line by line.
 */
export class RawshakeError extends Error {
  override readonly name = 'RawshakeError';
  readonly code: RawshakeErrorCode;
  /** The message: one line, whatever the names in it hold; several where it was made of several problems. */
  readonly lines: readonly string[];
  /** The message in every language; `message` is the English one. */
  readonly messages: Text;
  /** What to do about it, in every language. */
  readonly hints: Text;
  readonly command?: readonly string[];
  readonly stderr?: string;
  readonly #linesZh: readonly string[];

  /** `messages`: `WHAT: WHY` in every language, or a line for each of several problems. */
  constructor(
    code: RawshakeErrorCode,
    messages: Text | Readonly<Record<Language, readonly string[]>>,
    details: RawshakeErrorDetails,
  ) {
    const lines = [messages.en].flat();
    super(lines.join('\n'), details.cause === undefined ? undefined : { cause: details.cause });
    this.lines = lines;
    this.#linesZh = [messages.zh].flat();
    this.messages = { en: this.message, zh: this.#linesZh.join('\n') };
    this.code = code;
    this.hints = details.hint;
    if (details.command !== undefined) this.command = details.command;
    if (details.stderr !== undefined) this.stderr = details.stderr;
  }

  /** The message as lines, in the language. */
  linesIn(language: Language): readonly string[] {
    return language === 'zh' ? this.#linesZh : this.lines;
  }

  /** What to do about it, in English. */
  get hint(): string {
    return this.hints.en;
  }
}

/** What an error says: one of ours in every language, any other in its own words. */
export const messagesOf = (error: unknown): Text =>
  error instanceof RawshakeError ? error.messages : verbatim(error instanceof Error ? error.message : String(error));

/** What the kernel or a program says that is damaged, cut off, or of a form that is not known: `WHO: WHAT`. */
export const notUnderstood = (who: string, what: Text, cause?: unknown): RawshakeError =>
  new RawshakeError('RS_NOT_UNDERSTOOD', about(who, what), {
    cause,
    hint: {
      en: 'See which versions are installed: rawshake doctor. If it comes again, report it with them and with: uname -r',
      zh: '请查看所装的版本：rawshake doctor。若再次出现，请连同这些版本以及 uname -r 的输出一起报告。',
    },
  });
