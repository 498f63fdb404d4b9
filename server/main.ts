import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { BadInput, type CommandContext, Interrupted, unlessInterrupted } from './commands/context.ts'
import { openProgress } from './commands/progress.ts'
import { hooks } from './compose.ts'
import { realClock } from './kernel/clock.ts'
import { BadSetting, type Config, readConfig } from './kernel/config.ts'
import { openDatabase } from './kernel/db.ts'
import { GroundUnfit, openGround } from './kernel/ground.ts'
import { idsFrom } from './kernel/ids.ts'
import { MigrationRefused } from './kernel/migrate.ts'
import { realRandom } from './kernel/random.ts'
import { openSecrets } from './kernel/secrets.ts'

const INTERRUPTED = 130

/**
 * The command line: `npm start`, and `npm run -s jaego -- <command>`. Answers go to stdout (with --json one JSON line,
 * last), progress and logs to stderr. Exit code 0 done, 1 something is wrong, 2 the command was not understood, 130 it was
 * ended early.
 */
const program = new Command('jaego')
  .description('One pool of stock for everything a seller sells, on every channel.')
  .configureHelp({ sortSubcommands: false })
  .exitOverride()

const json = () => new Option('--json', 'print one JSON line, last on stdout')

program
  .command('start', { hidden: true })
  .description('everything at once, with pretend marketplaces and shoppers')
  .action(async () => {
    const { start } = await import('./commands/start.ts')
    await start(readConfig(realRandom), untilAsked(), (line) => console.log(line))
  })

program
  .command('serve')
  .description('the API and the live board')
  .action(async () => {
    const { serve } = await import('./commands/serve.ts')
    await serve(readConfig(realRandom), untilAsked(), (line) => console.log(line))
  })

program
  .command('worker')
  .description('the loops: collect orders, keep every channel true; any number of them')
  .action(async () => {
    const { worker } = await import('./commands/serve.ts')
    await worker(readConfig(realRandom), untilAsked())
  })

program
  .command('migrate')
  .description('bring the database to the newest schema')
  .action(async () => {
    const ground = await openGround(readConfig(realRandom), (line) => console.error(line))
    await ground.stop()
    console.log('the schema is the newest')
  })

program
  .command('demo')
  .description('run the main job for a while with shoppers, let it come to rest, sum up')
  .option('--for <duration>', 'how long: 30s, 2m', duration, 30_000)
  .option('--seed <number>', 'fixes shoppers and faults, not yet how they interleave', whole, 1)
  .addOption(
    new Option('--channels <channels>', 'main: SmartStore and Coupang').choices(['main', 'all']).default('main'),
  )
  .option('--faults', 'timeouts, lost writes, outages, a killed worker', false)
  .addOption(new Option('--policy <policy>').choices(['rights', 'pool', 'buffered', 'fixed']).default('rights'))
  .addOption(new Option('--limits <limits>', "the contract's call budgets").choices(['on', 'off']).default('on'))
  .option('--time-scale <factor>', "how fast the marketplaces' clocks run", positive, 1)
  .addOption(json())
  .action(async (options) => {
    const { runDemo } = await import('./commands/demo/demo.ts')
    const bar = openProgress(false)
    const summary = await runDemo(ownFolder(readConfig(realRandom)), {
      ...options,
      ...{ forMs: options.for, signal: untilAsked() },
      progress: bar.progress,
    })
    bar.end()
    answer(options.json, summary, () => JSON.stringify(summary, null, 2))
    if (summary.violations > 0) process.exitCode = 1
  })

const company = program.command('company').description('companies and their keys')
company
  .command('add')
  .argument('<name>')
  .description('a company with one warehouse; prints its id and a key for the API, once')
  .addOption(json())
  .action(async (name: string, options) => {
    const { addCompany } = await import('./commands/accounts.ts')
    const made = await withContext((context) => addCompany(context, realRandom, name))
    answer(options.json, made, () => `company  ${made.company}\nAPI key  ${made.apiKey}   (shown this once)`)
  })

