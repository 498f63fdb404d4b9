import type { Tx } from '../../kernel/db.ts'
import type { Step } from '../../kernel/loops.ts'
import { companyIds } from '../access/index.ts'
import { componentsOf, type Variant } from '../catalog/index.ts'
import { listingsWaitedFor, mapLines, waitingLines } from '../orders/index.ts'
import { transaction } from './again.ts'
import type { Connection } from './connection.ts'
import { readConnection } from './connections.ts'
import type { ChannelDeps } from './deps.ts'
import type { Listing } from './listing.ts'
import { findListing } from './listing-queries.ts'
import { lockWithStock } from './locked.ts'
import { linesLeft } from './topics.ts'

/** Lines repaired in one transaction, which holds their stock. */
export const LINES_MAX = 1_000
const LISTINGS_MAX = 500
const PAGES_MAX = 100
/** Nobody need tell of what waits: a worker that was killed between two batches left it waiting. */
const LOOK_EVERY_MS = 60_000

/**
 * Gives lines that waited for a listing its variant and takes their stock, oldest first, at most `most`; of what waits
 * then the workers are told. The caller holds the locks of the stock and the listing: an order that comes now either is
 * among them or sees the mapping. Answers how many were repaired.
 */
export async function repairLines(
  tx: Tx,
  actor: string,
  { warehouses }: Pick<Connection, 'warehouses'>,
  { company, listingId, multiplier }: Pick<Listing, 'company' | 'listingId' | 'multiplier'>,
  variant: Variant,
  most: number,
): Promise<number> {
  const waiting = await waitingLines(tx, company, listingId, most)
  const { variantId, sku } = variant
  const takes = componentsOf(variant)
  const outcomes = await mapLines(
    tx,
    actor,
    waiting.map((line) => ({ line, listingId, variantId, sku, multiplier, takes })),
    warehouses,
  )
  if (waiting.length === most) tx.announce(linesLeft, '', null)
  return outcomes.filter(({ kind }) => kind === 'firm').length
}

/** What still waits for listings that are mapped by now, batch after batch, whoever mapped them. */
export function waitingLinesStep({ db, log }: Pick<ChannelDeps, 'db' | 'log'>, most = LINES_MAX): Step {
  return {
    name: 'repair waiting lines',
    wakesOn: [linesLeft.topic],
    async step() {
      let isMore = false
      for (const company of await companyIds(db)) {
        try {
          isMore = (await repairCompany(company)) || isMore
        } catch (error) {
          log.error({ err: error, company }, 'lines of mapped listings wait on, and will be repaired at the next look')
        }
      }
      return isMore ? 0 : LOOK_EVERY_MS
    },
  }

  /** One batch of each listing. */
  async function repairCompany(company: string): Promise<boolean> {
    let isMore = false
    let after: string | null = null
    for (let page = 0; page < PAGES_MAX; page++) {
      const ids: string[] = await db.transaction([company], (tx) => listingsWaitedFor(tx, company, after, LISTINGS_MAX))
      for (const listingId of ids) {
        const repaired = await transaction(db, company, (tx) => repairMapped(tx, company, listingId))
        isMore ||= repaired === most
      }
      if (ids.length < LISTINGS_MAX) break
      after = ids.at(-1)!
    }
    return isMore
  }

  async function repairMapped(tx: Tx, company: string, listingId: string): Promise<number> {
    const row = await findListing(tx, company, listingId)
    if (!row || row.variantId === null) return 0
    const { listings, variants } = await lockWithStock(tx, [row])
    const listing = listings[0]!
    const variant = variants.get(row.variantId)
    const connection = await readConnection(tx, company, listing.connectionId)
    return variant && connection ? repairLines(tx, 'mapping', connection, listing, variant, most) : 0
  }
}
