/** What every load is given. */
export type BenchOptions = {
  /** Seconds per measured case. */
  seconds: number
  seed: number
  /** Only cases whose name contains this. */
  only: string
  /** storm: listings in all, how much faster the clocks run, which marketplaces (comma-separated, or all), which policy. */
  listings: number
  timeScale: number
  channels: string
  policy: string
  /** allocation: runs of each case, scenarios whose name contains this, a file the frontier is written to. */
  seeds?: number
  scenario?: string
  frontier?: string
}
