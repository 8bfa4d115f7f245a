/** A lab whose server's kernel lets no RST out, so that segments made by hand there are all that the client hears. */
import { createLab, type Lab } from '../../src/lab/lab.js';

export function labWithSilentServer(): Lab {
  const lab = createLab();
  lab.server.run(['iptables', '-t', 'raw', '-A', 'OUTPUT', '-p', 'tcp', '--tcp-flags', 'RST', 'RST', '-j', 'DROP']);
  return lab;
}
