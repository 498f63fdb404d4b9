import { realClock } from '../../server/kernel/clock.ts'
import type { HttpOutcome, HttpPort, HttpRequest } from '../../server/kernel/http-port.ts'
import { openRealHttp } from '../../server/kernel/real-http.ts'
import type {
  Account,
  AdapterDeps,
  Capabilities,
  ChannelAdapter,
  ChannelClaim,
  ClaimKind,
  OpenAdapter,
} from '../../server/modules/channels/adapter.ts'
import { tokensInMemory } from '../../server/modules/channels/tokens-in-memory.ts'
import type { Marketplace } from '../../simulators/marketplace.ts'
import { type RunningSimulator, startSimulator } from '../../simulators/shell.ts'

/** A marketplace on a real socket and what the suite must know about its kind. */
export type Scene = {
  open: OpenAdapter
  /** `pace`: calls are counted and refused as in the contract; else as many as the suite likes. */
  createMarketplace(pace: boolean): Marketplace
  account(url: string): Account
  /** Signs in nobody. */
  wrongCredentials: Account['credentials']
  /** A call that changes something at the marketplace. */
  isWrite(request: HttpRequest): boolean
  /** A call whose answer is spoilt when answers are: everything but signing in. */
  isSpoilt(request: HttpRequest): boolean
  /** Calls the marketplace refused because there were too many. */
  overBudget(marketplace: Marketplace): number
  /** A key of the form this marketplace's lines have, of a line that does not exist; '123' where any text will do. */
  strangeKey?: string
  /** An answer with another text in its nth field (of as many as there are, counted round), ids apart. JSON by default. */
  wrongField?: { values: readonly string[]; put(body: string, nth: number, value: string): string }
  /** What the marketplace itself leaves of a buyer called 김\0하\ud800나, where it cannot even say such text. */
  unsayable?: string
  /** A number that a carrier's invoices may have, where the marketplace checks their form. */
  invoices?: Readonly<Record<string, string>>
  /** An order cancelled before it was told shows nobody any more how many units it was of, so it is not told at all. */
  forgetsCancelled?: true
  /** Null while the adapter tells no claims yet: then no rule of claims is played. */
  buyers: Buyers | null
}

/** What buyers and carriers do at this kind of marketplace besides buying, through its simulator. */
export type Buyers = {
  /** What buyers can ask for here once the seller acknowledged (cancel) or shipped (return, exchange). */
  asks: readonly ClaimKind[]
  /** What of it they can take back. */
  takesBack: readonly ClaimKind[]
  /** Asks for so many units of a line, or, with null, for all. Units are null where claims have no quantity. */
  ask(stage: Stage, kind: ClaimKind, lineKey: string, quantity: number | null): void
  takeBack(stage: Stage, claim: ChannelClaim): void
  /** Parcels of these lines, first or exchanged ones, reach their buyers, as far as anything here waits for that. */
  getParcels(stage: Stage, lineKeys: readonly string[]): void
  /** The goods of a return or exchange reach the seller, as far as the marketplace itself must learn of it. */
  sendBack(stage: Stage, claim: ChannelClaim): void
  /** A change of a claim is told within this many collections. 1 where every collection reads all of it. */
  toldWithin: number
  /** An answer in which the row of this claim breaks the contract, its numbers apart; as it was where it has no such row. */
  breakRow(body: string, claimKey: string): string
}

export type Learned = Parameters<AdapterDeps['learn']>[1] & { bucket: string }

export type Stage = {
  adapter: ChannelAdapter
  simulator: RunningSimulator
  marketplace: Marketplace
  account: Account
  /** Every request sent, oldest first. */
  sent: HttpRequest[]
  learned: Learned[]
  /** Turns in the call budget that were asked for until now. */
  turns(): number
  /** Called before a request leaves; for faults that must strike one call and not the one before it. */
  beforeSend(act: (request: HttpRequest) => void): void
  /** What becomes of the body of an answer, signing in apart; null leaves answers as they are. */
  spoilAnswers(change: ((body: string) => string) | null): void
  /** Another adapter on the same account, as a second process has. */
  another(change?: Partial<Account>): ChannelAdapter
  close(): Promise<void>
}

