import { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import { CARRIERS, ChannelFault } from '../../../modules/channels/adapter.ts'
import { expectShape } from '../answers.ts'
import type { Ask } from './call.ts'
import { BUCKETS } from './capabilities.ts'

/** The seller registers carriers at the mall by hand, seldom. */
const KEEP_MS = 3_600_000

/**
 * Codes differ from mall to mall (CJ is 0006 in one client's words and 0019 in another's), names do not, but for a
 * carrier's older name. So the mall is asked, and each carrier found by what its name begins with.
 */
const NAMES: Readonly<Record<keyof typeof CARRIERS, RegExp>> = {
  cj: /^(cj)?(대한통운|gls)|^cj/,
  lotte: /^(롯데|현대택배)/,
  hanjin: /^한진/,
  logen: /^로젠/,
  epost: /^우체국/,
  kyungdong: /^경동/,
  daesin: /^대신/,
  ilyang: /^일양/,
}

export type Carriers = {
  /** Known to jaego at all: no call is made for one that is not. */
  isKnown(carrier: string): boolean
  /** The mall's code of a carrier; null where the mall has not registered it. */
  codeOf(carrier: string): Promise<string | null>
  /** Codes as far as they have been asked for: goods that were accepted will be shipped soon. */
  prepare(): Promise<void>
  /** The mall's code, null, or undefined while nobody has asked. */
  remembered(carrier: string): string | null | undefined
}

export function openCarriers(ask: Ask, clock: Clock): Carriers {
  let known: { codes: ReadonlyMap<string, string>; at: number } | null = null

  async function codes(): Promise<ReadonlyMap<string, string>> {
    if (known && Math.abs(clock.now() - known.at) < KEEP_MS) return known.codes
    const { value } = await ask({ bucket: BUCKETS.actions, method: 'GET', path: 'carriers' })
    const { carriers } = expectShape(carriersAnswer, value, 'carriers')
    known = { codes: new Map(carriers.flatMap(nameAndCode)), at: clock.now() }
    return known.codes
  }

  return {
    isKnown: (carrier) => Object.hasOwn(CARRIERS, carrier),
    codeOf: async (carrier) => (await codes()).get(carrier) ?? null,
    remembered: (carrier) => (known ? (known.codes.get(carrier) ?? null) : undefined),
    prepare: async () => {
      try {
        await codes()
      } catch (error) {
        // Asked again when the goods go; what was asked for now has been done.
        if (!(error instanceof ChannelFault)) throw error
      }
    },
  }
}

function nameAndCode(row: z.infer<typeof carrierRow>): [string, string][] {
  const name = row.shipping_carrier.toLowerCase().replaceAll(/[\s()㈜]/g, '')
  return Object.entries(NAMES)
    .filter(([, pattern]) => pattern.test(name))
    .map(([carrier]) => [carrier, row.shipping_carrier_code])
}

const carrierRow = z.object({
  shipping_carrier: z.string().max(100),
  shipping_carrier_code: z.string().min(1).max(20),
})

const carriersAnswer = z.object({ carriers: z.array(carrierRow) })
