/** Runs what needs a private lab; without the capabilities, the whole command again in a user namespace. */
import { RawshakeError } from '../error.js';
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

/** Runs `action`, and says once where it ran without root. */
export async function withLab<T>(options: CommonOptions, action: () => Promise<T>): Promise<T> {
  try {
    const result = await action();
    if (isRootless()) note(NOTE[languageOf(options)]);
    return result;
  } catch (error) {
    rerunIfRefused(error);
    throw error;
  }
}

const NOTE = {
  en: "not root: this ran in a user namespace of its own, where the kernel's trace events cannot be read",
  zh: '非 root：本次运行在自己的用户命名空间中，无法读取内核的跟踪事件',
} as const;
