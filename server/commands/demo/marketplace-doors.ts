import type { HttpPort } from '../../kernel/http-port.ts'

/** The simulators' control API, as a person at their keyboard would use it: plain HTTP, no code shared. */
export type Simulator = {
  url: string
  get<Answer>(path: string): Promise<Answer>
  post<Answer>(path: string, body: object): Promise<Answer>
  patch<Answer>(path: string, body: object): Promise<Answer>
}

const DEADLINE_MS = 30_000

export function openSimulator(http: HttpPort, url: string): Simulator {
  const call = async <Answer>(method: 'GET' | 'POST' | 'PATCH', path: string, body: object | null): Promise<Answer> => {
    const outcome = await http.send({
      method,
      url: `${url}/_control/${path}`,
      headers: [['content-type', 'application/json']],
      body: body === null ? null : Buffer.from(JSON.stringify(body)),
      deadlineMs: DEADLINE_MS,
    })
    if (outcome.kind !== 'answered') throw new Error(`the simulator at ${url} does not answer: ${outcome.reason}`)
    const text = Buffer.from(outcome.response.body).toString('utf8')
    if (outcome.response.status !== 200) throw new Error(`the simulator refused ${path}: ${text.slice(0, 300)}`)
    return JSON.parse(text) as Answer
  }
  return {
    url,
    get: (path) => call('GET', path, null),
    post: (path, body) => call('POST', path, body),
    patch: (path, body) => call('PATCH', path, body),
  }
}

export type Seeded = { unit: string; item: string; sellerCode: string; stock: number }
export type Truth = {
  items: { unit: string; item: string; sellerCode: string; stock: number; onSale: boolean }[]
  lines: {
    orderId: string
    lineKey: string
    item: string
    quantity: number
    cancelled: number
    state: string
    invoice: string
  }[]
}
/** The marketplace's own record of a claim, one row a line; null of a marketplace that keeps none for us. */
export type TrueClaim = {
  lineKey: string
  kind: 'cancel' | 'return' | 'exchange'
  quantity: number
  end: 'open' | 'done' | 'void'
}
export type BuyAnswer = { kind: 'sold'; orderId: string } | { kind: 'sold_out'; stock: number }
export type CallCount = { bucket: string; taken: number; refused: number }
