/** Turns Ctrl-C into an orderly end: the run is aborted, undoes what it did, and the exit code says so. */

/** Runs `action` with a signal that SIGINT, SIGTERM and SIGHUP abort. A second one ends the process at once. */
export async function interruptible<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = (): void => {
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, onSignal);
  try {
    return await action(controller.signal);
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}
