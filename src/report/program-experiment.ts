/** A program's run in the form of an experiment, whose page, diagram and capture file it then has. */
import { programFindings } from '../diagnosis/program-connections.js';
import type { ExperimentRun, Fact } from '../evidence/experiment.js';
import { endWords, programName, type ProgramRun } from '../evidence/program-run.js';
import { shellLine } from '../filter/shell.js';
import { endpoint } from '../wire/flow.js';
import { CERTAINTY, REMEDY_TITLES, toldInOrder } from './program-words.js';

/** What was found is in the place of the explanation. */
export function programExperiment(run: ProgramRun): ExperimentRun {
  const { connections, findings, ok } = programFindings(run);
  const { program, remedy } = run;
  const line = shellLine(program.argv);
  const end = endWords(program);
  const name = programName(program);
  const told = toldInOrder(findings).map(({ finding }) => finding);
  return {
    ...run,
    id: `run-${remedy}`,
    title: { en: `${line}: ${REMEDY_TITLES[remedy].en}`, zh: `${line}：${REMEDY_TITLES[remedy].zh}` },
    claim: { en: `${name} ${end.en}.`, zh: `${name} ${end.zh}。` },
    steps: [],
    facts: connections.map(({ flow, outcome }, i): Fact => {
      const way = `${endpoint(flow.src, flow.srcPort)} ${endpoint(flow.dst, flow.dstPort)}`;
      const isOk = outcome === 'established';
      return {
        name: `connection${i + 1}`,
        what: { en: way, zh: way },
        expected: 'established',
        observed: outcome,
        ok: isOk,
      };
    }),
    ok,
    explanation: {
      en: told
        .map(
          ({ meaning, certainty, because }) =>
            `${meaning.en} (${CERTAINTY[certainty].en})${because === undefined ? '.' : `: ${because.en}`}`,
        )
        .join(' '),
      zh: told
        .map(
          ({ meaning, certainty, because }) =>
            `${meaning.zh}（${CERTAINTY[certainty].zh}）${because === undefined ? '。' : `：${because.zh}`}`,
        )
        .join(''),
    },
    next: told.flatMap(({ advice }) => (advice === undefined ? [] : [{ en: advice, zh: advice }])),
    byHand: [],
    claims: [],
  };
}
