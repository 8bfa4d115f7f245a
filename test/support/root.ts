/** What only root of the first user namespace can be shown. Continuous integration runs as root, and lets no test skip itself. */
import { isRootless } from '../../src/linux/namespace/user-namespace.js';

/** The kernel's trace can be read. */
export const TRACING = process.getuid?.() === 0 && !isRootless();
