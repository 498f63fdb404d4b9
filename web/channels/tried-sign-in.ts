import type { z } from 'zod'
import type { ChannelStanding } from '../../contract/channel-board.ts'
import type { fault as faultShape } from '../../contract/faults.ts'
import { readChannels, signIn } from '../api.ts'

type Fault = z.infer<typeof faultShape>

/** The new credentials are kept, and the marketplace did not let us in with them, or could not be asked. */
export class SignInFailed extends Error {
  readonly fault: Fault | null

  /** Null: it has not answered yet. */
  constructor(fault: Fault | null) {
    super(fault?.code ?? 'no answer yet')
    this.name = 'SignInFailed'
    this.fault = fault
  }
}

const LOOK_EVERY_MS = 1_000
/** A collection is due at once; 11번가 and ESM take some ten seconds of their turns at worst. */
const LOOKS_MAX = 60

/**
 * Keeps new credentials and waits until the connection has collected orders with them. Throws SignInFailed with what the
 * marketplace says instead, and what the server refused as it is.
 */
export async function signInAndTry(
  { id, fault, collectedUpTo }: ChannelStanding,
  credentials: Readonly<Record<string, string>>,
): Promise<void> {
  await signIn(id, credentials)
  for (let looks = 1; looks <= LOOKS_MAX; looks++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    const now = (await readChannels(AbortSignal.timeout(10_000))).channels.find((channel) => channel.id === id)
    // What collects was begun with the new ones: whoever was at it with the old has lost his turn.
    if (now === undefined || now.collectedUpTo !== collectedUpTo) return
    if (now.fault !== null && now.fault.at !== fault?.at) throw new SignInFailed(now.fault)
  }
  throw new SignInFailed(null)
}
