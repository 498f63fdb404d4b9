import https from 'node:https'
import { connect } from 'node:net'
import { vi } from 'vitest'

/**
 * The public clients have their hosts written into them. From here on a TLS connection to one of these hosts is a plain one
 * to a port of this machine, and a connection to any other host fails, so that no test ever reaches a marketplace.
 * That is all: URL, Host header, signature and every byte above the socket are the client's own. Call `restore` at the end.
 */
export function leadHostsHere(ports: Readonly<Record<string, number>>): { restore(): void } {
  const agents = https.Agent.prototype
  const { createConnection } = agents
  agents.createConnection = ({ host }) => {
    const port = ports[host ?? '']
    if (port === undefined) throw new Error(`nobody stands in for ${host}`)
    return connect({ host: '127.0.0.1', port })
  }
  vi.stubEnv('NO_PROXY', '*') // a proxy of the machine's would be asked instead
  return {
    restore() {
      agents.createConnection = createConnection
      https.globalAgent.destroy() // its kept connections lead to a simulator that is closed by now
      vi.unstubAllEnvs()
    },
  }
}
