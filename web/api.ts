import type { z } from 'zod'
import type { Board, breakIt, breakItAnswer, buyAtOnceAnswer, Explanation } from '../contract/board.ts'
import type { AlarmList, ChannelBoard, PushPreview } from '../contract/channel-board.ts'
import type { connectionChange, credentialFields } from '../contract/channels.ts'
import type { claimList } from '../contract/claims.ts'
import type { Problem } from '../contract/problem.ts'
import type { driftList, reconciliationList } from '../contract/upkeep.ts'

export type BuyAnswer = z.infer<typeof buyAtOnceAnswer>
export type BreakWhat = z.infer<typeof breakIt>['what']
type BreakAnswer = z.infer<typeof breakItAnswer>
export type ConnectionChange = z.infer<typeof connectionChange>
export type CredentialField = z.infer<typeof credentialFields>['fields'][number]
export type DriftList = z.infer<typeof driftList>
export type ReconciliationList = z.infer<typeof reconciliationList>
export type ClaimList = z.infer<typeof claimList>

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

export function readChannels(signal: AbortSignal): Promise<ChannelBoard> {
  return ask<ChannelBoard>('/v1/board/channels', { signal })
}

export function changeConnection(id: string, change: ConnectionChange): Promise<unknown> {
  return write('PATCH', `/v1/connections/${id}`, change)
}

/** Names and what is there, never what it is. */
export function readCredentialFields(id: string, signal: AbortSignal): Promise<z.infer<typeof credentialFields>> {
  return ask(`/v1/connections/${id}/credentials`, { signal })
}

/** What is left out stays as it is. */
export function signIn(id: string, credentials: Readonly<Record<string, string>>): Promise<unknown> {
  return write('PUT', `/v1/connections/${id}/credentials`, { credentials, keep: true })
}

export function previewPush(id: string, signal: AbortSignal): Promise<PushPreview> {
  return ask<PushPreview>(`/v1/connections/${id}/preview`, { signal })
}

/** Newest first; `cursor` is the `next` of the page before. */
export function readDrift(id: string, cursor: string | null, signal: AbortSignal): Promise<DriftList> {
  return ask<DriftList>(`/v1/connections/${id}/drift?limit=50${after(cursor)}`, { signal })
}

export function readReconciliations(id: string, signal: AbortSignal): Promise<ReconciliationList> {
  return ask<ReconciliationList>(`/v1/connections/${id}/reconciliations?limit=5`, { signal })
}

export function releaseListing(id: string): Promise<unknown> {
  return write('DELETE', `/v1/listings/${id}/fault`)
}

export function readAlarms(open: boolean, cursor: string | null, signal: AbortSignal): Promise<AlarmList> {
  return ask<AlarmList>(`/v1/alarms?open=${open}&limit=20${after(cursor)}`, { signal })
}

export function setAlarmsSeen(ids: readonly string[], seen: boolean): Promise<unknown> {
  return write('PUT', '/v1/alarms/acknowledgements', { ids, seen })
}

export function readLapsingClaims(signal: AbortSignal): Promise<ClaimList> {
  return ask<ClaimList>('/v1/claims?state=requested&due=24&limit=50', { signal })
}

export function setLastUnits(variantId: string, strict: boolean): Promise<unknown> {
  return write('PUT', `/v1/variants/${variantId}/last-units`, { strict })
}

const after = (cursor: string | null): string => (cursor === null ? '' : `&cursor=${cursor}`)

function post<Answer>(path: string, body: unknown): Promise<Answer> {
  return write<Answer>('POST', path, body)
}

function write<Answer>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
  const key = { 'idempotency-key': crypto.randomUUID() }
  return ask<Answer>(
    path,
    body === undefined
      ? { method, headers: key }
      : { method, headers: { 'content-type': 'application/json', ...key }, body: JSON.stringify(body) },
  )
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
