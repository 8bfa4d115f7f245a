import { expect, test } from 'vitest';
import { createLab } from '../../src/lab/lab.js';
import { openPeer } from '../../src/lab/peer.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import { ephemeralPort } from '../../src/linux/port/source-port.js';

const TO_SERVER = { src: '192.0.2.1', dst: '192.0.2.2', dstPort: 8888 };

test('ports lie outside the range from which the kernel takes its own', () => {
  const lab = createLab();
  setSysctls(lab.client.netns, { 'net.ipv4.ip_local_port_range': '1030 65000' });
  const ports = Array.from({ length: 300 }, () => ephemeralPort(TO_SERVER, lab.client.netns));
  expect(ports.filter((port) => (port >= 1030 && port <= 65_000) || port < 1024 || port > 65_535)).toEqual([]);
  expect(new Set(ports).size).toBeGreaterThan(100);
  lab.close();
});

test('a port that somebody listens on is not taken', async () => {
  const lab = createLab();
  setSysctls(lab.client.netns, { 'net.ipv4.ip_local_port_range': '1026 65535' });
  const listener = await openPeer(lab.client, 4, 1024);
  const ports = Array.from({ length: 50 }, () => ephemeralPort(TO_SERVER, lab.client.netns));
  expect(new Set(ports)).toEqual(new Set([1025]));
  listener.close();
  lab.close();
});

test('a range that leaves no port is said with what to do', () => {
  const lab = createLab();
  setSysctls(lab.client.netns, { 'net.ipv4.ip_local_port_range': '1024 65535' });
  expect(() => ephemeralPort(TO_SERVER, lab.client.netns)).toThrow(expect.objectContaining({ code: 'RS_NO_PORT' }));
  lab.close();
});
