/** What conntrack says in both languages, and the numbers and names that stand in it. */
import { bilingual } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

export const NEWCOMERS = 100;
export const UNTRACKED_PORT = 8890;
export const TIMEOUT = 'net.netfilter.nf_conntrack_tcp_timeout_established';

export const words = bilingual(en, zh)({ newcomers: NEWCOMERS, untrackedPort: UNTRACKED_PORT, timeout: TIMEOUT });
