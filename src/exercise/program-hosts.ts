/** On which hosts an exercise runs programs that are not ours, and whether it may. */
import { about, RawshakeError } from '../error.js';
import type { EndName } from '../evidence/host.js';
import type { Exercise } from './schema.js';
import type { Step } from './step-schema.js';

export const programHosts = (steps: readonly Step[]): readonly EndName[] => [
  ...new Set(steps.flatMap(({ run, repeat }) => (run === undefined ? programHosts(repeat?.steps ?? []) : [run.at]))),
];

/** @throws {RawshakeError} RS_USAGE where it runs programs, and nobody has said that it may */
export function requireConsent({ id, steps }: Exercise, mayRunPrograms: boolean): void {
  if (mayRunPrograms || programHosts(steps).length === 0) return;
  throw new RawshakeError(
    'RS_USAGE',
    about(id, {
      en: 'it runs programs of its author or of its students on this machine',
      zh: '它会在本机上运行练习作者或学生的程序',
    }),
    {
      hint: {
        en: 'Where that may be, add --run-programs; what they can do stands in docs/teaching.md.',
        zh: '若允许，请加上 --run-programs；它们能做什么见 docs/teaching.zh-CN.md。',
      },
    },
  );
}
