/**
 * The way out to other systems: raw bytes, headers in the order given, a deadline.
 *
 * It says what is known about the request and nothing about what the answer means: an answer of any
 * status is `answered`. `not_sent` is certain not to have been applied; `unknown` may have been.
 */
export type HttpRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Sent as written: path and query are not re-encoded, since marketplaces sign the bytes. */
  url: string
  headers: readonly (readonly [name: string, value: string])[]
  body: Uint8Array | null
  /** Milliseconds from now until we stop waiting; the outcome is then `unknown`. */
  deadlineMs: number
}

export type HttpResponse = {
  status: number
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>
  /** At most MAX_BODY_BYTES; a longer answer is cut off and reported as `unknown`. */
  body: Uint8Array
}

export type HttpOutcome =
  | { kind: 'answered'; response: HttpResponse }
  | { kind: 'not_sent'; reason: string }
  | { kind: 'unknown'; reason: string }

export interface HttpPort {
  send(request: HttpRequest): Promise<HttpOutcome>
}

export const MAX_BODY_BYTES = 16 * 1024 * 1024
