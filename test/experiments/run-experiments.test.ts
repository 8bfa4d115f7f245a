/** Many runs one after the other: their order, one that fails, and what ends them all. */
import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { RawshakeError, type RawshakeErrorCode, verbatim } from '../../src/error.js';
import type { Evidence } from '../../src/evidence/evidence.js';
import { BOTH_ENDS } from '../../src/evidence/host.js';
import type { AnyExperiment, Observations } from '../../src/experiments/experiment.js';
import { ownLane, type SecondLane } from '../../src/experiments/lane.js';
import { runExperiments } from '../../src/experiments/run-experiments.js';
import { SystemCallError } from '../../src/linux/libc/libc.js';
import { RUN } from '../support/experiment-evidence.js';

const NOTHING_SEEN: Evidence = {
  ...{ packets: [], lookups: [], kernel: [], systemCalls: [], sockets: [], frames: [], scenes: [], missing: [] },
  hosts: BOTH_ENDS,
  counters: { client: {}, server: {} },
};
const SILENT = { en: '', zh: '' };

/** One that observes `answer`, at once. */
function experiment(id: string, observe: () => string, families?: readonly (4 | 6)[]): AnyExperiment {
  const { title, claim, steps, explanation, next, byHand, claims } = RUN;
  return {
    ...{ id, title, claim, steps, explanation, next, byHand, claims },
    ...(families !== undefined && { families }),
    facts: { answer: { what: SILENT, expected: 'yes' } },
    world: {},
    observe: (): Promise<Observations<string>> =>
      Promise.resolve().then(() => ({ facts: { answer: observe() }, evidence: NOTHING_SEEN })),
  };
}

const failing = (code: RawshakeErrorCode) => (): never => {
  throw new RawshakeError(code, verbatim('run: it failed'), { hint: SILENT });
};

test('experiment by experiment, family by family; a family that one is not made for is passed over', async () => {
  const experiments = [experiment('a', () => 'yes'), experiment('b', () => 'no', [6])];
  const told: string[] = [];
  const runs = await runExperiments({
    experiments,
    families: [4, 6],
    onStart: ({ id }, family) => told.push(`${id}${String(family)}?`),
    onRun: ({ id, family, ok }) => told.push(`${id}${String(family)} ${String(ok)}`),
  });
  expect(told).toEqual(['a4?', 'a4 true', 'a6?', 'a6 true', 'b6?', 'b6 false']);
  expect(runs.map(({ id, family }) => [id, family])).toEqual([
    ['a', 4],
    ['a', 6],
    ['b', 6],
  ]);
});

describe('one that cannot be brought to its end', () => {
  test.each(['RS_TIMED_OUT', 'RS_COMMAND_FAILED', 'RS_SYSTEM_CALL'] as const)(
    '%s is a run that failed, and the others go on',
    async (code) => {
      const experiments = [experiment('a', failing(code)), experiment('b', () => 'yes')];
      expect(await runExperiments({ experiments, families: [4] })).toMatchObject([
        { id: 'a', ok: false, failure: verbatim('run: it failed'), facts: [], packets: [] },
        { id: 'b', ok: true },
      ]);
    },
  );

  test.each(['RS_MISSING_TOOL', 'RS_NO_PRIVILEGE', 'RS_NOT_IN_KERNEL'] as const)(
    '%s: it could not be run here, and the others go on',
    async (code) => {
      const experiments = [experiment('a', failing(code)), experiment('b', () => 'yes')];
      expect(await runExperiments({ experiments, families: [4] })).toMatchObject([
        { id: 'a', ok: false, notRun: { code, reason: verbatim('run: it failed') }, facts: [] },
        { id: 'b', ok: true },
      ]);
    },
  );

  test('a system call that this kernel does not have', async () => {
    const absent = experiment('a', () => {
      throw new SystemCallError('setsockopt', constants.errno.ENOPROTOOPT);
    });
    expect(await runExperiments({ experiments: [absent, experiment('b', () => 'yes')], families: [4] })).toMatchObject([
      { notRun: { code: 'RS_NOT_IN_KERNEL' } },
      { ok: true },
    ]);
  });

  test('a single run that cannot be made is an error of its own', async () => {
    const experiments = [experiment('a', failing('RS_MISSING_TOOL'))];
    await expect(runExperiments({ experiments, families: [4] })).rejects.toMatchObject({ code: 'RS_MISSING_TOOL' });
  });

  test('RS_INTERRUPTED ends them all', async () => {
    const experiments = [experiment('a', failing('RS_INTERRUPTED')), experiment('b', () => 'yes')];
    await expect(runExperiments({ experiments, families: [4] })).rejects.toMatchObject({ code: 'RS_INTERRUPTED' });
  });

  test('a defect of ours is named as such, and the others go on', async () => {
    const broken = experiment('a', () => {
      throw new TypeError('nobody foresaw it');
    });
    const experiments = [broken, experiment('b', () => 'yes')];
    expect(await runExperiments({ experiments, families: [4] })).toMatchObject([
      {
        id: 'a',
        ok: false,
        failure: { en: 'defect: TypeError: nobody foresaw it', zh: '程序缺陷：TypeError: nobody foresaw it' },
      },
      { id: 'b', ok: true },
    ]);
  });
});

