import { once } from 'node:events'
import { createServer } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { leadHostsHere } from './hosts.ts'

const ask = (url: string) =>
  new Promise<string>((resolve, reject) => {
    const asked = https.get(url, (answer) => {
      answer.setEncoding('utf8').on('data', resolve)
    })
    asked.on('error', reject)
  })

test('a host that is named leads here with its own name and path, any other nowhere, and afterwards all is as before', async () => {
  const server = createServer(({ headers, url }, answer) => answer.end(`${headers.host}${url}`)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const before = https.Agent.prototype.createConnection
  const hosts = leadHostsHere({ 'shop.invalid': (server.address() as AddressInfo).port })
  expect(await ask('https://shop.invalid/a?b=%20')).toBe('shop.invalid/a?b=%20')
  await expect(ask('https://elsewhere.invalid/')).rejects.toThrow('nobody stands in for elsewhere.invalid')
  hosts.restore()
  expect(https.Agent.prototype.createConnection).toBe(before)
  server.closeAllConnections()
  server.close()
})
