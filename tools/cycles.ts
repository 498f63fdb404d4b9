/** What a file imports; `types` marks an import that is gone before Node runs (`import type`). */
export type Import = { from: string; to: string; types: boolean }

/** What is understood as one thing: a module, an adapter, a simulator, else a folder. */
const ONE_THING = /^(server\/modules\/[^/]+|server\/adapters\/[^/]+\/[^/]+|simulators\/[^/]+|server\/[^/]+|[^/]+)\//

/**
 * The cycles that are not allowed, one line each. Files that need each other to run are one thing, or three. Types may
 * lean on each other within one module, adapter or simulator, because a verb and its queries speak of the same
 * rows; between two of them a cycle would tie what is meant to be understood one at a time.
 */
export function cycles(imports: readonly Import[]): string[] {
  const run = knots(imports.filter(({ types }) => !types))
  const types = knots(imports).filter((files) => new Set(files.map((file) => ONE_THING.exec(file)?.[1])).size > 1)
  return [...new Set([...run, ...types].map((files) => files.toSorted().join(' ↔ ')))]
}

/**
 * Files of which each reaches each, every knot whole (Tarjan's strongly connected components). Whole, because looking
 * at one cycle an import, as dependency-cruiser does, lets a harmless cycle hide one that is not.
 */
function knots(imports: readonly Import[]): string[][] {
  const next = Map.groupBy(imports, ({ from }) => from)
  const found: string[][] = []
  const order = new Map<string, number>()
  const open: string[] = []
  const visit = (file: string): number => {
    let low = order.size
    order.set(file, low)
    open.push(file)
    for (const { to } of next.get(file) ?? []) {
      if (!order.has(to)) low = Math.min(low, visit(to))
      else if (open.includes(to)) low = Math.min(low, order.get(to)!)
    }
    if (low === order.get(file)) {
      const knot = open.splice(open.indexOf(file))
      if (knot.length > 1 || (next.get(file) ?? []).some(({ to }) => to === file)) found.push(knot)
    }
    return low
  }
  for (const file of next.keys()) if (!order.has(file)) visit(file)
  return found
}
