/**
 * What a request can be refused for: status, title, and whether repeating the same request may help.
 *
 * The `type` of a problem is `/problems/<kind>`; it never changes. docs/problems.md says the same for people, and a
 * test compares the two.
 */
export const PROBLEMS = {
  'invalid-request': { status: 400, retryable: false, title: 'The request says something this server cannot accept' },
  'not-signed-in': { status: 401, retryable: false, title: 'The request names no valid API key' },
  'not-found': { status: 404, retryable: false, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, retryable: false, title: 'This address does not know the method' },
  'out-of-stock': { status: 409, retryable: false, title: 'There is not enough stock' },
  stale: { status: 409, retryable: false, title: 'The number has changed since it was seen' },
  'already-exists': { status: 409, retryable: false, title: 'There is one of that name already' },
  'wrong-state': { status: 409, retryable: false, title: 'The order is past that, or not there yet' },
  'not-looked': { status: 409, retryable: false, title: 'What would be sent has not been looked at' },
  'still-running': { status: 409, retryable: true, title: 'An equal request is still under way' },
  'request-too-large': { status: 413, retryable: false, title: 'The request is larger than 1 MB' },
  'not-json': { status: 415, retryable: false, title: 'The request must be JSON' },
  'wrong-host': { status: 421, retryable: false, title: 'This server does not answer for that host' },
  'idempotency-key-reused': { status: 422, retryable: false, title: 'The Idempotency-Key has brought something else' },
  'order-differs': { status: 422, retryable: false, title: 'The order is known under this name with other content' },
  'not-offered': { status: 422, retryable: false, title: 'Whoever took the order offers no such thing' },
  'more-than-claimed': { status: 422, retryable: false, title: 'More than was bought, claimed or sent' },
  'number-too-large': { status: 422, retryable: false, title: 'The result is larger than a stock number can be' },
  internal: { status: 500, retryable: false, title: 'The server made a mistake' },
  busy: { status: 503, retryable: true, title: 'Too many requests are waiting; nothing was done' },
  unavailable: { status: 503, retryable: true, title: 'The database cannot be reached; nothing was done' },
  'outcome-unknown': {
    status: 503,
    retryable: true,
    title: 'Whether it was done is unknown: repeat with the same key',
  },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string }>

export type ProblemKind = keyof typeof PROBLEMS

/** Seconds to wait before repeating, where repeating helps. */
export const RETRY_AFTER_S = 1
