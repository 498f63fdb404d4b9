import { expect, test } from 'vitest'
import { runChaos } from './rig.ts'

test('kill -9 of server, worker and PostgreSQL under load loses nothing acknowledged and takes nothing twice', async () => {
  const result = await runChaos({ rounds: 3, seed: 41, clients: 8, say: () => {} })
  expect(result.killed).toEqual({ server: 1, worker: 1, postgres: 1 })
  expect(result.acknowledged).toBeGreaterThan(50)
  const { lost, doubled, unexplained, violations } = result
  expect({ lost, doubled, unexplained, violations }).toEqual({ lost: 0, doubled: 0, unexplained: 0, violations: 0 })
}, 90_000)
