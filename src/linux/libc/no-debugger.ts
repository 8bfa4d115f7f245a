/**
 * For `execArgv` of a process of our own: without a listener for SIGUSR1 Node.js opens its debugger to every user of the
 * machine. Preloaded, as the program itself would come to it only when all its files are there.
 * https://nodejs.org/api/process.html#signal-events
 */
export const NO_DEBUGGER = '--import=data:text/javascript,process.on("SIGUSR1",()=>undefined)';
