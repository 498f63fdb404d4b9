import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { ROOT } from './source-files.ts'

/**
 * `npm test`: every stage, each with its seconds as it ends; a failing stage's output is shown whole and the others
 * still run. The last line counts vitest's tests, and each other stage as one. `npm test -- path…` runs only the
 * vitest files whose path contains one of the words.
 */

type Count = { passed: number; failed: number; skipped: number }
type Ended = { count: Count; output: string; note?: string }
type Stage = { name: string; run: () => Promise<Ended> }

/** A stage that hangs must not hang the machine that waits for it. */
const STAGE_BOUND_MS = 10 * 60_000

const CHROMIUM_PLACES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].flatMap((name) =>
  (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)),
)

const TOOLS: Stage[] = [
  tool('types', 'tsc', ['--noEmit', '--project', 'tsconfig.json']),
  tool('lint', 'biome', ['ci', '--colors=off', '.']),
  tool('promises', 'oxlint', ['--type-aware', '--deny-warnings']),
  tool('unused', 'knip', ['--no-progress']),
  tests('rules'),
]
// Half of the pure ones wait for a call's turn at the contract's pace: 75 s of processor time took 109 s on two workers.
const TESTS: Stage[] = [tests('pure', 5), tests('postgres'), { name: 'browser', run: browserTests }]

const words = process.argv.slice(2)
const total = words.length > 0 ? await runMatching(words) : await runAll()
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`)
process.exitCode = total.failed > 0 ? 1 : 0

async function runAll(): Promise<Count> {
  const started = performance.now()
  // The first ones use one core each; the others keep both busy by themselves.
  const counts = await atOnce(TOOLS, Math.min(2, availableParallelism()))
  for (const stage of TESTS) counts.push(await runStage(stage))
  console.log(`${'all'.padEnd(10)}${seconds(started)}`)
  return sum(counts)
}

async function runMatching(words: readonly string[]): Promise<Count> {
  const { count } = await vitest(words, true)
  return count
}

async function atOnce(stages: readonly Stage[], width: number): Promise<Count[]> {
  const waiting = [...stages]
  const counts: Count[] = []
  const worker = async () => {
    for (let stage = waiting.shift(); stage; stage = waiting.shift()) counts.push(await runStage(stage))
  }
  await Promise.all(Array.from({ length: width }, worker))
  return counts
}

async function runStage({ name, run }: Stage): Promise<Count> {
  const started = performance.now()
  const { count, output, note } = await run()
  const told = [
    `${count.passed} passed`,
    `${count.failed} failed`,
    ...(count.skipped ? [`${count.skipped} skipped`] : []),
  ]
  console.log(`${name.padEnd(10)}${seconds(started)}  ${told.join(', ')}${note ? `: ${note}` : ''}`)
  if (count.failed > 0) console.log(`\n--- ${name} ---\n${output.trimEnd()}\n---\n`)
  return count
}

function tool(name: string, command: string, args: readonly string[]): Stage {
  return {
    name,
    run: async () => {
      const { ok, output } = await execute(command, args, false)
      return { count: { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 }, output }
    },
  }
}

function tests(project: string, workers = 2): Stage {
  return { name: project, run: () => vitest(['--project', project, `--maxWorkers=${workers}`], false) }
}

/** Without Chromium the rest is still worth knowing; where CI is set it must be there. */
async function browserTests(): Promise<Ended> {
  const found = [process.env.CHROMIUM_PATH, ...CHROMIUM_PLACES].find((path) => path && existsSync(path))
  if (found) return vitest(['--project', 'browser'], false, { CHROMIUM_PATH: found })
  const note = 'no Chromium on this machine; install it, or set CHROMIUM_PATH'
  const isFailure = process.env.CI === 'true'
  return { count: { passed: 0, failed: isFailure ? 1 : 0, skipped: isFailure ? 0 : 1 }, output: note, note }
}

async function vitest(args: readonly string[], shown: boolean, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'jaego-results-'))
  const results = join(folder, 'results.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
    const { ok, output } = await execute('vitest', ['run', ...reporters, ...args], shown, env)
    const count = counted(results)
    // A set-up that fails, an error outside any test, or no test at all: vitest says no while it counts no failure.
    if (!ok && count.failed === 0) count.failed = 1
    return { count, output }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function counted(results: string): Count {
  if (!existsSync(results)) return { passed: 0, failed: 0, skipped: 0 }
  const told = JSON.parse(readFileSync(results, 'utf8')) as Record<string, number>
  return {
    passed: told.numPassedTests ?? 0,
    failed: told.numFailedTests ?? 0,
    skipped: (told.numPendingTests ?? 0) + (told.numTodoTests ?? 0),
  }
}

/** Runs a program of node_modules; `shown` lets it write to the terminal itself. */
function execute(
  command: string,
  args: readonly string[],
  shown: boolean,
  env: NodeJS.ProcessEnv = {},
): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: shown ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      timeout: STAGE_BOUND_MS,
      env: {
        ...process.env,
        ...env,
        PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}`,
        ...(shown ? {} : { NO_COLOR: '1' }),
      },
    })
    const said: Buffer[] = []
    child.stdout?.on('data', (bytes: Buffer) => said.push(bytes))
    child.stderr?.on('data', (bytes: Buffer) => said.push(bytes))
    const ended = (ok: boolean, more: string) => resolve({ ok, output: Buffer.concat(said).toString('utf8') + more })
    child.once('error', (error) => ended(false, error.message))
    child.once('close', (code, signal) => ended(code === 0, signal ? `ended by ${signal}` : ''))
  })
}

function sum(counts: readonly Count[]): Count {
  const add = (key: keyof Count) => counts.reduce((all, count) => all + count[key], 0)
  return { passed: add('passed'), failed: add('failed'), skipped: add('skipped') }
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1).padStart(6)} s`
}
