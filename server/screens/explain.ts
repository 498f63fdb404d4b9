import type { Explanation } from '../../contract/board.ts'
import type { Tx } from '../kernel/db.ts'
import { componentsOf, findVariants, readVariants, type Variant } from '../modules/catalog/index.ts'
import { KEPT_DAYS, toldOf } from '../modules/channels/index.ts'
import { readAvailability } from '../modules/inventory/index.ts'
import * as sql from './explain-queries.ts'

/**
 * Why each number of a SKU is what it is, now or at a past moment `at` (epoch ms; null: now). Null when the SKU is
 * unknown. For a set, the stock told is that of its parts, one after the other. The ledger tells of any moment, the
 * channels' journal of the last KEPT_DAYS.
 */
export async function explain(tx: Tx, company: string, sku: string, at: number | null): Promise<Explanation | null> {
  const [variant] = await findVariants(tx, company, [sku])
  if (!variant) return null
  const now = await tx.now()
  const moment = new Date(at ?? now)
  const keptFrom = now - KEPT_DAYS * 86_400_000
  const past = at === null ? 'now' : at < keptFrom ? 'forgotten' : 'kept'
  const parts = await readVariants(
    tx,
    componentsOf(variant).map((part) => ({ company, variantId: part.variantId })),
  )
  const warehouses = (await Promise.all(parts.map((part) => warehousesOf(tx, part, moment, parts.length > 1)))).flat()
  const shortages = (await Promise.all(parts.map((p) => sql.explainShortages(tx, company, p.variantId, moment)))).flat()
  return {
    sku: variant.sku,
    name: [variant.productName, variant.name].filter(Boolean).join(' '),
    at: moment.toISOString(),
    keptFrom: past === 'forgotten' ? new Date(keptFrom).toISOString() : null,
    available: await availableOf(tx, variant, parts, warehouses, shortages, at),
    warehouses,
    reservations: (await Promise.all(parts.map((p) => sql.explainReservations(tx, company, p.variantId, moment))))
      .flat()
      .map((row) => ({ ...row, expiresAt: row.expiresAt?.toISOString() ?? null })),
    shortages: shortages.map((row) => ({ ...row, since: row.since.toISOString() })),
    listings: await listingsOf(tx, variant, moment, past),
  }
}

async function warehousesOf(tx: Tx, part: Variant, moment: Date, named: boolean): Promise<Explanation['warehouses']> {
  const rows = await sql.explainWarehouses(tx, part.company, part.variantId)
  return Promise.all(
    rows.map(async ({ warehouseId, code, name, sellable }) => {
      const movements = await sql.explainMovements(tx, part.company, part.variantId, warehouseId, moment)
      const last = movements[0]
      return {
        code,
        name: named ? `${name} · ${part.sku}` : name,
        sellable,
        onHand: last?.onHandAfter ?? 0,
        reserved: last?.reservedAfter ?? 0,
        version: last?.version ?? 0,
        movements: movements.map((movement) => ({ ...movement, at: movement.at.toISOString() })),
      }
    }),
  )
}

async function availableOf(
  tx: Tx,
  variant: Variant,
  parts: readonly Variant[],
  warehouses: Explanation['warehouses'],
  shortages: readonly { open: number }[],
  at: number | null,
): Promise<Explanation['available']> {
  if (variant.components.length === 0) {
    const sellable = warehouses.filter((warehouse) => warehouse.sellable)
    const onHand = sum(sellable.map((warehouse) => warehouse.onHand))
    const reserved = sum(sellable.map((warehouse) => warehouse.reserved))
    const open = sum(shortages.map((shortage) => shortage.open))
    const value = onHand - reserved - open
    return { value, formula: `${value} = ${onHand} − ${reserved}${open > 0 ? ` − ${open}` : ''}` }
  }
  const stock = await readAvailability(
    tx,
    parts.map(({ company, variantId }) => ({ company, variantId })),
  )
  const units = variant.components.map((component) => {
    const available = stock.find((row) => row.variantId === component.variantId)?.available ?? 0
    const sku = parts.find((part) => part.variantId === component.variantId)?.sku ?? ''
    return { value: Math.floor(available / component.quantity), text: `⌊${available} ${sku} ÷ ${component.quantity}⌋` }
  })
  const value = Math.min(...units.map((unit) => unit.value))
  return {
    value,
    formula: `${value} = min(${units.map((unit) => unit.text).join(', ')})${at === null ? '' : ' (now)'}`,
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

async function listingsOf(
  tx: Tx,
  variant: Variant,
  moment: Date,
  past: 'now' | 'kept' | 'forgotten',
): Promise<Explanation['listings']> {
  const rows = await sql.explainListings(tx, variant.company, variant.variantId)
  return Promise.all(
    rows.map(async (listing) => {
      // Of days that are not kept some numbers are there still, and nobody knows what has gone beside them.
      const isKept = past !== 'forgotten'
      const journal = isKept ? await sql.explainJournal(tx, variant.company, listing.listingId, moment) : []
      const then = past === 'kept' ? await sql.explainNumbersAt(tx, variant.company, listing.listingId, moment) : null
      const number = (kind: 'desired' | 'sent' | 'accepted' | 'observed') =>
        past === 'now' ? listing[kind] : (then?.get(kind) ?? null)
      return {
        connection: listing.connection,
        channel: listing.channel,
        policy: listing.policy,
        multiplier: listing.multiplier,
        buffer: listing.policySettings.units ?? 0,
        desired: number('desired'),
        sent: number('sent'),
        accepted: number('accepted'),
        observed: number('observed'),
        rights: past === 'now' ? listing.rights : null,
        why: whyOf(listing),
        journal: journal.map(({ at, kind, value, detail }) => ({
          at: at.toISOString(),
          kind,
          value,
          ...toldOf(kind, detail),
        })),
      }
    }),
  )
}

function whyOf(listing: sql.ExplainedListing): { ko: string; en: string } {
  const { units, percent } = listing.policySettings
  switch (listing.policy) {
    case 'rights':
      return {
        ko: `이 채널이 아직 팔 수 있는 권리는 ${listing.rights ?? '확인 중인'}개입니다. 모든 채널의 권리를 더해도 가용을 넘지 않습니다.`,
        en: `This channel may still sell ${listing.rights ?? 'a number we are finding out'}. All channels' rights together never exceed what is available.`,
      }
    case 'buffered':
      return {
        ko: `가용에서 안전 버퍼 ${percent === undefined ? `${units ?? 0}개` : `${percent}%`}를 뺀 수를 보여 줍니다.`,
        en: `Shows what is available less a buffer of ${percent === undefined ? (units ?? 0) : `${percent}%`}.`,
      }
    case 'fixed':
      return {
        ko: `이 채널의 고정 몫(${units === undefined ? `${percent ?? 0}%` : `${units}개`})을 보여 줍니다.`,
        en: `Shows this channel's fixed share (${units === undefined ? `${percent ?? 0}%` : units}).`,
      }
    default:
      return {
        ko: '가용 전부를 모든 채널에 똑같이 보여 줍니다.',
        en: 'Shows everything available, the same on every channel.',
      }
  }
}
