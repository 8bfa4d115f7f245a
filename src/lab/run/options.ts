/** What a program is run with, and what it may be told of the lab. */
import type { CureId, Opposite } from '../../evidence/program-run.js';
import type { EndName } from '../../evidence/host.js';
import type { Family } from '../addresses.js';

export interface RunOptions {
  /** The program and its arguments. `{client}`, `{server}` and `{port}` in them stand for the lab's. */
  readonly argv: readonly [string, ...string[]];
  /** Its part. A server is connected to once it has a socket that could answer. Default: `client`. */
  readonly role?: EndName;
  /** What the server does, where the program is the client. Default: `echo`. */
  readonly peer?: Opposite;
  /** A second program that is the server, in place of `peer`; the same words stand for the lab's. */
  readonly serverArgv?: readonly [string, ...string[]];
  /** Whose addresses `{client}` and `{server}` are. Default: 4; that of an address that is given. */
  readonly family?: Family;
  /** Any address: it exists in the lab alone. */
  readonly clientAddress?: string;
  readonly serverAddress?: string;
  /** Default: 8888. */
  readonly port?: number;
  /** Names that stand for the server's address, as in a file of hosts. */
  readonly names?: readonly string[];
  /** What the program's host calls its link. Default: `eth0`. */
  readonly interfaceName?: string;
  /** Behind which cure; rules of one's own are then left out. */
  readonly cure?: CureId;
  /** Rules of one's own, each the arguments of iptables or a command of nft, in force on the program's host. */
  readonly rules?: readonly string[];
  /** The same from a file, of nft or of iptables-save; loaded before them. `name`: as it is shown. */
  readonly ruleset?: { readonly name: string; readonly text: string };
  /** Whether the system calls about sockets are recorded, of it and of all that it starts; takes the kernel's trace. Default: no. */
  readonly calls?: boolean;
  /** When the program is ended. Default: 60,000. */
  readonly timeoutMs?: number;
  /** Where its output goes. `inherit`: where this process's goes. `stderr`: all of it to this process's. Default: `inherit`. */
  readonly output?: 'inherit' | 'stderr' | 'ignore';
  /** What it reads; default: what this process does. */
  readonly input?: 'inherit' | 'ignore';
  /** Default: this process's. */
  readonly environment?: Readonly<NodeJS.ProcessEnv>;
  readonly directory?: string;
  /** On abort the program is ended, and the run is what it was until then. */
  readonly signal?: AbortSignal;
}

/** Where the program stands. */
export interface Whereabouts {
  readonly client: string;
  readonly server: string;
  readonly port: number;
}

/** `{server}:{port}` in an argument becomes `192.0.2.2:8888`; other braces stay. */
export const filledIn = (argument: string, { client, server, port }: Whereabouts): string =>
  argument.replaceAll('{client}', client).replaceAll('{server}', server).replaceAll('{port}', String(port));

const STDERR = 2;
const OUTPUTS = {
  inherit: ['inherit', 'inherit'],
  stderr: [STDERR, 'inherit'],
  ignore: ['ignore', 'ignore'],
} as const;

/** Its stdout and stderr. */
export const outputsOf = (output: RunOptions['output'] = 'inherit') => OUTPUTS[output];
