/** A histogram of durations with a relative error of at most 1/16, whatever their size: eight buckets for each power of two. */

const BUCKETS_PER_POWER = 8;
const POWER_BITS = 3;
/** Up to 2^32 µs, 71 minutes. */
const BUCKETS = (32 - POWER_BITS + 1) * BUCKETS_PER_POWER;

/** The bucket of a whole number below 2^32: the position of its highest bit, and the three bits behind it. */
function bucketOf(value: number): number {
  const power = 31 - Math.clz32(value);
  if (power < POWER_BITS) return value;
  return (power - POWER_BITS + 1) * BUCKETS_PER_POWER + ((value >>> (power - POWER_BITS)) & (BUCKETS_PER_POWER - 1));
}

/** The smallest value of a bucket. */
function lowerEdge(bucket: number): number {
  if (bucket < BUCKETS_PER_POWER) return bucket;
  const power = Math.floor(bucket / BUCKETS_PER_POWER) - 1;
  return (BUCKETS_PER_POWER + (bucket % BUCKETS_PER_POWER)) * 2 ** power;
}

export interface HistogramBucket {
  /** At least so many microseconds. */
  readonly fromUs: number;
  /** And fewer than so many. */
  readonly toUs: number;
  readonly count: number;
}

export class Histogram {
  /** What `counts` was given, or a new one: by bucket, so that it can be handed from thread to thread. */
  constructor(readonly counts: Uint32Array = new Uint32Array(BUCKETS)) {}

  /** Counts one duration, in microseconds. */
  record(us: number): void {
    const bucket = bucketOf(Math.min(Math.max(0, Math.round(us)), 2 ** 32 - 1));
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
  }

  /** How many were recorded. */
  get total(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** The duration in microseconds that `share` (0 to 1) of all do not exceed: the middle of its bucket; NaN where there is none. */
  quantileUs(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.total));
    let seen = 0;
    for (const { fromUs, toUs, count } of this.buckets()) {
      seen += count;
      if (seen >= rank) return toUs - fromUs === 1 ? fromUs : (fromUs + toUs) / 2;
    }
    return Number.NaN;
  }

  /** Those that hold something, the shortest durations first. */
  buckets(): HistogramBucket[] {
    return [...this.counts.entries()].flatMap(([bucket, count]) =>
      count === 0 ? [] : [{ fromUs: lowerEdge(bucket), toUs: lowerEdge(bucket + 1), count }],
    );
  }
}
