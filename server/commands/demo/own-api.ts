import type { HttpPort } from '../../kernel/http-port.ts'
import type { DemoWorld } from './world.ts'

const DEADLINE_MS = 10_000

/** What our own API answered; null when nothing came. */
export type OwnApi = <Answer>(
  method: 'GET' | 'POST',
  path: string,
  body: object | null,
) => Promise<{ status: number; body: Answer } | null>

/** Our own API as a seller's script would use it. */
export const openOwnApi =
  (http: HttpPort, url: string, { apiKey }: DemoWorld): OwnApi =>
  async <Answer>(method: 'GET' | 'POST', path: string, body: object | null) => {
    const outcome = await http.send({
      ...{ method, url: `${url}${path}`, deadlineMs: DEADLINE_MS },
      body: body === null ? null : Buffer.from(JSON.stringify(body)),
      headers: [
        ['content-type', 'application/json'],
        ['authorization', `Bearer ${apiKey}`],
      ],
    })
    if (outcome.kind !== 'answered') return null
    const { status, body: bytes } = outcome.response
    return { status, body: JSON.parse(Buffer.from(bytes).toString('utf8')) as Answer }
  }
