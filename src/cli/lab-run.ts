/** `rawshake lab run`: experiments, run and reported. */
import { release } from 'node:os';
import { Command, Option } from 'commander';
import { RawshakeError } from '../error.js';
import type { Family } from '../lab/addresses.js';
import type { AnyExperiment } from '../experiments/experiment.js';
import { familiesOf, runExperiments } from '../experiments/run-experiments.js';
import { requireLinux } from '../linux/libc/platform.js';
import { isRootless } from '../linux/namespace/user-namespace.js';
import { exitCodeOfRuns } from './exit-code.js';
import { laneInProcess } from './experiment-process.js';
import { experimentsOf } from './lab-ids.js';
import { LabReporter, type LabReportOptions } from './lab-report.js';
import { withLab } from './rootless.js';
import { languageOption, withLadderOptions } from './view-options.js';

interface Options extends Omit<LabReportOptions, 'inFull'> {
  readonly family: '4' | '6' | 'both';
}

export const labRunCommand = (): Command =>
  withLadderOptions(new Command('run'))
    .description('run experiments, each in a lab of its own, and show what was expected and what was observed')
    .argument('<id...>', 'those that `rawshake lab list` shows, or all')
    .addOption(new Option('--family <family>', 'IP version').choices(['4', '6', 'both']).default('4'))
    .option('--pcap <folder>', 'write the packets of each run to FOLDER/ID-ipv4.pcapng')
    .option('--html <file>', 'write a report with every packet in detail, for a browser')
    .option('--mermaid <file>', 'write sequence diagrams: FILE.md for one each, other names for one of all')
    .option('--junit <file>', 'write the facts as test results in JUnit XML')
    .option('--json', 'print one JSON document')
    .addOption(languageOption())
    .addHelpText('after', '\nExample:\n  rawshake lab run all --family both --junit results.xml\n')
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

/** @throws {RawshakeError} RS_USAGE where none of them is made for the family */
function familiesFor(experiments: readonly AnyExperiment[], family: Options['family']): readonly Family[] {
  const families: readonly Family[] = family === 'both' ? [4, 6] : [family === '4' ? 4 : 6];
  if (experiments.some((experiment) => familiesOf(experiment).some((own) => families.includes(own)))) return families;
  const ids = experiments.map(({ id }) => id).join(', ');
  const other = family === '4' ? '6' : '4';
  throw new RawshakeError('RS_USAGE', `usage: not made for IPv${family}: ${ids}`, {
    hint: { en: `Take the other: --family ${other}`, zh: `请改用：--family ${other}` },
  });
}
