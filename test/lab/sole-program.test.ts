/** Ids in an enclosure: once it is settled, nobody takes one but whoever starts something there. */
import { afterEach, expect, test } from 'vitest';
import { createLab } from '../../src/lab/lab.js';
import { nextId, settled } from '../../src/lab/run/sole-program.js';
import { openEnclosure } from '../../src/linux/namespace/enclosure.js';
import { Leases } from '../../src/linux/process/leases.js';

const leases = new Leases();
afterEach(() => {
  leases.close();
});

test('one behind the other, in each of ten', async () => {
  const { client } = leases.add(createLab());
  for (let i = 0; i < 10; i++) {
    const enclosure = leases.add(await openEnclosure({ netns: client.netns }));
    await settled(enclosure);
    const first = await nextId(enclosure);
    expect(await nextId(enclosure)).toBe((first ?? 0) + 1);
    enclosure.close();
  }
});