export async function setStage(scene: Scene, options: { pace?: boolean } = {}): Promise<Stage> {
  const pace = options.pace ?? false
  const marketplace = scene.createMarketplace(pace)
  const simulator = await startSimulator(marketplace)
  const network = openRealHttp()
  const sent: HttpRequest[] = []
  const learned: Learned[] = []
  let turns = 0
  let act: (request: HttpRequest) => void = () => {}
  let change: ((body: string) => string) | null = null

  const http: HttpPort = {
    send: async (request) => {
      sent.push(request)
      act(request)
      const outcome = await network.send(request)
      return change !== null && scene.isSpoilt(request) ? spoil(outcome, change) : outcome
    },
  }
  const account = scene.account(simulator.url)
  // Shared, as the connection's are by every process.
  const tokens = tokensInMemory()
  const open = (changed: Partial<Account> = {}) => {
    const budget: { spend: AdapterDeps['spend']; learn: AdapterDeps['learn'] } = pace
      ? openBudget(() => adapter.capabilities)
      : { spend: async () => {}, learn: () => {} }
    const adapter: ChannelAdapter = scene.open(
      { ...account, ...changed },
      {
        http,
        clock: realClock,
        tokens,
        spend: (bucket) => {
          turns += 1
          return budget.spend(bucket)
        },
        learn: (bucket, seen) => {
          learned.push({ bucket, ...seen })
          budget.learn(bucket, seen)
        },
      },
    )
    return adapter
  }
  return {
    adapter: open(),
    simulator,
    marketplace,
    account,
    sent,
    learned,
    turns: () => turns,
    beforeSend: (hook) => {
      act = hook
    },
    spoilAnswers: (next) => {
      change = next
    },
    another: open,
    close: async () => {
      network.close()
      await simulator.close()
    },
  }
}

/** What an adapter says it can do, before anything is played: rules differ by it. */
export function capabilitiesOf(scene: Scene): Capabilities {
  const never = () => Promise.reject(new Error('nothing is sent'))
  return scene.open(scene.account('http://127.0.0.1:9'), {
    http: { send: never },
    clock: realClock,
    spend: never,
    learn: () => {},
    tokens: tokensInMemory(),
  }).capabilities
}

/** A character is a byte, so that answers in EUC-KR stay what they were but for the change; what is put in is UTF-8. */
function spoil(outcome: HttpOutcome, change: (body: string) => string): HttpOutcome {
  if (outcome.kind !== 'answered') return outcome
  const bytes = Buffer.from(outcome.response.body).toString('latin1')
  const changed = change(bytes).replaceAll(/[^\0-\xff]+/g, (text) => Buffer.from(text).toString('latin1'))
  return { kind: 'answered', response: { ...outcome.response, body: new Uint8Array(Buffer.from(changed, 'latin1')) } }
}

/** A real token bucket a budget: what the core keeps in PostgreSQL, kept here in memory. */
function openBudget(capabilities: () => Capabilities): { spend: AdapterDeps['spend']; learn: AdapterDeps['learn'] } {
  type Bucket = { rate: number; burst: number; tokens: number; at: number; silentUntil: number }
  const buckets = new Map<string, Bucket>()
  const bucketOf = (name: string) => {
    const found = buckets.get(name)
    if (found) return found
    const budget = capabilities().budgets.find((candidate) => candidate.bucket === name)
    if (!budget) throw new Error(`no budget named ${name}`)
    const { ratePerSecond: rate, burst } = budget
    const made = { rate, burst, tokens: burst, at: realClock.monotonic(), silentUntil: 0 }
    buckets.set(name, made)
    return made
  }
  const refill = (bucket: Bucket) => {
    const now = realClock.monotonic()
    bucket.tokens = Math.min(bucket.burst, bucket.tokens + ((now - bucket.at) / 1_000) * bucket.rate)
    bucket.at = now
    return now
  }
  return {
    spend: async (name) => {
      const bucket = bucketOf(name)
      const now = refill(bucket)
      bucket.tokens -= 1
      const turnMs = Math.max(0, (-bucket.tokens / bucket.rate) * 1_000, bucket.silentUntil - now)
      await realClock.sleep(turnMs)
    },
    learn: (name, seen) => {
      const bucket = bucketOf(name)
      const now = refill(bucket)
      bucket.rate = seen.ratePerSecond ?? bucket.rate
      bucket.burst = seen.burst ?? bucket.burst
      if (seen.remaining !== undefined) bucket.tokens = Math.min(bucket.tokens, seen.remaining)
      if (seen.pauseMs !== undefined) bucket.silentUntil = now + seen.pauseMs
    },
  }
}
