import { capabilitiesOf } from '../adapters/marketplaces/capabilities-of.ts'
import { openMarketplace } from '../adapters/marketplaces/index.ts'
import type { Random } from '../kernel/random.ts'
import type { Secrets } from '../kernel/secrets.ts'
import { companyIds, companyName, createApiKey, createCompany } from '../modules/access/index.ts'
import { createConnection, readConnections } from '../modules/channels/index.ts'
import { createWarehouses, listWarehouses } from '../modules/inventory/index.ts'
import { BadInput, type CommandContext } from './context.ts'

/** A company with one warehouse and a key of its own, which is shown this once and kept only as a hash. */
export async function addCompany(
  { db, newId }: CommandContext,
  random: Random,
  name: string,
): Promise<{ company: string; apiKey: string }> {
  const called = nameOf(name)
  const company = newId()
  const apiKey = await db.transaction([company], async (tx) => {
    createCompany(tx, { id: company, name: called })
    createWarehouses(tx, [
      {
        ...{ company, code: 'MAIN', name: '창고', address: '', latitude: null, longitude: null },
        priority: 1,
        sellable: true,
      },
    ])
    return createApiKey(tx, company, 'command line', random)
  })
  return { company, apiKey }
}

export type NewAccount = {
  company: string
  channel: string
  name: string
  baseUrl: string
  /** JSON as the file has it. */
  credentials: string
  /** JSON as the caller typed it. */
  settings: string
}

/**
 * Connects an account. It begins in observe: orders and numbers are read, nothing is pushed before a person switches it
 * on. Credentials come from a file, so that no shell remembers them, and are sealed before they reach the database.
 */
export async function addConnection(
  { db }: CommandContext,
  secrets: Secrets,
  account: NewAccount,
): Promise<{ connection: string; channel: string; mode: 'observe' }> {
  const { company, channel } = account
  const name = nameOf(account.name)
  const open = Object.entries(openMarketplace).find(([known]) => known === channel)?.[1]
  if (!open) {
    throw new BadInput(`known are ${Object.keys(openMarketplace).join(', ')}, not "${channel}"`, { field: 'channel' })
  }
  const baseUrl = httpUrl(account.baseUrl)
  const credentials = flatJson(account.credentials, 'credentials', isText)
  const settings = flatJson(account.settings, 'settings', isSetting)
  if (!(await companyIds(db)).includes(company)) throw new BadInput('nobody knows this company', { field: 'company' })
  const { budgets, feedLatenessMs } = capabilitiesOf(open, settings)
  const connection = await db.transaction([company], async (tx) => {
    const warehouses = (await listWarehouses(tx)).filter(({ sellable }) => sellable)
    return createConnection(tx, secrets, {
      ...{ company, channel, name, baseUrl, credentials, settings, budgets, feedLatenessMs },
      ...{ mode: 'observe', policy: 'rights', policySettings: {} },
      warehouses: warehouses.map(({ warehouseId }) => warehouseId),
    })
  })
  return { connection, channel, mode: 'observe' }
}

export type AccountRow = {
  company: string
  companyName: string
  connection: string
  channel: string
  name: string
  mode: string
  connected: boolean
}

export async function listConnections({ db }: CommandContext): Promise<AccountRow[]> {
  const rows: AccountRow[] = []
  for (const company of await companyIds(db)) {
    rows.push(
      ...(await db.transaction([company], async (tx) => {
        const companyCalled = (await companyName(tx, company)) ?? ''
        return (await readConnections(tx)).map(({ connectionId, channel, name, mode, apiSupported }) => ({
          ...{ company, companyName: companyCalled, connection: connectionId },
          ...{ channel, name, mode, connected: apiSupported },
        }))
      })),
    )
  }
  return rows
}

const NAME_MAX = 100
const JSON_MAX = 16_384

function nameOf(text: string): string {
  if (text.trim() === '' || text.length > NAME_MAX) {
    throw new BadInput(`a name has 1 to ${NAME_MAX} characters`, { field: 'name' })
  }
  return text.trim()
}

function httpUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new BadInput(`an address such as https://api.example.com, not "${text.slice(0, 100)}"`, { field: 'base-url' })
  }
  return text.replace(/\/+$/, '')
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isSetting = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value)

/** The text itself is never repeated: it may hold a secret. */
function flatJson<Value>(text: string, field: string, fits: (value: unknown) => value is Value): Record<string, Value> {
  const parsed = parsedJson(text, field)
  const wrong = Object.entries(parsed).find(([, value]) => !fits(value))
  if (wrong) throw new BadInput(`"${wrong[0]}" holds something else than it may`, { field })
  return parsed as Record<string, Value>
}

function parsedJson(text: string, field: string): Record<string, unknown> {
  if (text.length > JSON_MAX) throw new BadInput(`more than ${JSON_MAX} characters`, { field })
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new BadInput('this is no JSON', { field })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new BadInput('a JSON object is expected, such as {"clientId": "…"}', { field })
  }
  return parsed as Record<string, unknown>
}
