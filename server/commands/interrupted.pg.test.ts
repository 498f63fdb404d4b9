import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { childEnvironment } from '../kernel/config.ts'
import { stopEmbedded } from '../kernel/postgres/embedded.ts'

test('a demo that is ended early stops its marketplaces, its worker and its PostgreSQL', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'jaego-interrupted-'))
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  try {
    const child = spawn(process.execPath, [main, 'demo', '--for', '60s', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: childEnvironment({ JAEGO_DATA: dataDir }),
    })
    const lines = createInterface({ input: child.stderr })
    lines.on('line', (line) => {
      if (/^0% \d+ orders/.test(line)) child.kill('SIGINT')
    })
    // Closed when nobody has it open any more: the children of the child had it, too.
    const [code] = (await once(child, 'close')) as [number | null]
    expect(code).toBe(130)
    expect(await stopEmbedded(join(dataDir, 'demo'))).toBe('not_running')
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}, 60_000)