const connection = program.command('connection').description('accounts at marketplaces')
connection
  .command('add')
  .argument('<channel>', 'its name, as docs/running.md has them')
  .description('connect an account. It begins in observe: read, and push nothing')
  .requiredOption('--company <id>')
  .requiredOption('--base-url <url>', "the marketplace's address, or a simulator's")
  .requiredOption('--credentials <file>', 'JSON with what its adapter asks for; docs/running.md has the names')
  .option('--name <name>', 'how people call it')
  .option('--settings <json>', 'answers to what the contract leaves open', '{}')
  .addOption(json())
  .action(async (channel: string, options) => {
    const { addConnection } = await import('./commands/accounts.ts')
    const secrets = openSecrets(readConfig(realRandom).secretKey, realRandom)
    const account = {
      ...{ company: options.company, channel, name: options.name ?? channel, baseUrl: options.baseUrl },
      ...{ credentials: textOf(options.credentials, 'credentials'), settings: options.settings },
    }
    const made = await withContext((context) => addConnection(context, secrets, account))
    answer(options.json, made, () => `connection  ${made.connection}   ${made.channel}, ${made.mode}`)
  })
connection
  .command('list')
  .description('all of them, without credentials')
  .addOption(json())
  .action(async (options) => {
    const { listConnections } = await import('./commands/accounts.ts')
    const rows = await withContext(listConnections)
    answer(options.json, rows, () =>
      rows
        .map(
          (row) =>
            `${row.connection}  ${row.channel.padEnd(8)}  ${row.mode.padEnd(7)}  ${row.companyName}: ${row.name}`,
        )
        .join('\n'),
    )
  })

connection
  .command('preview')
  .argument('<connection>', 'its id')
  .description('what would be sent first if it pushed, and the look that push wants')
  .addOption(json())
  .action(async (id: string, options) => {
    const { previewConnection } = await import('./commands/pushing.ts')
    const secrets = openSecrets(readConfig(realRandom).secretKey, realRandom)
    const found = await withContext((context) => previewConnection(context, secrets, id))
    answer(options.json, found, () =>
      [
        ...found.listings.map(({ sku, name, shown, wouldSend }) => `${sku}  ${shown ?? '?'} -> ${wouldSend}   ${name}`),
        `${found.differing} of ${found.looked} listings would change; ${found.unread} were never read`,
        `seen  ${found.seen}   (until ${found.seenUntil})`,
      ].join('\n'),
    )
  })
connection
  .command('push')
  .argument('<connection>', 'its id')
  .description('observe no longer: send numbers, as seen in the preview')
  .requiredOption('--seen <look>', 'as connection preview printed it, at most ten minutes ago')
  .addOption(json())
  .action(async (id: string, options) => {
    const { pushConnection } = await import('./commands/pushing.ts')
    const secrets = openSecrets(readConfig(realRandom).secretKey, realRandom)
    const made = await withContext((context) => pushConnection(context, secrets, id, options.seen))
    answer(options.json, made, () => `connection  ${made.connection}   ${made.mode}`)
  })

program
  .command('simulators')
  .description('the pretend marketplaces alone, with their URLs and test keys, for any client')
  .argument('[options...]', 'as `npm run simulators -- --help` tells: --seed 1 --shoppers 1 --limits on …')
  .allowUnknownOption()
  .helpOption(false)
  .action(async (options: string[]) => {
    const { runSimulators } = await import('./commands/simulators.ts')
    process.exitCode = await runSimulators(options, untilAsked())
  })

program
  .command('replay')
  .argument('<file>', 'UCI Online Retail as CSV, gzipped or not')
  .description('play a year of trade through catalog, orders and stock')
  .option('--direct', 'straight through the verbs (the only way yet)', true)
  .option('--opening <part>', 'opening stock as a part of what each SKU will sell', positive, 1)
  .option('--company <id>', 'play it in this company')
  .addOption(json())
  .action(async (file: string, options) => {
    const { replay } = await import('./commands/replay.ts')
    const result = await withContext((context) =>
      replay(context, { file, opening: options.opening, company: options.company ?? null }),
    )
    answer(options.json, result, () => JSON.stringify(result, null, 2))
    if (result.violations > 0) process.exitCode = 1
  })

