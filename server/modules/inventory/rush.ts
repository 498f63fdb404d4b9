import { realClock } from '../../kernel/clock.ts'
import { openGroupCommit, type PluralVerb } from '../../kernel/group-commit.ts'
import { idsFrom } from '../../kernel/ids.ts'
import { realRandom } from '../../kernel/random.ts'
import { applyStock } from './apply.ts'
import { fingerprintOf, type ReserveRequest, type StockOutcome } from './requests.ts'

/** A rush of buyers for tests of stock: run here, or as a process of its own that waits for a line on stdin. */
export type Rush = {
  url: string
  company: string
  variantId: string
  warehouses: string[]
  whenShort: 'refuse' | 'record'
  lanes: number
  /** One order of one unit for each. */
  refs: string[]
}

export const reserveVerb: PluralVerb<ReserveRequest, StockOutcome> = {
  run: applyStock,
  lookUp: async (_, requests) => requests.map(() => null),
  companyOf: ({ company }) => company,
  referenceOf: ({ company, source, ref }) => `${company}/${source}/${ref}`,
  fingerprintOf,
  keysOf: ({ ref }) => [ref],
}

/** How each order ended, in their order: a kind, or `short` for a firm one with nothing behind it. */
export async function runRush(rush: Rush, start: Promise<unknown> = Promise.resolve()): Promise<string[]> {
  const { url, company, variantId, warehouses, whenShort, lanes, refs } = rush
  const newId = idsFrom(realClock, realRandom)
  const group = openGroupCommit({ url, newId, clock: realClock, connections: lanes, lanes }, reserveVerb)
  await start
  const outcomes = await Promise.all(
    refs.map((ref) =>
      group.submit({
        ...{ verb: 'reserve', company, source: 'rush', ref, actor: 'rush', reservationId: newId() },
        ...{ whenShort, holdForMs: null, drawsOn: 'rights', replaces: null, shipBy: null },
        lines: [{ lineNo: 1, variantId, quantity: 1, warehouses, margin: 0 }],
      }),
    ),
  )
  await group.close()
  return outcomes.map((outcome) => (outcome.kind === 'firm' && outcome.short.length > 0 ? 'short' : outcome.kind))
}

if (import.meta.main) {
  const rush = JSON.parse(process.argv[2]!) as Rush
  process.stdout.write('ready\n')
  const outcomes = await runRush(rush, new Promise((resolve) => process.stdin.once('data', resolve)))
  process.stdout.write(`${JSON.stringify(outcomes)}\n`)
  process.exit(0)
}
