import { isTest, type SourceFile } from './source-files.ts'
import { platformUses, silencedTests, strings } from './source-words.ts'

/** Each rule gives one line for every fault it finds: where, what, and what to do instead. */

export function foldersOffTheMap(
  folders: readonly string[],
  map: Readonly<Record<string, readonly string[]>>,
): string[] {
  const names = Object.keys(map)
  return [
    ...folders.filter((name) => !names.includes(name)).map((name) => `server/modules/${name} is not in module-map.ts`),
    ...names
      .filter((name) => !folders.includes(name))
      .map((name) => `module-map.ts names ${name}, which has no folder`),
    ...names.flatMap((name, i) =>
      map[name]!.filter((used) => !names.slice(0, i).includes(used)).map(
        (used) => `${name} uses ${used}, not above it`,
      ),
    ),
  ]
}

const FORBIDDEN_WORDS = /^(utils?|common|helpers?|managers?|services?)$/i

/** Names that say nothing: if no name will come, the thing is two things. */
export function emptyNames(paths: readonly string[]): string[] {
  const says = (path: string) => path.split(/[/.\-_]|(?<=[a-z])(?=[A-Z])/).find((word) => FORBIDDEN_WORDS.test(word))
  return paths.filter(says).map((path) => `${path} is called "${says(path)}"`)
}

export function silenced(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => isTest(path))
    .flatMap((file) => silencedTests(file).map(({ line, what }) => `${file.path}:${line} has ${what}`))
}

/** What each real port may take from the platform; nothing else in server/ may take any of it. */
export const REAL_PORTS: Readonly<Record<string, readonly string[]>> = {
  'server/kernel/clock.ts': ['Date.now', 'performance.now', 'setTimeout', 'setInterval', 'setImmediate'],
  'server/kernel/random.ts': ['randomFillSync'],
  'server/kernel/real-http.ts': ['setTimeout', 'node:http', 'node:https'],
  'server/kernel/config.ts': ['process.env'],
  'server/kernel/postgres/cluster.ts': ['randomBytes'], // the password of a new cluster
  'server/kernel/postgres/embedded.ts': ['node:net'], // looks for a free port
}

export function bypassedPorts(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => /^(server|contract)\//.test(path) && !isTest(path))
    .flatMap((file) =>
      platformUses(file)
        .filter(({ what }) => !REAL_PORTS[file.path]?.includes(what))
        .map(({ line, what }) => `${file.path}:${line} uses ${what}; it comes in through a port of server/kernel`),
    )
}

const SQL =
  /\b(select|insert\s+into|update|delete\s+from|merge\s+into|truncate|lock\s+table|call|refresh\s+materialized)\b/i
const WRITES =
  /\b(insert\s+into|update\s+[\w.$]+(\s+(as\s+)?\w+)?\s+set|delete\s+from|merge\s+into|truncate|lock\s+table|for\s+(no\s+key\s+)?update|(create|alter|drop)\s+\w+)\b/i

/** A module's SQL names its own schema and the kernel's; the kernel's SQL only the kernel's. */
export function strayingSql(files: readonly SourceFile[], schemas: readonly string[]): string[] {
  return files
    .filter(({ path }) => /^server\/(modules|kernel)\//.test(path) && !isTest(path))
    .flatMap((file) => {
      const own = /^server\/modules\/([^/]+)\//.exec(file.path)?.[1] ?? 'kernel'
      const foreign = schemas.filter((schema) => schema !== own && schema !== 'kernel')
      return strings(file).flatMap(({ line, what }) =>
        foreign
          .filter((schema) => namesSchema(what, schema))
          .map(
            (schema) => `${file.path}:${line} has SQL about ${schema}; ask that module, or list it in server/screens`,
          ),
      )
    })
}

/** As SQL, or alone as a query builder takes it: `orders.line as l`. */
function namesSchema(text: string, schema: string): boolean {
  if (new RegExp(`^${schema}\\.\\w+( as \\w+)?$`, 'i').test(text)) return true
  return SQL.test(text) && new RegExp(`(?<![\\w.])"?${schema}"?\\.["\\w]`, 'i').test(text)
}

/** One place in a module has SQL, each statement a named one; the shell and the adapters have none. */
export function sqlOutsideQueries(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => /^server\//.test(path) && !isTest(path) && !MAY_HOLD_SQL.test(path))
    .flatMap((file) =>
      strings(file)
        .filter(({ what }) => isStatement(what))
        .map(({ line }) => `${file.path}:${line} has SQL; it belongs in a module's queries.ts or in server/screens`),
    )
}

const MAY_HOLD_SQL = /^server\/(kernel|screens)\/|^server\/modules\/(.+\/)?([^/]+-)?queries\.ts$/

const isStatement = (text: string): boolean =>
  /^\s*(with\s[\s\S]*\bas\b[\s\S]*\(|select\s[\s\S]*\bfrom\s|insert\s+into\s|update\s+[\w.$]+\s[\s\S]*\bset\s|delete\s+from\s)/i.test(
    text,
  )

export function screensThatWrite(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('server/screens/') && !isTest(path))
    .flatMap((file) =>
      strings(file)
        .filter(({ what }) => SQL.test(what) && WRITES.test(what))
        .map(({ line }) => `${file.path}:${line} writes or locks; a screen only selects`),
    )
}

const SQL_CHANCE =
  /(?<!kernel\.)\b(now|clock_timestamp|random|gen_random_uuid|uuidv[47]|timeofday)\s*\(|\b(current_timestamp|current_date|localtimestamp|localtime)\b/i

/** Time and ids are given to SQL, or asked of kernel.now(), which a test can move. */
export function sqlWithItsOwnTime(files: readonly SourceFile[]): string[] {
  const migrations = files
    .filter(({ path }) => /^server\/.*\.sql$/.test(path))
    .flatMap(({ path, text }) =>
      // Blanked, not cut, so that line numbers stay: comments, and the one definition of time.
      text
        .replace(/--.*$/gm, '')
        .replace(/create (or replace )?function kernel\.now\(\)[^;]*;/i, (whole) => whole.replace(/[^\n]/g, ' '))
        .split('\n')
        .flatMap((line, i) => complaint(path, i + 1, line)),
    )
  const statements = files
    .filter(({ path }) => /^server\/.*\.ts$/.test(path) && !isTest(path))
    .flatMap((file) =>
      strings(file)
        .filter(({ what }) => SQL.test(what))
        .flatMap(({ line, what }) => complaint(file.path, line, what)),
    )
  return [...migrations, ...statements]
}

function complaint(path: string, line: number, sql: string): string[] {
  const found = SQL_CHANCE.exec(sql)
  return found ? [`${path}:${line} has ${found[0]} in SQL; use kernel.now(), or hand the value in`] : []
}

/** index.ts is a module's face: its comment says what the module is for and where to start. */
export function facesWithoutWords(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => /^server\/modules\/[^/]+\/index\.ts$/.test(path))
    .filter(({ text }) => !/^\/\*\*/.test(text))
    .map(({ path }) => `${path} does not begin with a comment on what the module is for`)
}
