/** The lab of an exercise to stand in: set up as for its first case, what it begins with in place, and nobody grading. */
import { about, RawshakeError } from '../error.js';
import type { Check } from '../evidence/exercise.js';
import type { ExerciseScene, Furnishing } from '../evidence/exercise-scene.js';
import { onBench, onRelayBench, type Bench } from '../lab/bench/bench.js';
import type { Lab } from '../lab/lab.js';
import { throwIfInterrupted } from '../lab/until.js';
import { REMEDIES } from '../lab/remedies/index.js';
import { endpoint } from '../wire/flow.js';
import { casesFor } from './cases.js';
import { isRelayed } from './host-check.js';
import { Play } from './play.js';
import { ofExercise } from './problem.js';
import type { Exercise } from './schema.js';
import { HOSTS, rawHosts, setUp } from './set-up.js';
import type { Step } from './step-schema.js';
import { playSteps } from './steps/index.js';

export interface OpenScene {
  readonly lab: Lab;
  readonly scene: ExerciseScene;
  /** Takes it all down again. */
  close(): Promise<void>;
}

/**
 * Makes it, and keeps it until closed.
 * @param signal ends its making
 * @throws {RawshakeError} where a privilege or tool is missing; RS_SCRIPT where a step of the opening is not possible;
 * RS_INTERRUPTED
 */
export const openScene = (exercise: Exercise, student: string | undefined, signal: AbortSignal): Promise<OpenScene> =>
  new Promise((resolve, reject) => {
    const use = (lab: Lab, scene: ExerciseScene): Promise<void> =>
      new Promise((release) => {
        const close = (): Promise<void> => {
          release();
          return taken;
        };
        resolve({ lab, scene, close });
      });
    const taken = inScene(exercise, student, { signal, use });
    taken.catch(reject);
  });

interface SceneOptions {
  readonly signal: AbortSignal;
  readonly use: (lab: Lab, scene: ExerciseScene) => Promise<void>;
}

async function inScene(exercise: Exercise, student: string | undefined, { signal, use }: SceneOptions): Promise<void> {
  const [first] = casesFor(exercise, student);
  if (first === undefined) throw new TypeError('an exercise without a case');
  const opening = openingOf(exercise.steps);
  const enter = async (bench: Bench): Promise<void> => {
    const play = new Play(bench, exercise, first, { answers: {} });
    const remedy = REMEDIES[exercise.remedy];
    const shielded = ofExercise(first.name, () => {
      setUp(play);
      return rawHosts(exercise).map((host) => {
        const flow = play.flow(host, play.ends({}));
        return { host, flow, backend: play.hands.protect(remedy, host, flow)?.backend };
      });
    });
    await playSteps(play, opening);
    const [failed] = play.checks.all;
    if (failed !== undefined) throw notPossible(failed);
    const ports = play.ends({});
    const scene: ExerciseScene = {
      caseName: first.name,
      furnishings: [
        ...linkFurnishing(exercise),
        ...HOSTS.flatMap((host) =>
          Object.entries(exercise.sysctls[host] ?? {}).map(([name, value]): Furnishing => ({
            kind: 'setting',
            host,
            name,
            value: String(value),
          })),
        ),
        ...(exercise.remedy === 'none' ? [] : shielded).map(
          ({ host, flow: { src, srcPort, dst, dstPort }, backend }): Furnishing => ({
            kind: 'remedy',
            host,
            title: remedy.title,
            connection: `${endpoint(src, srcPort)} > ${endpoint(dst, dstPort)}`,
            ...(backend !== undefined && { backend }),
          }),
        ),
        ...opening.map((step) => stepFurnishing(play, step)),
      ],
      variables: {
        ...{ CLIENT: play.flow('client', ports).src, CLIENT_PORT: String(ports.client) },
        ...{ SERVER: play.flow('server', ports).src, SERVER_PORT: String(ports.server) },
        ...Object.fromEntries(rawHosts(exercise).map((host) => [`${host.toUpperCase()}_ISS`, String(first.iss[host])])),
      },
    };
    throwIfInterrupted(); // in what ran in one go
    await bench.unwatched(() => use(bench.lab, scene));
  };
  const options = { family: first.family, addresses: first.addresses, signal };
  await (isRelayed(exercise) ? onRelayBench(options, enter) : onBench(options, enter));
}

/** The steps before anything is sent or asked: programs that wait, and rules that are not the student's. */
function openingOf(steps: readonly Step[]): readonly Step[] {
  const end = steps.findIndex(
    ({ listen, bind, filter }) =>
      listen === undefined && bind === undefined && (typeof filter !== 'object' || filter.rule.includes('answer.')),
  );
  return steps.slice(0, end < 0 ? steps.length : end);
}

const notPossible = ({ step, what }: Check): RawshakeError =>
  new RawshakeError('RS_SCRIPT', about(step, what), {
    hint: { en: 'Run the exercise as a whole: rawshake lab exercise', zh: '请完整运行该练习：rawshake lab exercise' },
  });

function stepFurnishing(play: Play, { listen, bind, filter }: Step): Furnishing {
  if (typeof filter === 'object') return { kind: 'rule', host: filter.at, rule: play.text(filter.rule) };
  const { at: host, port } = listen ?? bind ?? { at: 'server' };
  const address = play.bench.lab[host].address(play.bench.family);
  const local = endpoint(address, port === undefined ? play.ends({})[host] : play.number(port));
  return { kind: listen === undefined ? 'bound' : 'listens', host, local };
}

function linkFurnishing({ link: { loss, duplication, delay: delayMs } }: Exercise): readonly Furnishing[] {
  if (loss === undefined && duplication === undefined && delayMs === undefined) return [];
  return [
    {
      kind: 'link',
      ...(loss !== undefined && { loss }),
      ...(duplication !== undefined && { duplication }),
      ...(delayMs !== undefined && { delayMs }),
    },
  ];
}
