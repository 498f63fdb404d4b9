/**
 * The control API: JSON under /_control/, for tests, demos and people who want to break things.
 *
 * It is no part of any marketplace's contract: it works during an outage and is counted in no budget.
 */
import { z } from 'zod'
import type { Faults, Marketplace, SimRequest, SimResponse } from './marketplace.ts'
import type { Shopping, ShoppingTally } from './shoppers.ts'
import type { WebhookPlan, WebhookTally } from './webhook-sender.ts'

export const CONTROL_PREFIX = '/_control/'

export type ControlContext = {
  marketplace: Marketplace
  faults: Faults
  setFaults(patch: Partial<Faults>): void
  now(): number
  random: () => number
  timeScale: number
  shoppers: Shoppers
  webhooks: WebhookDesk
}

/** Where webhooks go. */
export type WebhookDesk = {
  send(plan: WebhookPlan | null): void
  /** Null while they go nowhere. */
  tally(): WebhookTally | null
}

/** Who walks in by themselves. */
export type Shoppers = {
  /** Sends away who is there and lets in those of the plan; a rate of 0 lets in nobody. */
  come(plan: Shopping & { items: readonly string[] }): void
  tally(): ShoppingTally
}

const LONGEST_HISTORY_PAGE = 10_000

const share = z.number().min(0).max(1)
const wholeMs = z.int().min(0)
const count = z.int().min(0)
const name = z.string().min(1).max(200)

const faultsPatch = z
  .strictObject({
    latencyMs: z.tuple([z.number().min(0), z.number().min(0).max(600_000)]).refine(([least, most]) => least <= most, {
      message: 'the least must not be above the most',
    }),
    lostRequest: share,
    timeoutAfterCommit: share,
    serverError: share,
    outageUntil: wholeMs,
    lostWrite: share,
    slowApply: share,
    slowApplyMs: wholeMs,
    rateLimitedUntil: wholeMs,
    duplicateOrder: share,
    disorder: share,
    feedDelayMs: wholeMs,
    clockSkewMs: z.int(),
    humanEdit: share,
    webhookLost: share,
    webhookTwice: share,
    webhookLate: share,
    webhookLateMs: wholeMs.max(600_000),
    webhookOvertaken: share,
  } satisfies Record<keyof Faults, z.ZodType>)
  .partial()

const productsBody = z.strictObject({
  products: z
    .array(
      z.strictObject({
        name,
        price: count,
        options: z
          .array(z.strictObject({ optionName: z.string(), sellerCode: z.string(), stock: count, surcharge: z.int() }))
          .min(1)
          .max(500),
      }),
    )
    .max(10_000),
})
const buyBody = z.strictObject({
  lines: z
    .array(z.strictObject({ item: name, quantity: z.int().min(1) }))
    .min(1)
    .max(100),
  buyer: name,
})
const cancelBody = z.strictObject({ lineKey: name, quantity: z.int().min(1).nullable().default(null) })
const editBody = z.strictObject({ item: name, stock: count })
const outageBody = z.strictObject({ ms: wholeMs })
const shoppersBody = z.strictObject({
  seed: count,
  perSecond: z.number().min(0).max(10_000),
  cancelShare: share.default(0),
  returnShare: share.default(0),
  exchangeShare: share.default(0),
  takeBackShare: share.default(0),
  /** How long carriers need; null: they bring nothing by themselves. */
  parcelMs: wholeMs.nullable().default(null),
  /** The favourites first. */
  items: z.array(name).min(1).max(100_000),
})
const webhooksBody = z.strictObject({
  to: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .nullable(),
  retriesMs: z.array(wholeMs.max(3_600_000)).max(10).optional(),
})
const historyQuery = z.strictObject({
  since: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(LONGEST_HISTORY_PAGE).default(1000),
})

/** Answers one control call. A bad field is a 400 that names it, and changes nothing. */
export function answerControl(request: SimRequest, context: ControlContext): SimResponse {
  const door = DOORS[`${request.method} ${request.path.slice(CONTROL_PREFIX.length)}`]
  if (!door) return json(404, { error: `no such control: ${request.method} ${request.path}` })
  try {
    return json(200, door(request, context))
  } catch (error) {
    if (error instanceof z.ZodError) return json(400, { error: 'bad request', problems: problemsOf(error) })
    return json(400, { error: error instanceof Error ? error.message : String(error) })
  }
}

const DOORS: Record<string, (request: SimRequest, context: ControlContext) => unknown> = {
  'GET state': (_request, { marketplace }) => marketplace.doors.truth(),
  'GET claims': (_request, { marketplace }) => marketplace.afterwards?.claims() ?? null,
  'GET calls': (_request, { marketplace }) => marketplace.doors.calls(),
  'GET history': (request, { marketplace }) => {
    const { since, limit } = historyQuery.parse(Object.fromEntries(new URLSearchParams(request.query)))
    return marketplace.doors.history(since, limit)
  },
  'GET clock': (_request, { now, timeScale }) => ({ now: now(), timeScale }),
  'GET faults': (_request, { faults }) => faults,
  'PATCH faults': (request, { faults, setFaults }) => {
    setFaults(withoutUndefined(faultsPatch.parse(bodyOf(request))))
    return faults
  },
  'POST products': (request, { marketplace, now }) => ({
    items: marketplace.doors.seedProducts(productsBody.parse(bodyOf(request)).products, now()),
  }),
  'POST buy': (request, { marketplace, now, random }) =>
    marketplace.doors.buy(buyBody.parse(bodyOf(request)), now(), random),
  'POST cancel': (request, { marketplace, now }) => {
    const { lineKey, quantity } = cancelBody.parse(bodyOf(request))
    return marketplace.doors.cancel(lineKey, quantity, now())
  },
  'POST edit': (request, { marketplace, now }) => {
    const { item, stock } = editBody.parse(bodyOf(request))
    return { edited: marketplace.doors.edit(item, stock, now()) }
  },
  'POST shoppers': (request, { shoppers }) => {
    shoppers.come(shoppersBody.parse(bodyOf(request)))
    return shoppers.tally()
  },
  'GET shoppers': (_request, { shoppers }) => shoppers.tally(),
  'POST webhooks': (request, { webhooks }) => {
    const { to, retriesMs } = webhooksBody.parse(bodyOf(request))
    webhooks.send(to === null ? null : { to, ...(retriesMs ? { retriesMs } : {}) })
    return webhooks.tally()
  },
  'GET webhooks': (_request, { webhooks }) => webhooks.tally(),
  'POST outage': (request, { setFaults, now }) => {
    const outageUntil = now() + outageBody.parse(bodyOf(request)).ms
    setFaults({ outageUntil })
    return { outageUntil }
  },
}

function bodyOf(request: SimRequest): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(request.body))
  } catch {
    throw new Error('the body is not JSON in UTF-8')
  }
}

function problemsOf(error: z.ZodError): { field: string; message: string }[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...issue.path, key].join('.'), message: 'unknown field' }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  )
}

/** An absent field means "leave it"; assigning its undefined would switch it to NaN arithmetic. */
function withoutUndefined(patch: { [Name in keyof Faults]?: Faults[Name] | undefined }): Partial<Faults> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
}

function json(status: number, value: unknown): SimResponse {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) }
}
