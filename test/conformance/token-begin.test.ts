import { expect, test } from 'vitest'
import { openMarketplace } from '../../server/adapters/marketplaces/index.ts'
import { realClock } from '../../server/kernel/clock.ts'
import type { HttpPort } from '../../server/kernel/http-port.ts'
import { ChannelFault, type TokenStore } from '../../server/modules/channels/adapter.ts'
import { KINDS } from '../marketplace-kinds.ts'

test.each(['naver', 'cafe24'] as const)(
  '%s says that its token call begins right before it leaves, for as long as it waits, and sends none once another renews',
  async (channel) => {
    const { credentials } = KINDS[channel]
    const order: string[] = []
    const open = (begin: (withinMs: number) => Promise<void>) => {
      const tokens: TokenStore = { read: async () => null, renew: (_seen, ask) => ask(null, begin) }
      const http: HttpPort = {
        async send() {
          order.push('sent')
          return { kind: 'not_sent', reason: 'nobody is there' }
        },
      }
      const spend = async () => void order.push('its turn')
      const account = { baseUrl: 'http://127.0.0.1:1', credentials, settings: { timeoutMs: 7_000 } }
      return openMarketplace[channel](account, { clock: realClock, http, spend, learn: () => {}, tokens })
    }
    const noted = open(async (withinMs) => void order.push(`begins, ${withinMs} ms`))
    await expect(noted.readStock('1')).rejects.toThrow(ChannelFault)
    const firstCall = order.indexOf('sent')
    expect(order.slice(firstCall - 2, firstCall + 1)).toEqual(['its turn', 'begins, 7000 ms', 'sent'])

    order.length = 0
    const late = open(() => Promise.reject(new ChannelFault('unreachable', 'another renews')))
    await expect(late.readStock('1')).rejects.toThrow(ChannelFault)
    expect(order).not.toContain('sent')
  },
)
