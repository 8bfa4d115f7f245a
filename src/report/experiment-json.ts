/** Experiments as the JSON of the command line: times in seconds since the run's first packet or event, texts in one language. */
import type { Language, Text } from '../error.js';
import type { ExperimentRun, ExperimentText, Fact, FactValue } from '../evidence/experiment.js';
import type { SystemCall } from '../evidence/kernel-event.js';
import type { ReportContext } from './context.js';
import type { ShownExperiment } from './experiment-list-text.js';
import { lookupJson, notRunJson, type PacketJson, senderJson } from './json.js';
import { findingsJson } from './finding-json.js';
import { hostsJson } from './host-json.js';
import { kernelEventJson, socketTableJson } from './kernel-json.js';
import { momentsJson } from './moment-json.js';
import { segmentJson } from './packet-json.js';
import { secondsSince } from './seconds.js';
import type { Moment } from '../evidence/moment.js';
import { diagnose } from '../diagnosis/diagnosis.js';
import { experimentRecording } from '../evidence/recording.js';
import { earliest, startOf as firstOf, timeline } from '../evidence/timeline.js';
import { say } from './words.js';

/** The document of `lab run`. */
export function experimentsJson(
  runs: readonly ExperimentRun[],
  { command, kernel, rootless, language }: ReportContext,
) {
  return {
    ...(command !== undefined && { command }),
    version: 1,
    kernel,
    rootless,
    ok: runs.every(({ ok }) => ok),
    experiments: runs.map((run) => experimentJson(run, language)),
  } as const;
}

function experimentJson(run: ExperimentRun, language: Language) {
  const text = inLanguage(language);
  const startMs = startOf(run);
  const moments = timeline(run);
  const { id, family, ok, failure, notRun, facts, lookups, kernel, systemCalls, sockets, counters, scenes, missing } =
    run;
  return {
    id,
    title: text(run.title),
    claim: text(run.claim),
    family,
    steps: run.steps.map(text),
    expected: values(facts, ({ expected }) => expected),
    observed: values(facts, ({ observed }) => observed),
    ok,
    ...(failure !== undefined && { failure: failure.en }),
    ...(notRun !== undefined && { notRun: notRunJson(notRun, language) }),
    claims: claimsJson(run, language),
    ...hostsJson(run.hosts, language),
    packets: packetsOfMoments(moments, startMs),
    lookups: lookups.map((lookup) => lookupJson(lookup, startMs)),
    kernel: kernel.map((event) => kernelEventJson(event, startMs)),
    systemCalls: systemCalls.map((call) => systemCallJson(call, startMs)),
    sockets: sockets.map((snapshot) => socketTableJson(snapshot, startMs)),
    counters,
    scenes: scenes.map(({ atMs, title }) => ({ at: secondsSince(startMs, atMs), title: text(title) })),
    moments: momentsJson(moments, run.hosts, firstOf(run) - startMs, language),
    findings: findingsJson(diagnose(experimentRecording(run)), { packets: run.packets, startMs }, language),
    missing: missing.map(text),
    durationMs: Math.round(run.durationMs * 10) / 10,
  };
}

/** The document of `lab list`. */
export const experimentListJson = (experiments: readonly ShownExperiment[], language: Language) =>
  ({
    command: 'lab list',
    version: 1,
    experiments: experiments.map(({ id, title, claim, families = [4, 6] }) => ({
      id,
      title: say(title, language),
      claim: say(claim, language),
      families,
    })),
  }) as const;

/** The document of `lab show`. */
export function experimentShowJson(experiment: ShownExperiment, language: Language) {
  const text = inLanguage(language);
  const { id, title, claim, families = [4, 6], steps, facts, explanation, next, byHand } = experiment;
  return {
    command: 'lab show',
    version: 1,
    id,
    title: text(title),
    claim: text(claim),
    families,
    steps: steps.map(text),
    expected: Object.fromEntries(Object.entries(facts).map(([name, { expected }]) => [name, expected])),
    explanation: text(explanation),
    next: next.map(text),
    byHand,
    claims: claimsJson(experiment, language),
  } as const;
}

const inLanguage =
  (language: Language) =>
  (text: Text): string =>
    say(text, language);

const claimsJson = ({ claims }: Pick<ExperimentText, 'claims'>, language: Language) =>
  claims.map(({ text, verdict, because }) => ({ text: say(text, language), verdict, because: say(because, language) }));

const values = (facts: readonly Fact[], value: (fact: Fact) => FactValue): Readonly<Record<string, FactValue>> =>
  Object.fromEntries(facts.map((fact) => [fact.name, value(fact)]));

/** The moment of whatever was seen first; 0 where nothing was. */
function startOf({ packets, ...others }: ExperimentRun): number {
  const { lookups, kernel, systemCalls, sockets, scenes } = others;
  const moments = [...lookups, ...kernel, ...systemCalls, ...sockets, ...scenes].map(({ atMs }) => atMs);
  const first = earliest([...packets.map(({ at }) => at), ...moments]);
  return Number.isFinite(first) ? first : 0;
}

/** `text` counts from the initial sequence numbers of each connection, of which there may be many. */
export const packetsOfMoments = (moments: readonly Moment[], startMs: number): readonly PacketJson[] =>
  moments.flatMap((moment) => {
    if (moment.type !== 'packet') return [];
    const { at, from, to, packet, segment, droppedAt } = moment.packet;
    return {
      at: secondsSince(startMs, at),
      from,
      to,
      ...senderJson(moment.packet),
      ...segmentJson(packet, segment, moment.numbers),
      ...(droppedAt !== undefined && { droppedAt }),
    };
  });

/** Without the identities of sockets and packets, which mean nothing once the run is over. */
export function systemCallJson({ atMs, result, ...call }: SystemCall, startMs: number) {
  return { at: secondsSince(startMs, atMs), ...call, result: result ?? null };
}
