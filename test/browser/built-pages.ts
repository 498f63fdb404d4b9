import type { TestProject } from 'vitest/node'
import { buildPages } from '../../server/http/pages.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of the pages, built. */
    pages: string
  }
}

/** Before any browser test begins; all of them look at the pages as they were then. */
export default async function builtPages(project: TestProject): Promise<void> {
  project.provide('pages', await buildPages())
}
