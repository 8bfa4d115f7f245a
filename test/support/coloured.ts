/** Reports as a terminal with colours gets them. */
import { vi } from 'vitest';

/** What `load` imports, in colour: that is settled when the program starts. */
export async function inColour<T>(load: () => Promise<T>): Promise<T> {
  vi.stubEnv('FORCE_COLOR', '1');
  vi.stubEnv('NO_COLOR', '');
  vi.resetModules();
  try {
    return await load();
  } finally {
    vi.unstubAllEnvs();
    vi.resetModules();
  }
}

const NAMES: Readonly<Record<string, string>> = {
  ...{ 1: 'bold', 2: 'dim', 31: 'red', 32: 'green', 33: 'yellow', 34: 'blue', 35: 'magenta', 36: 'cyan' },
  ...{ 92: 'greenBright', 93: 'yellowBright', 94: 'blueBright', 95: 'magentaBright', 96: 'cyanBright' },
};

/** `[bold]text` for what is bold, and so on; where it ends is not told. */
export const colourNamed = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- that is how a terminal is told
  text.replaceAll(/\x1b\[(\d+)m/g, (_, code: string) => {
    const name = NAMES[code];
    return name === undefined ? '' : `[${name}]`;
  });
