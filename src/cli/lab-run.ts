/** `rawshake lab run`: experiments, run and reported. */
import { release } from 'node:os';
import { Command, Option } from 'commander';
import { about } from '../error.js';
import { usageError } from './usage.js';
import type { Family } from '../lab/addresses.js';
import type { AnyExperiment } from '../experiments/experiment.js';
import type { Watch } from '../experiments/lane.js';
import { familiesOf, runExperiments } from '../experiments/run-experiments.js';
import { requireLinux } from '../linux/libc/platform.js';
import { BOTH_ENDS } from '../evidence/host.js';
import { isRootless } from '../linux/namespace/user-namespace.js';
import { exitCodeOfRuns } from './exit-code.js';
import { laneInProcess } from './experiment-process.js';
import { experimentsOf } from './lab-ids.js';
import { LabReporter, type LabReportOptions } from './lab-report.js';
import { printText } from './output.js';
import { withLab } from './rootless.js';
import { htmlOption, jsonOption, mermaidOption, languageOption, withLadderOptions } from './view-options.js';
import { exampleText, told } from './told.js';
import { liveOption, type TellOptions, toldLive } from './told-live.js';

interface Options extends Omit<LabReportOptions, 'inFull'>, TellOptions {
  readonly family: '4' | '6' | 'both';
}

export const labRunCommand = (): Command =>
  withLadderOptions(new Command('run'))
    .description(
      told({
        en: 'run experiments, each in a lab of its own, and show what was expected and what was observed',
        zh: '运行实验，每个都在自己的实验环境中，并显示预期与观察结果',
      }),
    )
    .argument(
      '<id...>',
      told({
        en: 'those that `rawshake lab list` shows, or all',
        zh: '`rawshake lab list` 所列的实验，或 all 表示全部',
      }),
    )
    .addOption(
      new Option('--family <family>', told({ en: 'IP version', zh: 'IP 版本' }))
        .choices(['4', '6', 'both'])
        .default('4'),
    )
    .option(
      '--pcap <folder>',
      told({
        en: 'write the packets of each run to FOLDER/ID-ipv4.pcapng',
        zh: '把每次运行的报文写入 FOLDER/ID-ipv4.pcapng',
      }),
    )
    .addOption(htmlOption())
    .addOption(mermaidOption())
    .option(
      '--junit <file>',
      told({ en: 'write the facts as test results in JUnit XML', zh: '把各项事实作为测试结果写成 JUnit XML' }),
    )
    .addOption(liveOption())
    .addOption(jsonOption())
    .addOption(languageOption())
    .addHelpText('after', exampleText('rawshake lab run all --family both --junit results.xml'))
    .action(run);

async function run(ids: readonly string[], options: Options): Promise<void> {
  requireLinux();
  const experiments = experimentsOf(ids);
  const families = familiesFor(experiments, options.family);
  const reporter = new LabReporter(experiments, { ...options, inFull: ids.length === 1 && ids[0] !== 'all' });
  const play = async (signal: AbortSignal) => {
    try {
      return await runExperiments({
        experiments,
        families,
        signal,
        beside: () => laneInProcess(signal),
        watch: options.live === true ? watched(options) : undefined,
        ...reporter.listeners,
      });
    } finally {
      reporter.endProgress();
    }
  };
  const runs = await withLab('lab run', options, play);
  process.exitCode = exitCodeOfRuns(runs);
  await reporter.report(runs, { kernel: release().replace(/-.*$/, ''), rootless: isRootless() });
}

const watched =
  (options: Options): Watch =>
  ({ experiment, family }, run) => {
    printText(`${experiment.id} IPv${String(family)}\n`, process.stderr);
    const verbose = options.verbose === true || experiment.isOfNumbers === true;
    return toldLive({ ...options, verbose }, BOTH_ENDS, run);
  };

/** @throws {RawshakeError} RS_USAGE where none of them is made for the family */
function familiesFor(experiments: readonly AnyExperiment[], family: Options['family']): readonly Family[] {
  const families: readonly Family[] = family === 'both' ? [4, 6] : [family === '4' ? 4 : 6];
  if (experiments.some((experiment) => familiesOf(experiment).some((own) => families.includes(own)))) return families;
  const ids = experiments.map(({ id }) => id);
  const other = family === '4' ? '6' : '4';
  throw usageError(
    about({ en: `not made for IPv${family}`, zh: `不适用于 IPv${family}` }, { en: ids.join(', '), zh: ids.join('、') }),
    {
      en: `Take the other: --family ${other}`,
      zh: `请改用：--family ${other}`,
    },
  );
}
