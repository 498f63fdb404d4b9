import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const SIMULATORS = fileURLToPath(new URL('../../simulators/main.ts', import.meta.url))

/**
 * The pretend marketplaces in a process of their own, since they share no code with us. They print base URLs and test
 * credentials for any client and end when asked, as we do. Answers their exit code.
 */
export async function runSimulators(args: readonly string[], signal: AbortSignal): Promise<number> {
  const simulators = spawn(process.execPath, [SIMULATORS, ...args], { stdio: 'inherit' })
  signal.addEventListener('abort', () => simulators.kill('SIGTERM'), { once: true })
  const [code] = (await once(simulators, 'exit')) as [number | null]
  return code ?? 1
}
