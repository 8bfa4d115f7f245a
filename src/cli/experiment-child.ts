/** The process of a second lane: told of one run after the other, it says what came of each. */
import { ownLane } from '../experiments/lane.js';
import { dieWithParent } from '../linux/libc/parent-death.js';
import { type ChildTask, READY } from './experiment-process.js';
import { experimentOf } from './lab-ids.js';

// Nobody waits for the result any more: labs and trace go with the process, or by its guard.
const end = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
process.once('disconnect', end);
// The disconnection is heard between two steps only; the kernel does not wait for that.
dieWithParent();
if (!process.connected) end();

const lane = ownLane();

process.on('message', (task) => {
  const { id, family } = task as ChildTask;
  void lane.run({ experiment: experimentOf(id), family }).then((run) => process.send?.(run));
});
process.send?.(READY);
