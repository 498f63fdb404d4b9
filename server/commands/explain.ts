import type { Explanation } from '../../contract/board.ts'
import { isId } from '../kernel/ids.ts'
import { companyIds } from '../modules/access/index.ts'
import { explain } from '../screens/explain.ts'
import { BadInput, type CommandContext } from './context.ts'

/** Why each number of a SKU is what it is. Without a company, the newest one that knows the SKU. */
export async function explainSku(
  context: CommandContext,
  options: { sku: string; at: string | null; company: string | null },
): Promise<Explanation> {
  const at = options.at === null ? null : Date.parse(options.at)
  if (at !== null && Number.isNaN(at)) {
    throw new BadInput(`--at must be an instant such as 2026-11-20T09:00:00Z, not "${options.at}"`, { field: 'at' })
  }
  if (options.company !== null && !isId(options.company)) {
    throw new BadInput(`"${options.company}" is not a company's id`, { field: '--company' })
  }
  const companies = options.company === null ? (await companyIds(context.db)).toReversed() : [options.company]
  for (const company of companies) {
    const found = await context.db.transaction([company], (tx) => explain(tx, company, options.sku, at))
    if (found) return found
  }
  throw new BadInput(`nobody knows the SKU ${options.sku}`, { field: 'sku' })
}

/** The same for people. */
export function explainInWords(answer: Explanation): string {
  const lines = [`${answer.sku} ${answer.name}`, `at ${answer.at}`, `available ${answer.available.formula}`, '']
  for (const { code, name, onHand, reserved, movements } of answer.warehouses) {
    lines.push(`${code} ${name}: on hand ${onHand}, reserved ${reserved}`)
    for (const m of movements.slice(0, 8)) {
      lines.push(
        `  #${m.version} ${m.at} ${m.kind} ${signed(m.onHandDelta)}/${signed(m.reservedDelta)} → ${m.onHandAfter}/${m.reservedAfter} ${m.reason} (${m.actor})`,
      )
    }
  }
  for (const { ref, open, since } of answer.shortages) lines.push(`short ${open} for ${ref} since ${since}`)
  if (answer.keptFrom) lines.push('', `what channels showed is kept from ${answer.keptFrom} on, and not known before`)
  for (const listing of answer.listings) {
    const { connection, desired, sent, accepted, observed, rights, why } = listing
    lines.push(
      '',
      `${connection}: desired ${say(desired)}, sent ${say(sent)}, accepted ${say(accepted)}, observed ${say(observed)}, rights ${say(rights)}`,
    )
    lines.push(`  ${why.en}`)
    for (const entry of listing.journal.slice(0, 8)) {
      lines.push(`  ${entry.at} ${entry.kind} ${say(entry.value)}${entry.detail ? ` (${entry.detail})` : ''}`)
    }
  }
  return lines.join('\n')
}

const signed = (delta: number): string => (delta > 0 ? `+${delta}` : `${delta}`)
const say = (number: number | null): string => (number === null ? 'unknown' : `${number}`)
