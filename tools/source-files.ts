import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export type SourceFile = { path: string; text: string }

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The folders that hold code of ours; `web/dist` is made. */
export const CODE_FOLDERS = ['server', 'contract', 'web', 'simulators', 'test', 'bench', 'tools']

const MADE = /(^|\/)(node_modules|dist|\.jaego)(\/|$)/

/** Every file below the code folders whose name ends so, by path from the root with `/`. */
export function sourceFiles(ending: RegExp, folders: readonly string[] = CODE_FOLDERS): SourceFile[] {
  return paths(folders)
    .filter((path) => ending.test(path))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

export function paths(folders: readonly string[] = CODE_FOLDERS): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .filter((path) => !MADE.test(path)),
  )
}

export const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path)
