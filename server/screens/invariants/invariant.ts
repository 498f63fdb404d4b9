/** A rule the rows of the database keep after every commit. */
export type Invariant = {
  /** The rule as a sentence. */
  name: string
  /** What it costs when it is broken. */
  means: string
  /** Selects what breaks it: no row, no violation. */
  broken: string
}
