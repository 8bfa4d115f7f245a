/** What an exercise's lab has in it before anything is tried. Plain records, for reports. */
import type { Text } from '../error.js';
import type { EndName } from './host.js';

export type Furnishing =
  /** A program, at `192.0.2.2:8888`. */
  | { readonly kind: 'listens' | 'bound'; readonly host: EndName; readonly local: string }
  /** What keeps the host's kernel quiet about a connection, `192.0.2.1:41000 > 192.0.2.2:8888`. */
  | {
      readonly kind: 'remedy';
      readonly host: EndName;
      readonly title: Text;
      readonly connection: string;
      /** Of its rule, if it has one. */
      readonly backend?: 'iptables' | 'nft';
    }
  /** Arguments of iptables. */
  | { readonly kind: 'rule'; readonly host: EndName; readonly rule: string }
  | { readonly kind: 'setting'; readonly host: EndName; readonly name: string; readonly value: string }
  /** Probabilities from 0 to 1, and milliseconds. */
  | { readonly kind: 'link'; readonly loss?: number; readonly duplication?: number; readonly delayMs?: number };

export interface ExerciseScene {
  /** Which of the exercise's cases it is: `IPv4`. */
  readonly caseName: string;
  readonly furnishings: readonly Furnishing[];
  /** Names for a shell, and their values: `SERVER`, `SERVER_PORT`. */
  readonly variables: Readonly<Record<string, string>>;
}