test('an abort ends them after the run that did not notice it', async () => {
  const controller = new AbortController();
  const told: string[] = [];
  const experiments = [
    experiment('a', () => {
      controller.abort();
      return 'yes';
    }),
    experiment('b', () => 'yes'),
  ];
  const { signal } = controller;
  await expect(
    runExperiments({ experiments, families: [4], signal, onStart: ({ id }) => told.push(id) }),
  ).rejects.toMatchObject({ code: 'RS_INTERRUPTED' });
  expect(told).toEqual(['a']);
});

describe('with a second lane', () => {
  /** It ends before its run number `lives`. */
  function laneBeside(played: string[], lives = Infinity): SecondLane {
    const lane = ownLane();
    return {
      ready: Promise.resolve(),
      get isOpen() {
        return played.length < lives;
      },
      ended: Promise.resolve(),
      run: (planned) => {
        played.push(planned.experiment.id);
        return lane.run(planned);
      },
      close: () => {
        lane.close();
      },
    };
  }
  const experiments = ['a', 'b', 'c', 'd'].map((id) => experiment(id, () => 'yes'));

  test('it begins at the back; what is told is in order all the same', async () => {
    const [played, told]: [string[], string[]] = [[], []];
    const runs = await runExperiments({
      experiments,
      families: [4],
      beside: () => laneBeside(played),
      onStart: ({ id }) => told.push(`${id}?`),
      onRun: ({ id }) => told.push(id),
    });
    expect(played[0]).toBe('d');
    expect(told).toEqual(['a?', 'a', 'b?', 'b', 'c?', 'c', 'd?', 'd']);
    expect(runs.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('one that is to be alone comes when all others are over, and is told of in its place', async () => {
    const played: string[] = [];
    const order: string[] = [];
    const noted = ['a', 'b', 'c', 'd'].map((id) =>
      experiment(id, () => {
        order.push(id);
        return 'yes';
      }),
    );
    const runs = await runExperiments({
      experiments: noted.map((one) => ({ ...one, alone: one.id === 'a' })),
      families: [4],
      beside: () => laneBeside(played),
    });
    expect(order.at(-1)).toBe('a');
    expect(played).not.toContain('a');
    expect(runs.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('it ends before its time: what it leaves is made all the same', async () => {
    const played: string[] = [];
    const runs = await runExperiments({ experiments, families: [4], beside: () => laneBeside(played, 1) });
    expect(played).toEqual(['d']);
    expect(runs.map(({ id, ok }) => [id, ok])).toEqual(['a', 'b', 'c', 'd'].map((id) => [id, true]));
  });

  describe('where the system has not enough for two', () => {
    /** One that is open until it is closed; an experiment in the middle of it then ends with it. */
    function crowding() {
      const played: string[] = [];
      let [isOpen, end] = [true, (): void => undefined];
      const ended = new Promise<void>((resolve) => (end = resolve));
      const lane: SecondLane = {
        ...laneBeside(played),
        get isOpen() {
          return isOpen;
        },
        ended,
        run: async ({ experiment: { id }, family }) => {
          played.push(id);
          await ended;
          return { ...RUN, id, family, ok: false, failure: verbatim('its process was ended by SIGKILL') };
        },
        close: () => {
          isOpen = false;
          end();
        },
      };
      return { lane, played };
    }

    test('it ends, and both runs are made once more', async () => {
      const { lane, played } = crowding();
      const needing = (id: string) => experiment(id, () => (lane.isOpen ? failing('RS_LIMIT')() : 'yes'));
      const told: string[] = [];
      const runs = await runExperiments({
        experiments: [experiment('a', () => 'yes'), ...['b', 'c', 'd'].map(needing)],
        families: [4],
        beside: () => lane,
        onRun: ({ id }) => told.push(id),
      });
      expect(runs.map(({ id, ok }) => [id, ok])).toEqual(['a', 'b', 'c', 'd'].map((id) => [id, true]));
      expect(told).toEqual(['a', 'b', 'c', 'd']);
      expect(played).toEqual(['d']);
    });

    test('nor for one: it says so, after it was tried once more', async () => {
      let times = 0;
      const short = experiment('b', () => {
        times++;
        return failing('RS_LIMIT')();
      });
      const runs = await runExperiments({
        experiments: [experiment('a', () => 'yes'), short],
        families: [4],
        beside: () => laneBeside([]),
      });
      expect(runs).toMatchObject([{ ok: true }, { ok: false, notRun: { code: 'RS_LIMIT' } }]);
      expect(times).toBe(2);
    });
  });

  test('it is never ready: all are made without it', async () => {
    const beside = (): SecondLane => ({ ...laneBeside([]), ready: new Promise(() => undefined) });
    expect(await runExperiments({ experiments, families: [4], beside })).toHaveLength(4);
  });

  test('an abort ends both', async () => {
    const controller = new AbortController();
    const aborting = experiment('b', () => {
      controller.abort();
      return 'yes';
    });
    const { signal } = controller;
    const played: string[] = [];
    const runs = runExperiments({
      experiments: [experiment('a', () => 'yes'), aborting],
      families: [4],
      signal,
      beside: () => laneBeside(played),
    });
    await expect(runs).rejects.toMatchObject({ code: 'RS_INTERRUPTED' });
  });
});
