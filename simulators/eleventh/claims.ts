import { actLater } from '../due.ts'
import { addRow, type Dated, type Timeline } from '../timeline.ts'
import { changeStock } from './items.ts'
import { keptUnits, type Line, moveLine, openUnits, shipLines, showLine } from './orders.ts'
import { DAY_MS } from './times.ts'
import type { World } from './world.ts'

export type Kind = 'cancel' | 'return' | 'exchange'

/** As rows tell them. The cancel list has no code for a request the seller refused; the row is then gone. */
export type ClaimStatus =
  | { kind: 'cancel'; code: '01' | '02' | '05' | 'refused' }
  | { kind: 'return'; code: '104' | '105' | '106' | '107' | '108' | '109' }
  | { kind: 'exchange'; code: '201' | '221' | '232' | '233' }

export type Claim = {
  readonly seq: string
  readonly line: Line
  readonly units: number
  readonly by: '01' | '02'
  readonly reason: string
  readonly text: string
  readonly createdAt: number
  doneAt: number | null
  status: ClaimStatus
}

type Entry = Dated & { readonly claim: Claim }

export type ListName = `${Kind}:${'requested' | 'done' | 'withdrawn'}`

export type ClaimBook = {
  readonly claims: Map<string, Claim>
  readonly lists: Map<ListName, Timeline<Entry>>
  entries: number
  /** What the seller's own cancels cost in credit. */
  creditPointsLost: number
}

export const createClaimBook = (): ClaimBook => ({
  claims: new Map(),
  lists: new Map(),
  entries: 0,
  creditPointsLost: 0,
})

export type CancelAnswer = { kind: 'cancelled' | 'requested' | 'too_late' | 'not_found' }

const BUYERS_MIND = '11'
const RETURN_MIND = '101'

/**
 * The buyer changes their mind about some units of a line, or, with null, about all that are left.
 *
 * Before the seller confirms, that is a cancel at once. Afterwards it is a request the seller has to answer; of a
 * parcel under way or delivered, a request to send it back. What was received for good stays.
 */
export function buyerCancel(world: World, lineKey: string, quantity: number | null, now: number): CancelAnswer {
  const line = world.orders.lines.get(lineKey)
  if (line === undefined) return { kind: 'not_found' }
  const units = unitsOf(line, quantity)
  const { state } = line
  if (units < 1 || state === '901' || state === 'A01' || state === 'B01') return { kind: 'too_late' }
  if (state === '200' || state === '202') {
    cancelAtOnce(world, line, units, '01', BUYERS_MIND, '구매 의사 없어짐', now)
    return { kind: 'cancelled' }
  }
  if (state === '301') request(world, 'cancel', line, units, now)
  else request(world, 'return', line, units, now)
  return { kind: 'requested' }
}

/** The buyer of a parcel under way or delivered wants another one instead; the claim's number, null when too late. */
export function requestExchange(world: World, lineKey: string, quantity: number | null, now: number): string | null {
  const line = world.orders.lines.get(lineKey)
  if (line === undefined || (line.state !== '401' && line.state !== '501')) return null
  const units = unitsOf(line, quantity)
  return units < 1 ? null : request(world, 'exchange', line, units, now).seq
}

function unitsOf(line: Line, quantity: number | null): number {
  if (quantity !== null && (!Number.isInteger(quantity) || quantity < 1)) {
    throw new RangeError(`quantity ${quantity} is not a positive integer`)
  }
  return Math.min(quantity ?? Number.POSITIVE_INFINITY, openUnits(line))
}

/** The buyer takes a request back before the seller answered. */
export function withdraw(world: World, claimSeq: string, now: number): boolean {
  const claim = world.claims.claims.get(claimSeq)
  if (claim === undefined || !isOpen(claim)) return false
  const { kind } = claim.status
  letGo(world, claim)
  claim.doneAt = now
  claim.status =
    kind === 'cancel' ? { kind, code: '05' } : kind === 'return' ? { kind, code: '108' } : { kind, code: '233' }
  list(world, `${kind}:withdrawn`, claim, now)
  return true
}

const OPEN_CODES: readonly string[] = ['01', '104', '105', '109', '201']
export const isOpen = (claim: Claim) => OPEN_CODES.includes(claim.status.code)

