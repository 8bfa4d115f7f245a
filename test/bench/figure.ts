/** One measured figure, with the same work done by another program in the same run where there is one. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly rawshake: number;
  readonly baseline: number | null;
  readonly baselineName: string | null;
  readonly ratio: number | null;
  /** Of what was begun, the share that was completed and closed: rawshake's, and the baseline's. */
  readonly completeness?: readonly [rawshake: number, baseline: number];
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
