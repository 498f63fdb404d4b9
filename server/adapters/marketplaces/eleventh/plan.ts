import type { Account, ClaimKind } from '../../../modules/channels/adapter.ts'
import type { State } from './cursor.ts'
import { CLAIM_LISTS, type ClaimListName, type ListName, PAID_LISTS, type Span } from './lists.ts'
import { LONGEST_FOLLOWED_MS } from './seen.ts'

/** The lists go by the marketplace's clock and show rows a little late. */
const DEFAULT_OVERLAP_MS = 300_000

/** How far the marketplace's clock may be ahead of ours. */
const AHEAD_MS = 240_000

/** After a pause like this an order may have gone through every state unseen: then all lists are read. */
const FULL_AFTER_MS = 600_000

const DAY_MS = 86_400_000
const DEFAULT_EVERY = 2
/** A week and the minutes around it would be two calls. */
const DEFAULT_DAYS = 6

/**
 * Read in every collection: where new orders are, where those go that somebody confirms by hand, and what frees or
 * may free stock. Five calls; the whole budget is one and a half a second.
 */
const EVERY_TIME: readonly ListName[] = ['delvplacestandby', 'complete', 'packaging', 'cancelorders', 'canceledorders']

/**
 * One of these every few collections, over days: what changes long after the order was made, and whatever the quick
 * look missed. What asks for somebody's answer comes between the others.
 */
const SLOW: readonly ListName[] = [
  'returnorders',
  'shipping',
  'exchangeorders',
  'dlvcompleted',
  'returnedorders',
  'packaging',
  'returnorders',
  'withdrawcanceledorders',
  'exchangeorders',
  'completed',
  'exchangedorders',
  'complete',
  'returnorders',
  'retractretorders',
  'exchangeorders',
  'retractexcorders',
  'canceledorders',
  'officecancellist',
]

/** `optional`: only the slow rotation wants it, so that a fault costs this list alone. */
export type Reading = { name: ListName; span: Span; optional: boolean }

/** What to read now: list by list in the order an order moves. */
export function planOf(
  state: State,
  begunAt: number,
  again: ReadonlySet<ListName>,
  settings: Account['settings'],
): Reading[] {
  const overlapMs = Number(settings.overlapMs ?? DEFAULT_OVERLAP_MS)
  const quick = { from: Math.min(state.through, begunAt) - overlapMs, to: begunAt + AHEAD_MS }
  const isFull = begunAt - state.through > FULL_AFTER_MS
  const every = Math.max(1, Number(settings.slowEvery ?? DEFAULT_EVERY))
  const slow = state.round % every === 0 ? SLOW[Math.floor(state.round / every) % SLOW.length]! : null
  const slowFrom = begunAt - Math.max(1, Number(settings.slowDays ?? DEFAULT_DAYS)) * DAY_MS

  // Nobody needs to know of what nobody has paid, unless stock is taken with the order.
  const unpaid: readonly ListName[] = settings.stockTakenAt === 'order' ? ['standby'] : []
  const always = [...EVERY_TIME, ...unpaid]
  return [...unpaid, ...PAID_LISTS, ...claimListNames()].flatMap((name): Reading[] => {
    const followed = followedFrom(state, name, begunAt)
    const isNeeded = isFull || always.includes(name) || again.has(name) || followed !== null
    if (!isNeeded && name !== slow) return []
    const from = Math.min(quick.from, followed ?? quick.from, name === slow ? slowFrom : quick.from)
    return [{ name, span: { from, to: quick.to }, optional: !isNeeded }]
  })
}

function claimListNames(): ClaimListName[] {
  return Object.keys(CLAIM_LISTS) as ClaimListName[]
}

/** From when on this list must be read because of a claim that is open, or a row that could not be read. */
function followedFrom(state: State, name: ListName, begunAt: number): number | null {
  if (!(name in CLAIM_LISTS)) return null
  const { kind, tells } = CLAIM_LISTS[name as ClaimListName]
  const open = tells === 'requested' ? oldestOpen(state, kind) : null
  const unread = state.unread[kind] ?? null
  const froms = [open, unread].filter((from) => from !== null)
  return froms.length === 0 ? null : Math.max(begunAt - LONGEST_FOLLOWED_MS, Math.min(...froms))
}

function oldestOpen(state: State, kind: ClaimKind): number | null {
  const times = state.open.filter((claim) => claim.kind === kind).map(({ requestedAt }) => requestedAt)
  return times.length === 0 ? null : Math.min(...times)
}
