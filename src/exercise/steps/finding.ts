/** A step that asks what is to be found in all that has passed up to now. */
import { diagnose } from '../../diagnosis/diagnosis.js';
import type { Finding } from '../../diagnosis/finding.js';
import { programRecording } from '../../evidence/program-run.js';
import { quiet } from '../../lab/run/quiet.js';
import type { Play } from '../play.js';
import type { Actions } from '../step-schema.js';
import { NOTHING } from './packets.js';

export async function finding(play: Play, step: Actions['finding']): Promise<void> {
  const { id, absent = false } = step;
  const [client, server] = [step.clientPort, step.serverPort].map((port) =>
    port === undefined ? undefined : play.number(port),
  );
  const isMeant = ({ host, flow: { srcPort, dstPort } }: Finding): boolean => {
    const [clients, servers] = host === 'client' ? [srcPort, dstPort] : [dstPort, srcPort];
    return (step.at ?? host) === host && (client ?? clients) === clients && (server ?? servers) === servers;
  };
  await quiet(play.bench);
  const found = new Set(
    diagnose(programRecording(play.bench.evidence()))
      .filter(isMeant)
      .map((one) => one.id),
  );
  const observed = found.size === 0 ? NOTHING : [...found].join(', ');
  const what = absent ? NOT_FOUND : FOUND;
  play.check(what, absent ? `no ${id}` : id, observed, found.has(id) !== absent);
}

const FOUND = { en: 'what is found in the packets', zh: '从报文中诊断出' };
const NOT_FOUND = { en: 'what is not found in the packets', zh: '从报文中未诊断出' };
