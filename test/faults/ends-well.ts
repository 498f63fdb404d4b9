import { expect } from 'vitest'
import { check } from '../../server/commands/check.ts'
import { realClock } from '../../server/kernel/clock.ts'
import { sealPlace } from '../../server/modules/channels/connection.ts'
import type { AnyMarket } from '../marketplaces.ts'
import { newId } from '../shop.ts'

/** How every story must end, besides everything being true: books clean, no budget exceeded, no secret in a log. */
export async function endsWell(market: AnyMarket): Promise<void> {
  const { url, db } = market.shop
  const { invariants } = await check({ url, db, newId, clock: realClock, progress: () => {} })
  expect(invariants.filter(({ violations }) => violations > 0)).toEqual([])
  expect(overBudget(market)).toEqual([])
  expect(await secretsLogged(market)).toEqual([])
}

/** Calls the marketplaces refused because there were too many. */
function overBudget({ all }: AnyMarket) {
  return all.flatMap(({ name, machine, kind }) =>
    machine.doors
      .calls()
      .filter(({ bucket, refused }) => kind.isBudget(bucket) && refused > 0)
      .map((count) => ({ name, ...count })),
  )
}

/** Names that go with every call and are printed on receipts are no secrets. */
const PUBLIC = /^(clientId|vendorId|mallId|masterId|auctionId|gmarketId|accountId)$/

/** Log lines with something in them that signs somebody in: what the seller gave, and what it was exchanged for since. */
async function secretsLogged({ all, logged, shop, jaego }: AnyMarket): Promise<string[]> {
  const given = all.flatMap(({ kind }) =>
    Object.entries(kind.credentials).flatMap(([name, value]) => (PUBLIC.test(name) ? [] : [value])),
  )
  const kept = await shop.rows<{ company_id: string; connection_id: string; sealed: Buffer | null }>(
    'select company_id, connection_id, sealed from channels.token',
  )
  const exchanged = kept.flatMap(({ company_id, connection_id, sealed }) =>
    sealed === null ? [] : tokensIn(jaego.secrets.open(`${sealPlace(company_id, connection_id)}/tokens`, sealed)),
  )
  const secrets = [...given, ...exchanged]
  expect(secrets.length).toBeGreaterThan(0)
  return logged.filter((line) => secrets.some((secret) => line.includes(secret)))
}

const tokensIn = (text: string): string[] =>
  Object.values(JSON.parse(text) as Record<string, unknown>).filter(
    (value): value is string => typeof value === 'string' && value.length >= 12,
  )
