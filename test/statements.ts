import { globSync } from 'node:fs'
import { allStatements, type Statement } from '../server/kernel/db.ts'

const ROOT = new URL('../', import.meta.url)

/** Every statement the server declares. By folder, not by import: one of a new module must not slip past. */
export async function declaredStatements(): Promise<readonly Statement<unknown>[]> {
  const files = globSync('server/{modules,screens,kernel,http}/**/*.ts', { cwd: ROOT }).filter(
    (file) => !/\.test\.ts$/.test(file) && /queries\.ts$|screens\/|kernel\//.test(file),
  )
  for (const file of files) await import(new URL(file, ROOT).href)
  return allStatements()
}
