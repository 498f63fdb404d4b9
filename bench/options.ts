/** What every load is given. */
export type BenchOptions = {
  /** Seconds per measured case. */
  seconds: number
  seed: number
  /** Only cases whose name contains this. */
  only: string
}
