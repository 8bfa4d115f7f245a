/** Runs what needs a private lab; without the capabilities, the whole command again in a user namespace. */
import { RawshakeError, type Text } from '../error.js';
import { isRootless, rerunInUserNamespace } from '../linux/user-namespace.js';
import { languageOf, note, type CommonOptions } from './output.js';

/**
 * Where a lab was refused for want of a capability, starts the command over in a user namespace; else returns.
 * Nothing may have been printed yet.
 * @throws {RawshakeError} RS_NO_PRIVILEGE, where user namespaces are refused too
 */
export function rerunIfRefused(error: unknown): void {
  if (error instanceof RawshakeError && error.code === 'RS_NO_PRIVILEGE') rerunInUserNamespace();
}

/** Runs `action`, and says once where it ran without root, and what `lost` finds missing for want of it or otherwise. */
export async function withLab<T>(
  options: CommonOptions,
  action: () => Promise<T>,
  lost: (result: T) => Text | undefined = () => undefined,
): Promise<T> {
  try {
    const result = await action();
    const said = [...(isRootless() ? [NOTE] : []), ...[lost(result)].flatMap((text) => text ?? [])];
    const language = languageOf(options);
    if (said.length > 0) note(said.map((text) => text[language]).join(NOTE_ENDS[language]));
    return result;
  } catch (error) {
    rerunIfRefused(error);
    throw error;
  }
}

const NOTE: Text = {
  en: 'not root: this ran in a user namespace of its own',
  zh: '非 root：本次运行在自己的用户命名空间中',
};
const NOTE_ENDS: Text = { en: '; ', zh: '；' };
