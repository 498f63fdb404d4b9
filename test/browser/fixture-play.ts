import type { BoardVariant } from '../../contract/board.ts'
import { buildPages } from '../../server/http/pages.ts'
import { COUPANG, NAVER, orderOf } from './fixture-board.ts'
import { type Fixture, startFixture } from './fixture-server.ts'

/** `node test/browser/fixture-play.ts [port]` serves the built board with a made-up seller that keeps selling. */

const SALE_EVERY_MS = 700

/** One sale after another: the item, the totals, the order, and now and then a number on its way to a channel. */
export function play(fixture: Fixture): () => void {
  let i = 100
  const timer = setInterval(() => {
    i += 1
    const { board } = fixture
    const place = (i * 37 + 11) % board.variants.length
    const sold = sale(board.variants[place]!, i)
    const totals = {
      ...board.totals,
      ordersTaken: board.totals.ordersTaken + 1,
      unitsSold: board.totals.unitsSold + 1,
      pushes: board.totals.pushes + (i % 3 === 0 ? 1 : 0),
      lag: { p50: 120 + ((i * 13) % 60), p99: 480 + ((i * 71) % 260), samples: 60 + (i % 9) },
    }
    const order = orderOf(board.variants, i, new Date())
    fixture.board = {
      ...board,
      totals,
      variants: board.variants.map((variant) => (variant.id === sold.id ? sold : variant)),
      orders: [order, ...board.orders].slice(0, 50),
    }
    fixture.send('variants', [sold])
    fixture.send('orders', [order])
    fixture.send('totals', totals)
  }, SALE_EVERY_MS)
  return () => clearInterval(timer)
}

function sale(variant: BoardVariant, i: number): BoardVariant {
  if (variant.available <= 0) return { ...variant, changedAt: new Date().toISOString() }
  const channel = i % 2 === 0 ? NAVER : COUPANG
  return {
    ...variant,
    reserved: variant.reserved + 1,
    available: variant.available - 1,
    changedAt: new Date().toISOString(),
    listings: variant.listings.map((listing) =>
      listing.connectionId === channel && (listing.observed ?? 0) > 0
        ? {
            ...listing,
            desired: listing.observed! - 1,
            observed: listing.observed! - 1,
            rights: Math.max(0, (listing.rights ?? 1) - 1),
          }
        : listing,
    ),
  }
}

if (import.meta.main) {
  const fixture = await startFixture(await buildPages(), Number(process.argv[2] ?? 4011))
  play(fixture)
  console.log(fixture.url)
}