program
  .command('explain')
  .argument('<sku>')
  .description('why each number is what it is')
  .option('--at <time>', 'as of this instant: 2026-11-20T09:00:00Z')
  .option('--company <id>')
  .addOption(json())
  .action(async (sku: string, options) => {
    const { explainSku, explainInWords } = await import('./commands/explain.ts')
    const result = await withContext((context) =>
      explainSku(context, { sku, at: options.at ?? null, company: options.company ?? null }),
    )
    answer(options.json, result, () => explainInWords(result))
  })

program
  .command('check')
  .description('every invariant with its count; exit code 1 on any violation')
  .addOption(json())
  .action(async (options) => {
    const { check } = await import('./commands/check.ts')
    const result = await withContext((context) => check(context))
    answer(options.json, result, () =>
      result.invariants
        .map(({ name, violations }) => `${violations === 0 ? 'ok  ' : `${violations}  `} ${name}`)
        .join('\n'),
    )
    if (result.violations > 0) process.exitCode = 1
  })

program
  .command('db')
  .description('the embedded PostgreSQL')
  .command('stop')
  .description('stop it, whoever is using it')
  .action(async () => {
    const { stopEmbedded } = await import('./kernel/postgres/embedded.ts')
    console.log(await stopEmbedded(readConfig(realRandom).dataDir))
  })

await program.parseAsync().catch((error: unknown) => {
  process.exitCode = tell(error)
})
// The line to the program that started us would keep us up when the work is done.
if (process.connected) process.disconnect()

/** Every failure is one clear line; only a mistake of ours brings its stack. */
function tell(error: unknown): number {
  if (error instanceof Error && error.constructor.name === 'CommanderError')
    return (error as { exitCode?: number }).exitCode === 0 ? 0 : 2
  if (error instanceof BadInput || error instanceof BadSetting) {
    console.error(error.message)
    return 2
  }
  if (error instanceof GroundUnfit || error instanceof MigrationRefused) {
    console.error(error.message)
    return 1
  }
  // Loops of a command that was ended early would keep us up.
  if (error instanceof Interrupted) process.exit(INTERRUPTED)
  console.error(error)
  return 1
}

function textOf(file: string, field: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new BadInput(`the file ${file} cannot be read`, { field })
  }
}

/** Aborts at the first Ctrl-C or SIGTERM, or when the program that started us is gone. */
function untilAsked(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  if (process.send) process.once('disconnect', () => stop.abort())
  return stop.signal
}

async function withContext<Result>(work: (context: CommandContext) => Promise<Result>): Promise<Result> {
  const config = readConfig(realRandom)
  const stop = untilAsked()
  const ground = await openGround(config, (line) => console.error(line))
  const newId = idsFrom(realClock, realRandom)
  const subscribers = hooks
  const db = openDatabase({ url: ground.url, newId, connections: 8, statementTimeoutMs: 600_000, subscribers })
  const bar = openProgress(false)
  try {
    const context = { url: ground.url, db, newId, clock: realClock, subscribers, progress: bar.progress }
    return await unlessInterrupted(stop, () => work(context))
  } finally {
    bar.end()
    await db.close()
    await ground.stop()
  }
}

/** A demo plays in a folder of its own, so that it disturbs no data that somebody keeps. */
function ownFolder(config: Config): Config {
  return config.databaseUrl === null ? { ...config, dataDir: `${config.dataDir}/demo` } : config
}

function answer(asJson: boolean | undefined, result: unknown, words: () => string): void {
  console.log(asJson ? JSON.stringify(result) : words())
}

function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  if (!match) throw new InvalidArgumentError('write it as 500ms, 30s, 2m or 1h')
  return Number(match[1]) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h']
}

function whole(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('a whole number, 0 or more')
  return value
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('a number above 0')
  return value
}
