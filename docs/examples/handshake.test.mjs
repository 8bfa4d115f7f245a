// A test of a handshake made by hand, to be copied and changed: npx vitest run
import { applyFilter, planFilter } from 'rawshake/filter';
import { createLab, openEndpoint } from 'rawshake/lab';
import { expect, test } from 'vitest';

test('the right ACK completes the handshake', async () => {
  const lab = createLab(); // two hosts in private namespaces; as root, or in: unshare --user --map-root-user --net
  try {
    await lab.server.listen(4, 8888, (socket) => socket.pipe(socket));
    const hand = openEndpoint(lab, 'client');
    applyFilter(planFilter({ flow: hand.flow, backend: 'iptables' }), lab.client);

    hand.send('S 0:0(0) win 64240 <mss 1460>');
    expect(await hand.answer()).toBe('S. 0:0(0) ack 1');
    hand.send('. 1:1(0) ack 1 win 64240');

    const { src, srcPort, dst, dstPort } = hand.flow;
    const atServer = { src: dst, srcPort: dstPort, dst: src, dstPort: srcPort };
    expect(lab.server.lookup(atServer).owner).toBe('ESTABLISHED');
    expect(lab.client.lookup(hand.flow).owner).toBe('none');
    hand.close();
  } finally {
    lab.close();
  }
});
