/** A program's runs as the JSON of `rawshake run`. */
import { programFindings } from '../diagnosis/program-connections.js';
import type { Language } from '../error.js';
import { programRecording, type ProgramRun } from '../evidence/program-run.js';
import { startOf } from '../evidence/timeline.js';
import { packetsOfMoments, systemCallJson } from './experiment-json.js';
import { findingsJson } from './finding-json.js';
import { type CompareContext, lookupJson, ruleJson } from './json.js';
import { kernelEventJson, socketTableJson } from './kernel-json.js';
import { momentsJson } from './moment-json.js';

export function programJson(
  runs: readonly ProgramRun[],
  { kernel, rootless }: CompareContext,
  language: Language = 'en',
) {
  const last = runs.at(-1);
  return {
    command: 'run',
    version: 1,
    kernel,
    rootless,
    ok: last !== undefined && programFindings(last).ok,
    ...(last !== undefined && { program: endJson(last) }),
    runs: runs.map((run) => runJson(run, language)),
  } as const;
}

const endJson = ({ program: { argv, status, signal, endedFor, durationMs } }: ProgramRun) => ({
  argv,
  status: status ?? null,
  signal: signal ?? null,
  ...(endedFor !== undefined && { endedFor }),
  durationMs: Math.round(durationMs * 10) / 10,
});

function runJson(run: ProgramRun, language: Language) {
  const recording = programRecording(run);
  const startMs = startOf(run);
  const { connections, findings, ok } = programFindings(run);
  return {
    ...{ remedy: run.remedy, role: run.role, family: run.family, port: run.port, peer: run.opposite, ok },
    program: endJson(run),
    rule: ruleJson(run.rule),
    connections,
    findings: findingsJson(findings, { packets: run.packets, startMs }, language),
    packets: packetsOfMoments(recording.moments, startMs),
    lookups: run.lookups.map((lookup) => lookupJson(lookup, startMs)),
    kernel: run.kernel.map((event) => kernelEventJson(event, startMs)),
    calls: run.systemCalls.map((call) => systemCallJson(call, startMs)),
    sockets: run.sockets.map((table) => socketTableJson(table, startMs)),
    counters: run.counters,
    moments: momentsJson(recording.moments, run.hosts, 0, language),
    missing: run.missing.map((text) => text[language]),
    durationMs: Math.round(run.durationMs * 10) / 10,
  };
}