function request(world: World, kind: Kind, line: Line, units: number, now: number): Claim {
  const status: ClaimStatus =
    kind === 'cancel' ? { kind, code: '01' } : kind === 'return' ? { kind, code: '105' } : { kind, code: '201' }
  const reason = kind === 'cancel' ? BUYERS_MIND : RETURN_MIND
  const claim = openClaim(world, { line, units, by: '01', reason, text: '단순 변심', createdAt: now, status })
  if (kind === 'cancel') line.cancelRequested += units
  else line.returnRequested += units
  showLine(world, line)
  list(world, `${kind}:requested`, claim, now)
  return claim
}

export function cancelAtOnce(
  world: World,
  line: Line,
  units: number,
  by: Claim['by'],
  reason: string,
  text: string,
  now: number,
): void {
  const status: ClaimStatus = { kind: 'cancel', code: '01' }
  const claim = openClaim(world, { line, units, by, reason, text, createdAt: now, status })
  line.cancelRequested += units
  completeCancel(world, claim, now)
}

function openClaim(world: World, wish: Omit<Claim, 'seq' | 'doneAt'>): Claim {
  const claim: Claim = { ...wish, seq: String(8_192_001 + world.claims.claims.size), doneAt: null }
  world.claims.claims.set(claim.seq, claim)
  return claim
}

function list(world: World, name: ListName, claim: Claim, at: number): void {
  const timeline = world.claims.lists.get(name) ?? []
  world.claims.lists.set(name, timeline)
  addRow(timeline, { at, seq: ++world.claims.entries, claim })
}

export function completeCancel(world: World, claim: Claim, now: number): void {
  const { line, units } = claim
  line.cancelRequested -= units
  line.cancelled += units
  if (world.switches.restockOnCancel) changeStock(world.shelf, line.item, line.item.stock + units, 'cancel', now)
  claim.doneAt = now
  claim.status = { kind: 'cancel', code: '02' }
  list(world, 'cancel:done', claim, now)
  if (keptUnits(line) === 0) moveLine(world, line, 'B01', now)
  else showLine(world, line)
}

/** The seller has sent it: the line goes out with everything that is not cancelled, the claimed units too. */
export function refuseCancel(
  world: World,
  claim: Claim,
  parcel: { method: string; carrier: string; invoices: string[] },
  now: number,
): void {
  letGo(world, claim)
  claim.doneAt = now
  claim.status = { kind: 'cancel', code: 'refused' }
  shipLines(world, [claim.line], parcel, now)
}

export function completeReturn(world: World, claim: Claim, now: number): void {
  const { line, units } = claim
  line.returnRequested -= units
  line.returned += units
  if (world.switches.restockOnReturn) changeStock(world.shelf, line.item, line.item.stock + units, 'cancel', now)
  claim.doneAt = now
  claim.status = { kind: 'return', code: '106' }
  list(world, 'return:done', claim, now)
  if (keptUnits(line) === 0) moveLine(world, line, 'A01', now)
  else showLine(world, line)
}

export function refuseReturn(world: World, claim: Claim, now: number): void {
  letGo(world, claim)
  claim.doneAt = now
  claim.status = { kind: 'return', code: '107' }
}

const HELD_AFTER_ARRIVAL_MS = 10 * DAY_MS
const HELD_AFTER_REQUEST_MS = 20 * DAY_MS

/** A held return completes by itself after a while, whichever of the two comes first. */
export function holdReturn(world: World, claim: Claim, now: number): void {
  claim.status = { kind: 'return', code: '104' }
  const arrivedAt = claim.createdAt + world.switches.returnArrivesMs
  const endsAt = Math.min(arrivedAt + HELD_AFTER_ARRIVAL_MS, claim.createdAt + HELD_AFTER_REQUEST_MS)
  actLater(world.due, Math.max(now, endsAt), (at) => {
    if (claim.status.code === '104') completeReturn(world, claim, at)
  })
}

export function completeExchange(world: World, claim: Claim, now: number): void {
  letGo(world, claim)
  claim.doneAt = now
  claim.status = { kind: 'exchange', code: '221' }
  list(world, 'exchange:done', claim, now)
}

export function refuseExchange(world: World, claim: Claim, now: number): void {
  letGo(world, claim)
  claim.doneAt = now
  claim.status = { kind: 'exchange', code: '232' }
}

/** The units are the order's again. */
function letGo(world: World, claim: Claim): void {
  const { line, units } = claim
  if (claim.status.kind === 'cancel') line.cancelRequested -= units
  else line.returnRequested -= units
  showLine(world, line)
}
