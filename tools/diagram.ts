import { readFileSync, writeFileSync } from 'node:fs'
import { MODULE_MAP } from '../module-map.ts'

/** `node tools/diagram.ts` prints the diagram of the module map; with `--write` it goes into ARCHITECTURE.md. */

export const DOCUMENT = new URL('../ARCHITECTURE.md', import.meta.url)
export const BEGIN = '<!-- module map: made by tools/diagram.ts, do not edit -->'
export const END = '<!-- end of module map -->'

/** A mermaid block; an arrow reads "may use". Arrows that follow from others are left out, so that it stays readable. */
export function diagram(map: Readonly<Record<string, readonly string[]>>): string {
  const reaches = (from: string, to: string): boolean => map[from]!.some((used) => used === to || reaches(used, to))
  const lines = Object.entries(map).flatMap(([name, uses]) => [
    `  ${name}`,
    ...uses
      .filter((used) => !uses.some((between) => between !== used && reaches(between, used)))
      .map((used) => `  ${name} --> ${used}`),
  ])
  return ['```mermaid', 'flowchart BT', ...lines, '```'].join('\n')
}

/** The document with its block replaced; null when it has no place for one. */
export function withDiagram(document: string, block: string): string | null {
  const begin = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (begin < 0 || end < begin) return null
  return `${document.slice(0, begin + BEGIN.length)}\n\n${block}\n\n${document.slice(end)}`
}

if (import.meta.main) {
  const block = diagram(MODULE_MAP)
  if (process.argv.includes('--write')) {
    const changed = withDiagram(readFileSync(DOCUMENT, 'utf8'), block)
    if (changed === null) throw new Error(`ARCHITECTURE.md has no lines "${BEGIN}" and "${END}"`)
    writeFileSync(DOCUMENT, changed)
  } else {
    console.log(block)
  }
}
