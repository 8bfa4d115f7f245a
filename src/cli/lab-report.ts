/** Says how experiments go and how they went: on the terminal, as JSON, and in the files that were asked for. */
import { join } from 'node:path';
import type { Language } from '../error.js';
import type { ExperimentRun } from '../evidence/experiment.js';
import type { Family } from '../lab/addresses.js';
import type { AnyExperiment } from '../experiments/experiment.js';
import { experimentsJson } from '../report/experiment-json.js';
import { runLine, runsSummary } from '../report/experiment-list-text.js';
import { experimentsMermaid } from '../report/ladder-mermaid.js';
import { experimentPcapng } from '../report/experiment-pcapng.js';
import { experimentText } from '../report/experiment-text.js';
import { experimentsHtml } from '../report/html/experiment-page.js';
import type { ReportContext } from '../report/context.js';
import type { CompareContext } from '../report/json.js';
import { experimentsJunit } from '../report/experiment-junit.js';
import { makeFolder, writeEach, writeFile, writeFiles } from './file.js';
import { withFolder } from './output-folder.js';
import { type CommonOptions, languageOf, printJson, printText, viewOf } from './output.js';
import { Progress } from './progress.js';

export interface LabReportOptions extends CommonOptions {
  /** All about each run, or a line each and all only about those that failed. */
  readonly inFull: boolean;
  readonly pcap?: string;
  readonly html?: string;
  readonly mermaid?: string;
  readonly junit?: string;
  /** What happens is told while it happens: there is no need to say that it goes on. */
  readonly live?: boolean;
}

const REFRESH_MS = 100;

export class LabReporter {
  readonly #progress = new Progress({ besideOutput: true });
  readonly #view;
  readonly #startedAt = performance.now();
  #refresh: NodeJS.Timeout | undefined;

  constructor(
    private readonly experiments: readonly AnyExperiment[],
    private readonly options: LabReportOptions,
  ) {
    this.#view = viewOf(options);
  }

  /** To be told of each run. */
  readonly listeners = {
    onStart: ({ id }: AnyExperiment, family: Family): void => {
      this.endProgress();
      if (this.options.live === true) return;
      const text = () => `${id} IPv${String(family)}`;
      this.#refresh = setInterval(() => this.#progress.update(text), REFRESH_MS);
    },
    onRun: (run: ExperimentRun): void => {
      this.endProgress();
      if (this.options.json !== true && !this.options.inFull) printText(runLine(run, this.experiments, this.#view));
    },
  };

  /** Nothing of it stays on the terminal. */
  endProgress(): void {
    clearInterval(this.#refresh);
    this.#progress.end();
  }

  /** A file that cannot be written sets the exit status. */
  async report(runs: readonly ExperimentRun[], context: CompareContext): Promise<void> {
    this.#print(runs, context);
    await writeFiles('lab run', this.#files(runs, context), this.options);
  }

  #print(runs: readonly ExperimentRun[], context: CompareContext): void {
    const language = languageOf(this.options);
    if (this.options.json === true) {
      printJson(experimentsJson(runs, reportContext(context, language)));
      return;
    }
    for (const { id } of this.experiments) {
      const shown = runs.filter(
        (run) => run.id === id && (this.options.inFull || (!run.ok && run.notRun === undefined)),
      );
      if (shown.length > 0) printText(`${this.options.inFull ? '' : '\n'}${experimentText(shown, this.#view)}\n`);
    }
    const tookMs = performance.now() - this.#startedAt;
    printText(runsSummary(runs, { tookMs, tellMissing: !this.options.inFull }, this.#view));
  }

  #files(runs: readonly ExperimentRun[], context: CompareContext): readonly (() => void)[] {
    const { pcap, html, mermaid, junit } = this.options;
    const made = runs.filter(({ notRun }) => notRun === undefined);
    const language = languageOf(this.options);
    const about = reportContext(context, language);
    return [
      ...(pcap === undefined ? [] : [() => writeCaptures(pcap, made, this.options)]),
      ...(html === undefined ? [] : [() => writeFile(html, () => experimentsHtml(runs, about))]),
      ...(mermaid === undefined
        ? []
        : [() => writeFile(mermaid, () => experimentsMermaid(made, { file: mermaid, language }))]),
      ...(junit === undefined ? [] : [() => writeFile(junit, () => experimentsJunit(runs, about))]),
    ];
  }
}

const reportContext = (context: CompareContext, language: Language): ReportContext => ({
  ...context,
  language,
  command: 'lab run',
});

/** @throws {RawshakeError} RS_FILE */
function writeCaptures(folder: string, runs: readonly ExperimentRun[], options: CommonOptions): void {
  makeFolder(folder);
  withFolder(folder, ({ place, path }) => {
    const write = (run: ExperimentRun): void => {
      const name = `${run.id}-ipv${String(run.family)}.pcapng`;
      writeFile(join(place, name), () => experimentPcapng(run), join(path, name));
    };
    writeEach(
      runs.map((run) => () => write(run)),
      options,
    );
  });
}
