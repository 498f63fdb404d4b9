import type { z } from 'zod'
import type { Board, breakIt, breakItAnswer, buyAtOnceAnswer, Explanation } from '../contract/board.ts'
import type { Problem } from '../contract/problem.ts'

export type BuyAnswer = z.infer<typeof buyAtOnceAnswer>
export type BreakWhat = z.infer<typeof breakIt>['what']
type BreakAnswer = z.infer<typeof breakItAnswer>

/** A request that did not work. `problem` is what the server said; null when it said nothing we can read. */
export class RequestFailed extends Error {
  readonly kind: 'offline' | 'garbled' | 'refused'
  readonly problem: Problem | null

  constructor(kind: 'offline' | 'garbled' | 'refused', problem: Problem | null, cause?: unknown) {
    super(problem?.title ?? kind, { cause })
    this.name = 'RequestFailed'
    this.kind = kind
    this.problem = problem
  }
}

/** Whether asking again by itself may help: nobody answered, or the server says so. */
export function worthRepeating(error: Error): boolean {
  return error instanceof RequestFailed && (error.problem?.retryable ?? error.kind === 'offline')
}

export function readBoard(signal: AbortSignal): Promise<Board> {
  return ask<Board>('/v1/board', { signal })
}

export function openEvents(lastEventId: string | null, signal: AbortSignal): Promise<Response> {
  return fetch('/v1/board/events', {
    headers: { accept: 'text/event-stream', ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }) },
    credentials: 'same-origin',
    cache: 'no-store',
    signal,
  })
}

/** `at` is an instant as the contract writes it; null means now. */
export function explain(sku: string, at: string | null, signal: AbortSignal): Promise<Explanation> {
  const query = at === null ? '' : `?at=${encodeURIComponent(at)}`
  return ask<Explanation>(`/v1/explain/${encodeURIComponent(sku)}${query}`, { signal })
}

export function buyAtOnce(): Promise<BuyAnswer> {
  return post<BuyAnswer>('/v1/demo/buy-at-once', {})
}

export function breakIn(what: BreakWhat): Promise<BreakAnswer> {
  return post<BreakAnswer>('/v1/demo/break', { what })
}

function post<Answer>(path: string, body: unknown): Promise<Answer> {
  return ask<Answer>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify(body),
  })
}

/** Our own server checks its answers against the contract as it sends them; checking again here would double the page. */
async function ask<Answer>(path: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', ...init }).catch((cause) => {
    throw new RequestFailed('offline', null, cause)
  })
  const body: unknown = await response.json().catch((cause) => {
    throw new RequestFailed('garbled', null, cause)
  })
  if (!response.ok) throw new RequestFailed('refused', asProblem(body))
  return body as Answer
}

function asProblem(body: unknown): Problem | null {
  return typeof body === 'object' && body !== null && 'title' in body && 'requestId' in body ? (body as Problem) : null
}
