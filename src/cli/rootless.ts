/** Runs what needs a private lab; without the capabilities, the whole command again in a user namespace. */
import { RawshakeError, type Text } from '../error.js';
import { throwIfInterrupted } from '../lab/until.js';
import { isRootless, rerunInUserNamespace } from '../linux/namespace/user-namespace.js';
import { interruptible } from './interrupt.js';
import { languageOf, note, type CommonOptions } from './output.js';

/**
 * Where a lab was refused for want of a capability, starts the command over in a user namespace; else returns.
 * Nothing may have been printed yet.
 * @throws {RawshakeError} RS_NO_PRIVILEGE, where user namespaces are refused too
 */
export function rerunIfRefused(error: unknown): void {
  if (!(error instanceof RawshakeError && error.code === 'RS_NO_PRIVILEGE')) return;
  throwIfInterrupted(); // the second run would not hear of it
  rerunInUserNamespace();
}

/**
 * Runs `action`, interruptible, and says once where it ran without root, and what `lost` finds missing for want of it or
 * otherwise.
 */
export async function withLab<T>(
  command: string,
  options: CommonOptions,
  action: (signal: AbortSignal) => Promise<T>,
  lost: (result: T) => Text | undefined = () => undefined,
): Promise<T> {
  const result = await interruptible(command, async (signal) => {
    try {
      return await action(signal);
    } catch (error) {
      rerunIfRefused(error);
      throw error;
    }
  });
  const said = [...(isRootless() ? [NOTE] : []), ...[lost(result)].flatMap((text) => text ?? [])];
  const language = languageOf(options);
  if (said.length > 0) note(said.map((text) => text[language]).join(NOTE_ENDS[language]));
  return result;
}

const NOTE: Text = {
  en: 'not root: this ran in a user namespace of its own',
  zh: '非 root：本次运行在自己的用户命名空间中',
};
const NOTE_ENDS: Text = { en: '; ', zh: '；' };
